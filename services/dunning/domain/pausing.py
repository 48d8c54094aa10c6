"""What makes a case wait (rules of all packs: pause)."""

from datetime import date

from services.dunning.domain.owing import overdue, past_due
from services.dunning.domain.state import Account


def pause_reasons(state: Account, day: date) -> tuple[str, ...]:
    """Name everything that pauses the account's case on a day, in a fixed order; empty when nothing
    does.
    """
    reasons: list[str] = []
    if state.hold is not None:
        reasons.append("hold")
    reasons += [f"promise to pay by {promise.by}" for promise in state.promises]
    if state.plan is not None:
        reasons.append("instalment plan in good standing")
    if past_due(state, day) and not overdue(state, day):
        reasons.append("dispute over all that is past due")
    reasons += [f"application for {a.for_} undecided" for a in state.applications]
    return tuple(reasons)
