"""Holds: everything stops; and what every pack does when a debtor has died (rules of all packs:
death).
"""

from chassis.errors import Rejected
from services.dunning.domain.case.commands import PlaceHold, ReleaseHold
from services.dunning.domain.case.events import HoldPlaced, HoldReleased, TaskRequested
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.walk import observations_of
from services.dunning.reasons import values as r

DECEASED = "deceased"
ESTATE_REVIEW = "estate_review"
OBJECTION = "objection"
OBJECTION_REVIEW = "objection_review"
_OWNER = "legal"


def place_hold(rec: Recorder, command: PlaceHold) -> None:
    """A debtor's right and another hold stand beside each other, but no second of either; somebody
    has to look into an objection.
    """
    ground, state = command.ground, rec.state
    if ground and state.right_hold is not None:
        raise Rejected(f"the account is already on hold: the debtor's {state.hold_ground}")
    if not ground and state.hold is not None:
        raise Rejected("the account is already on hold")
    hold_id = rec.new_id("h")
    rec.emit(HoldPlaced(hold_id=hold_id, reason=command.reason, by=command.by, ground=ground))
    if ground == OBJECTION:
        _ask(rec, OBJECTION_REVIEW, r.Observed(OBJECTION))


def release_hold(rec: Recorder, command: ReleaseHold) -> None:
    """What a debtor had a right to ends only for who says which right it was, and another hold
    only for who says none.
    """
    state, ground = rec.state, command.ground
    if not state.is_on_hold:
        raise Rejected("the account is not on hold")
    ends, standing = (state.right_hold, state.hold) if ground else (state.hold, state.right_hold)
    if ends is None or ground not in ("", state.hold_ground):
        raise Rejected(_named_wrongly(state.hold_ground))
    rec.emit(HoldReleased(hold_id=ends, by=command.by, standing=standing))


def stop_for_death(rec: Recorder, *, known: bool) -> None:
    """Put the account on hold and ask for a review of the estate, unless the pack itself says what
    follows.

    A debtor's right does not stand for that hold: whoever releases the right says nothing of it.
    Told again (`known`) while the hold is in force it changes nothing; once somebody has released
    the hold it stops the account again.
    """
    if DECEASED in observations_of(rec.pack):
        return
    held = rec.state.hold is not None
    if not held:
        rec.emit(HoldPlaced(hold_id=rec.new_id("h"), observed=DECEASED))
    asked = any(task.kind == ESTATE_REVIEW for task in rec.state.tasks)
    if not asked and not (held and known):
        _ask(rec, ESTATE_REVIEW, r.Observed(DECEASED))


def _named_wrongly(right: str) -> str:
    if right:
        return f"the hold is the debtor's {right}: to release it, say ground {right!r}"
    return "the hold is of no right of the debtor's: release it without a ground"


def _ask(rec: Recorder, kind: str, why: r.Observed) -> None:
    task = TaskRequested(task_id=rec.new_id("t"), kind=kind, owner=_OWNER, on=rec.today)
    rec.effect(task, Cause(None, why))
