"""Carrying out what a pack says to do: one small function for each kind of action."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from services.dunning.domain.case.approvals import ask
from services.dunning.domain.case.classes import classify, grade
from services.dunning.domain.case.conditions import holds
from services.dunning.domain.case.court import refer, request_document
from services.dunning.domain.case.pausing import HELD_BY_PAUSE
from services.dunning.domain.case.restrictions import restore_named, restrict
from services.dunning.domain.case.tasks import request_task
from services.dunning.domain.contact.notices import request_notice
from services.dunning.domain.contact.waiting import is_delayed
from services.dunning.domain.money import direct_debit
from services.dunning.domain.money.charges import charge, start_late_fee, write_off
from services.dunning.domain.money.owing import overdue
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.actions import (
    Action,
    Alert,
    Approval,
    Charge,
    Classify,
    DirectDebit,
    GradeCase,
    Legal,
    Notice,
    Refer,
    Restore,
    Restrict,
    StartLateFee,
    Task,
    WriteOff,
)
from services.dunning.policy.facts import ClassFact
from services.dunning.policy.parts import Keyed

TOLD_OF_A_CASE = (Restrict, Refer, Legal)
"""What others can only be told about a case."""
OF_A_CASE = (*TOLD_OF_A_CASE, WriteOff)
"""What only a running case can bring about."""


def perform(rec: Recorder, actions: Iterable[Action], cause: Cause, *, is_step: bool) -> None:
    """Carry out the actions whose condition holds, in their order, and then whatever answers to a
    class they give.

    A step's actions happen together; those of a reaction that a pause forbids are lost, and so are
    those that need a case while there is none.
    """
    before = _class(rec)
    for index, action in enumerate(actions):
        if not is_step and isinstance(action, HELD_BY_PAUSE) and rec.is_paused:
            continue
        if isinstance(action, OF_A_CASE) and rec.state.case is None:
            continue
        if holds(action.if_, rec.state, rec.today):
            _carry_out(rec, action, cause.at(index), is_step=is_step)
    _follow_class(rec, before)


def act(rec: Recorder, action: Action, cause: Cause, *, is_step: bool) -> None:
    """Carry out one action, and whatever answers to a class it gives; what others could only be
    told about a case is lost while there is none.
    """
    if isinstance(action, TOLD_OF_A_CASE) and rec.state.case is None:
        return
    before = _class(rec)
    _carry_out(rec, action, cause, is_step=is_step)
    _follow_class(rec, before)


def _carry_out(rec: Recorder, action: Action, cause: Cause, *, is_step: bool) -> None:
    if isinstance(action, Approval):
        ask(rec, action, cause, is_step=is_step)
    else:
        BY_TYPE[type(action)](rec, action, cause)


def _class(rec: Recorder) -> str | None:
    return rec.state.case.classified if rec.state.case else None


def _follow_class(rec: Recorder, before: str | None) -> None:
    """Run the reactions to a class the case has only now."""
    now = _class(rec)
    if now is not None and now != before:
        rec.react(ClassFact(now))


def _notice(rec: Recorder, notice: Notice, cause: Cause) -> None:
    for channel in notice.channels:
        if cause.channel not in (None, channel):
            continue
        if is_delayed(rec, cause, channel):
            continue
        request_notice(rec, notice, channel, overdue(rec.state, rec.today), cause)


def _alert(rec: Recorder, action: Alert, cause: Cause) -> None:
    rec.alert(action.kind, cause)


A = TypeVar("A", bound=Action)


_CarryOut = Callable[[Recorder, Any, Cause], None]


def _of(
    kind: type[A], carry_out: Callable[[Recorder, A, Cause], None]
) -> tuple[type[Keyed], _CarryOut]:
    """One line of the table; the type checker holds the function to its action."""
    return kind, carry_out


BY_TYPE: dict[type[Keyed], _CarryOut] = dict(
    (
        _of(Notice, _notice),
        _of(Task, request_task),
        _of(Restrict, restrict),
        _of(Restore, restore_named),
        _of(Refer, refer),
        _of(Legal, request_document),
        _of(Classify, classify),
        _of(GradeCase, grade),
        _of(Alert, _alert),
        _of(Charge, charge),
        _of(StartLateFee, start_late_fee),
        _of(WriteOff, write_off),
        _of(DirectDebit, direct_debit.request),
    )
)
"""What carries out an action; an approval is asked for, a report is the creditor's."""
