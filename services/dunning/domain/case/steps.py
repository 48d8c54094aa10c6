"""Taking the next step (rules of all packs: pace)."""

from services.dunning.domain.case.approvals import ask, grant, granted_actions
from services.dunning.domain.case.conditions import holds, is_held
from services.dunning.domain.case.events import StepDropped, StepTaken
from services.dunning.domain.case.timetable import (
    Turn,
    first_possible_day,
    pending_steps,
    turn_of,
    waits_for_decision,
)
from services.dunning.domain.money.owing import overdue
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.model import Step
from services.dunning.reasons import values as r


def take_step(rec: Recorder) -> None:
    """Take the next step if its turn has come; those whose condition fails are dropped first."""
    case = rec.state.case
    if case is None or rec.is_paused or rec.today < first_possible_day(case):
        return
    if case.granted is not None:
        if not is_held(rec.state, granted_actions(rec), rec.today):
            grant(rec)
        return
    for step in pending_steps(case, rec.pack):
        turn = turn_of(step, rec.state, rec.pack, rec.today, rec.zone)
        if waits_for_decision(case, rec.pack) or turn is None or turn.on > rec.today:
            return
        if holds(step.if_, rec.state, rec.today):
            if not is_held(rec.state, step.do, rec.today):
                _take(rec, step, turn)
            return
        why = Cause(step.id, r.StepLeftOut(turn.why))
        rec.effect(StepDropped(on=rec.today), why)


def _take(rec: Recorder, step: Step, turn: Turn) -> None:
    cause = Cause(step.id, r.StepDue(turn.why))
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
