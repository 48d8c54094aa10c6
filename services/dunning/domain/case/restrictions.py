"""Services withheld and given back."""

from services.dunning.domain.case.commands import ConfirmRestriction
from services.dunning.domain.case.events import (
    RestorationRequested,
    RestrictionConfirmed,
    RestrictionRequested,
)
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.actions import Restore, Restrict


def restrict(rec: Recorder, action: Restrict, cause: Cause) -> None:
    """Have a service withheld that is not withheld yet."""
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
    """Give back restricted services, every one when none is named, in the order they were taken.

    Without a running case it is said about the one that took them.
    """
    for restriction in rec.state.restrictions:
        case_id = rec.case_id or restriction.case_id
        if case_id and (not services or restriction.service in services):
            rec.effect(
                RestorationRequested(
                    case_id=case_id,
                    service=restriction.service,
                    ledger_version=rec.state.ledger_version,
                ),
                cause,
            )


def restore_named(rec: Recorder, action: Restore, cause: Cause) -> None:
    """Give back the services an action names."""
    restore(rec, cause, action.services)


def confirm_restriction(rec: Recorder, command: ConfirmRestriction) -> None:
    rec.emit(RestrictionConfirmed(service=command.service))
