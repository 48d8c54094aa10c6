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
_OWNER = "legal"


def place_hold(rec: Recorder, command: PlaceHold) -> None:
    if rec.state.hold is not None:
        raise Rejected("the account is already on hold")
    rec.emit(HoldPlaced(hold_id=rec.new_id("h"), reason=command.reason, by=command.by))


def release_hold(rec: Recorder, command: ReleaseHold) -> None:
    if rec.state.hold is None:
        raise Rejected("the account is not on hold")
    rec.emit(HoldReleased(hold_id=rec.state.hold, by=command.by))


def stop_for_death(rec: Recorder, *, known: bool) -> None:
    """Put the account on hold and ask for a review of the estate, unless the pack itself says what
    follows.

    Told again (`known`) while the hold is in force it changes nothing; once somebody has released
    the hold it stops the account again.
    """
    if DECEASED in observations_of(rec.pack):
        return
    held = rec.state.hold is not None
    if not held:
        rec.emit(HoldPlaced(hold_id=rec.new_id("h"), observed=DECEASED))
    asked = any(task.kind == ESTATE_REVIEW for task in rec.state.tasks)
    if asked or (held and known):
        return
    rec.effect(
        TaskRequested(
            task_id=rec.new_id("t"),
            kind=ESTATE_REVIEW,
            owner=_OWNER,
            on=rec.today,
        ),
        Cause(None, r.Observed(DECEASED)),
    )
