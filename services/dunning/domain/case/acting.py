"""Carrying out what a pack says to do: one small function for each kind of action."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

from services.dunning.domain.case import series
from services.dunning.domain.case.conditions import holds
from services.dunning.domain.case.events import (
    AlertRaised,
    ApprovalRequested,
    Classified,
    ClassifiedAhead,
    LegalRequested,
    ReferralMade,
    RestorationRequested,
    RestrictionRequested,
    TaskRequested,
)
from services.dunning.domain.case.grading import grade_on
from services.dunning.domain.contact.events import ContactDelayed, NoticeRequested
from services.dunning.domain.contact.limits import allowed_at
from services.dunning.domain.money import direct_debit
from services.dunning.domain.money.events import FeeCharged, LateFeeStarted, WriteOffApproved
from services.dunning.domain.money.owing import asked, overdue, overdue_principal
from services.dunning.domain.money.state import Item
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.actions import (
    Action,
    Alert,
    Approval,
    Asking,
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
from services.dunning.policy.parts import Keyed
from services.dunning.policy.segments import segment_owner
from services.dunning.policy.vocabulary import CONTACT_TASKS

HELD_BY_PAUSE = (Notice, Restrict, Legal)
"""What a pause forbids: contact, restriction, legal documents (rules of all packs: pause)."""


DEMANDS = frozenset({"demand", "final_demand"})
"""Purposes of a notice that demands payment."""


RESPONSIBLE = "responsible"
_NOBODY_RESPONSIBLE = "collector"


OF_A_CASE = (Restrict, Refer, Legal, WriteOff)
"""What only a running case can bring about."""


def perform(rec: Recorder, actions: Iterable[Action], cause: Cause, *, is_step: bool) -> None:
    """Carry out the actions whose condition holds, in their order.

    A step's actions happen together; those of a reaction that a pause forbids are lost, and so are
    those that need a case while there is none.
    """
    for index, action in enumerate(actions):
        if not is_step and isinstance(action, HELD_BY_PAUSE) and rec.is_paused:
            continue
        if isinstance(action, OF_A_CASE) and rec.state.case is None:
            continue
        if holds(action.if_, rec.state, rec.today):
            perform_one(rec, action, cause.at(index), is_step=is_step)


def perform_one(rec: Recorder, action: Action, cause: Cause, *, is_step: bool) -> None:
    """Carry out one action."""
    if isinstance(action, Approval):
        ask(rec, action, cause, is_step=is_step)
    else:
        _BY_TYPE[type(action)](rec, action, cause)


def request_notice(
    rec: Recorder,
    notice: Notice,
    channel: str,
    items: Sequence[Item],
    cause: Cause,
    *,
    needs_overdue: bool = True,
) -> None:
    """Ask for one message on one channel, with the figures of these items as of today; a bill or a
    notice before the due date (without `needs_overdue`) that has nothing to ask for is left.
    """
    figures = asked(rec.state, items, rec.today)
    if not figures.total and not needs_overdue:
        return
    term = notice.respond_within_days
    rec.effect(
        NoticeRequested(
            notice_id=rec.new_id("n"),
            purpose=notice.purpose,
            channel=channel,
            recipients=notice.recipients,
            template=notice.template or notice.purpose,
            variables=figures,
            on=rec.today,
            respond_by=None
            if term is None
            else rec.working.open_from(rec.today + timedelta(days=term)),
            ledger_version=rec.state.ledger_version,
            contact=cause.contact,
            follows=cause.follows,
            interrupts=_interrupts(rec, notice),
            needs_overdue=needs_overdue,
        ),
        cause,
    )


def _interrupts(rec: Recorder, notice: Notice) -> bool:
    rules = rec.pack.limitation
    if rules is None or "delivered_demand" not in rules.restarted_by:
        return False
    return notice.purpose in DEMANDS


def _notice(rec: Recorder, notice: Notice, cause: Cause) -> None:
    for channel in notice.channels:
        if cause.channel not in (None, channel):
            continue
        if _is_delayed(rec, cause, channel):
            continue
        request_notice(rec, notice, channel, overdue(rec.state, rec.today), cause)


def _task(rec: Recorder, task: Task, cause: Cause) -> None:
    if not series.is_now(rec, task.repeat, cause):
        return
    if task.kind in CONTACT_TASKS and _is_delayed(rec, cause, task.kind):
        return
    rec.effect(
        TaskRequested(
            task_id=rec.new_id("t"),
            kind=task.kind,
            owner=_owner(rec, task.owner),
            with_owners=task.with_owners,
            asks=task.asks,
            on=rec.today,
            contact=cause.contact,
            person=rec.state.responsible if task.owner == RESPONSIBLE else None,
        ),
        cause,
    )


def _owner(rec: Recorder, owner: str) -> str:
    if owner == RESPONSIBLE:
        return RESPONSIBLE if rec.state.responsible else _NOBODY_RESPONSIBLE
    return segment_owner(rec.pack, rec.state.segment) if owner == "segment" else owner


def _is_delayed(rec: Recorder, cause: Cause, by: str) -> bool:
    """Whether a contact has to wait; if so, put it in the queue (a queued one stays there)."""
    if rec.state.case is None or allowed_at(rec, by) <= rec.now:
        return False
    if cause.contact is None:
        rec.effect(
            ContactDelayed(
                contact=rec.new_id("w"),
                on=rec.today,
                path=cause.path,
                channel=None if by in CONTACT_TASKS else by,
                follows=cause.follows,
            ),
            cause,
        )
    return True


def _restrict(rec: Recorder, action: Restrict, cause: Cause) -> None:
    if any(r.service == action.service for r in rec.state.restrictions):
        return
    rec.effect(
        RestrictionRequested(
            service=action.service,
            on=rec.today,
            ledger_version=rec.state.ledger_version,
        ),
        cause,
    )


def restore(rec: Recorder, cause: Cause, services: tuple[str, ...] = ()) -> None:
    """Give back restricted services, every one when none is named, in the order they were taken."""
    for restriction in rec.state.restrictions:
        if not services or restriction.service in services:
            rec.effect(
                RestorationRequested(
                    service=restriction.service,
                    ledger_version=rec.state.ledger_version,
                ),
                cause,
            )


def _restore(rec: Recorder, action: Restore, cause: Cause) -> None:
    restore(rec, cause, action.services)


def _refer(rec: Recorder, action: Refer, cause: Cause) -> None:
    rec.effect(
        ReferralMade(
            to=action.to,
            on=rec.today,
            ledger_version=rec.state.ledger_version,
            overdue=overdue_principal(rec.state, rec.today),
            currency=rec.state.currency,
        ),
        cause,
    )


def _legal(rec: Recorder, action: Legal, cause: Cause) -> None:
    figures = asked(rec.state, overdue(rec.state, rec.today), rec.today)
    rec.effect(
        LegalRequested(
            request_id=rec.new_id("l"),
            document=action.document,
            on=rec.today,
            ledger_version=rec.state.ledger_version,
            principal=figures.principal,
            late_fee=figures.late_fee,
            total=figures.total,
            items=figures.items,
            currency=rec.state.currency,
        ),
        cause,
    )


def ask(rec: Recorder, approval: Asking, cause: Cause, *, is_step: bool) -> None:
    """Ask for an approval; a step's makes the steps after it wait.

    While one that a reaction asked for waits for its decision, it is not asked for again.
    """
    if not is_step and any(
        rec.pack.is_same(a.step, cause.step) and a.path == cause.path for a in rec.state.approvals
    ):
        return
    rec.effect(
        ApprovalRequested(
            approval_id=rec.new_id("a"),
            for_=approval.for_,
            by_role=approval.by,
            path=cause.path,
            is_step=is_step,
            holds_steps=is_step or approval.holds_steps,
        ),
        cause,
    )


def _classify(rec: Recorder, action: Classify, cause: Cause) -> None:
    wanted = action.as_
    for case in action.first_of:
        if holds(case.if_, rec.state, rec.today):
            wanted = case.as_
            break
    if wanted is not None:
        event = Classified if rec.state.case else ClassifiedAhead
        rec.effect(event(as_=wanted), cause)


def _grade(rec: Recorder, action: GradeCase, cause: Cause) -> None:
    wanted = grade_on(rec.state, rec.pack, rec.today)
    if wanted is not None and rec.state.case is not None:
        rec.effect(Classified(as_=wanted), cause)


def raise_alert(rec: Recorder, kind: str, cause: Cause) -> None:
    """Tell operations; alerts use up nothing."""
    rec.effect(AlertRaised(kind=kind, on=rec.today), cause)


def _alert(rec: Recorder, action: Alert, cause: Cause) -> None:
    raise_alert(rec, action.kind, cause)


def _charge(rec: Recorder, charge: Charge, cause: Cause) -> None:
    amount = _worked_out(rec, charge) if cause.amount is None else cause.amount
    if amount <= 0:
        return
    rec.effect(
        FeeCharged(
            item_id=rec.new_id("f"),
            item=charge.item,
            amount=amount,
            due_on=rec.today + timedelta(days=charge.due_in_days),
            on=rec.today,
            currency=rec.state.currency,
        ),
        cause,
    )


def _worked_out(rec: Recorder, charge: Charge) -> int:
    if charge.amount is not None:
        return charge.amount
    share = Decimal(overdue_principal(rec.state, rec.today)) * (charge.ratio or 0)
    return int(share.quantize(Decimal(1), ROUND_HALF_UP))


def _start_late_fee(rec: Recorder, action: StartLateFee, cause: Cause) -> None:
    rec.effect(LateFeeStarted(from_day=rec.today), cause)


def _write_off(rec: Recorder, action: WriteOff, cause: Cause) -> None:
    ids = tuple(item.item_id for item in overdue(rec.state, rec.today))
    approval = cause.approval_id or rec.new_id("x")
    rec.effect(WriteOffApproved(item_ids=ids, approval_id=approval), cause)


A = TypeVar("A", bound=Action)
_CarryOut = Callable[[Recorder, Any, Cause], None]


def _of(
    kind: type[A], carry_out: Callable[[Recorder, A, Cause], None]
) -> tuple[type[Keyed], _CarryOut]:
    """One line of the table; the type checker holds the function to its action."""
    return kind, carry_out


_BY_TYPE: dict[type[Keyed], _CarryOut] = dict(
    (
        _of(Notice, _notice),
        _of(Task, _task),
        _of(Restrict, _restrict),
        _of(Restore, _restore),
        _of(Refer, _refer),
        _of(Legal, _legal),
        _of(Classify, _classify),
        _of(GradeCase, _grade),
        _of(Alert, _alert),
        _of(Charge, _charge),
        _of(StartLateFee, _start_late_fee),
        _of(WriteOff, _write_off),
        _of(DirectDebit, direct_debit.request),
    )
)
"""What carries out an action; an approval is asked for, a report is the creditor's."""
