"""The next step: when it comes, taking it, and what is ahead of it (rules of all packs: pace)."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from services.dunning.domain.case.approvals import ask, grant, granted_actions
from services.dunning.domain.case.conditions import holds, is_held
from services.dunning.domain.case.events import StepDropped, StepTaken
from services.dunning.domain.case.state import Approval, Case
from services.dunning.domain.case.timetable import (
    Ready,
    first_possible_day,
    pending_steps,
    ready_on,
    waits_for_decision,
)
from services.dunning.domain.localtime import ONE_DAY
from services.dunning.domain.money.owing import held_until, overdue
from services.dunning.domain.recorder import Cause, Due, Recorder, View
from services.dunning.policy.actions import Action
from services.dunning.policy.model import Step
from services.dunning.policy.timing import DaysAfterStep
from services.dunning.reasons import ahead as a
from services.dunning.reasons import values as r


def agenda(view: View, floor: date) -> Iterator[Due]:
    """What was approved and a pause or money held back, else the next step; none while something
    pauses the case, and no step while the steps wait for a decision.
    """
    case = view.state.case
    if case is None or view.is_paused:
        return
    if case.granted is not None:
        yield _granted(view, case, case.granted, floor)
        return
    head = next(pending_steps(case, view.pack), None)
    ready = _ready(view, head) if head else None
    if head is None or ready is None or waits_for_decision(case, view.pack):
        return
    on = max(ready.on, first_possible_day(case))
    on = _unheld(view, head.do, on) if holds(head.if_, view.state, view.today) else on
    at = view.steps_at(max(on, floor))
    yield Due(at, _what(head), a.StepDueAhead(ready.why), _take_next, head.id)


def _granted(view: View, case: Case, granted: Approval, floor: date) -> Due:
    actions = granted_actions(view)
    at = view.steps_at(max(_unheld(view, actions, first_possible_day(case)), floor))
    why = r.Decided(granted.for_, "approved")
    return Due(at, a.Actions(actions), why, _take_next, granted.step)


def _unheld(view: View, actions: Sequence[Action], on: date) -> date:
    """The day on which actions can happen at last: not while money that waits covers it all."""
    on = max(on, view.today)
    return held_until(view.state, on) if is_held(view.state, actions, on) else on


def _ready(view: View, step: Step) -> Ready | None:
    return ready_on(step, view.state, view.pack, view.today, view.zone)


# ---- taking it


def _take_next(rec: Recorder) -> None:
    """Take the next step if it may be taken; those whose condition fails are dropped first."""
    case = rec.state.case
    if case is None or rec.is_paused or rec.today < first_possible_day(case):
        return
    if case.granted is not None:
        if not is_held(rec.state, granted_actions(rec), rec.today):
            grant(rec)
        return
    for step in pending_steps(case, rec.pack):
        ready = _ready(rec, step)
        if waits_for_decision(case, rec.pack) or ready is None or ready.on > rec.today:
            return
        if holds(step.if_, rec.state, rec.today):
            if not is_held(rec.state, step.do, rec.today):
                _take(rec, step, ready)
            return
        why = Cause(step.id, r.StepLeftOut(ready.why))
        rec.effect(StepDropped(on=rec.today), why)


def _take(rec: Recorder, step: Step, ready: Ready) -> None:
    cause = Cause(step.id, r.StepDue(ready.why))
    asks = step.approval is not None
    rec.effect(
        StepTaken(
            on=rec.today,
            asks=asks,
            days_past_due=_days_past_due(rec),
            ledger_version=rec.state.ledger_version,
        ),
        cause,
    )
    if step.approval is not None:
        ask(rec, step.approval, cause, is_step=True)
        return
    rec.perform(step.do, cause, is_step=True)


def _days_past_due(rec: Recorder) -> int:
    oldest = overdue(rec.state, rec.today)
    return (rec.today - oldest[0].due_on).days if oldest else 0


# ---- what is ahead


class StepAhead(NamedTuple):
    """A step to come; `when` is None while that is not known."""

    what: a.What
    when: datetime | None
    reason: r.Reason | a.AheadReason
    step: str


def steps_ahead(view: View, floor: date) -> Iterator[StepAhead]:
    """Every step to come in order, with its time as far as today's facts tell: a step that waits,
    and those behind it, have none.
    """
    case = view.state.case
    if case is None:
        return
    earliest = max(first_possible_day(case), floor)
    for step in pending_steps(case, view.pack):
        reason, on = _expected(view, case, step, earliest)
        if not holds(step.if_, view.state, view.today):
            yield StepAhead(_what(step), None, a.ConditionFails(), step.id)
            earliest = on or date.max  # left out then; the next may be taken the same day
            continue
        held = is_held(view.state, step.do, view.today)
        waits = waits_for_decision(case, view.pack)
        if held:
            reason = a.MoneyCovers()
        elif waits:
            reason = a.WaitsForDecision(case.asking or "")
        is_known = on is not None and not (view.is_paused or held or waits)
        at = view.steps_at(on) if on is not None and is_known else None
        yield StepAhead(_what(step), at, reason, step.id)
        earliest = on + ONE_DAY if on else date.max


def _expected(
    view: View, case: Case, step: Step, earliest: date
) -> tuple[r.Reason | a.AheadReason, date | None]:
    """Why and when; what counts from a step still to come, or follows one, has no day yet."""
    ready = _ready(view, step)
    if ready is None:
        return a.WaitsForStepBefore(), None
    if earliest == date.max:
        return ready.why, None
    is_head = next(pending_steps(case, view.pack)).id == step.id
    if isinstance(step.when, DaysAfterStep) and not is_head:
        return r.DaysAfterStepBefore(step.when.then_days), None
    return a.StepDueAhead(ready.why), max(ready.on, earliest)


def _what(step: Step) -> a.Actions:
    return a.Actions(step.do, asks=step.approval.for_ if step.approval else None)
