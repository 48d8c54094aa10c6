"""What makes a case wait (rules of all packs: pause)."""

from datetime import date

from contracts.words.formats import money
from services.dunning.domain.account import Account
from services.dunning.domain.case.remainders import is_small
from services.dunning.domain.money.owing import overdue, past_due


def pause_reasons(state: Account, day: date, minimum: int = 0) -> tuple[str, ...]:
    """Name everything that pauses the account's case on a day, in a fixed order; empty when nothing
    does. A case of which less than the pack's `minimum` is overdue waits like a paused one.
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
    if is_small(state, minimum, day):
        least = money(minimum, state.currency, "en")
        reasons.append(f"less than the minimum of {least} overdue")
    return tuple(reasons)
