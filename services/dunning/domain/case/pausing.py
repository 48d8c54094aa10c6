"""What makes a case wait (rules of all packs: pause; small remainders: what is too little to open a
case or to go on with one).
"""

from datetime import date, timedelta

from contracts.words.formats import money
from contracts.words.late_fee import late_fee_at
from services.dunning.domain.account import Account
from services.dunning.domain.localtime import ONE_DAY
from services.dunning.domain.money.owing import overdue, past_due
from services.dunning.policy.actions import Legal, Notice, Restrict

_DAYS_AHEAD_MAX = 1 << 15
HELD_BY_PAUSE = (Notice, Restrict, Legal)
"""What a pause forbids: contact, restriction, legal documents (rules of all packs: pause)."""


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


# ---- small remainders


def is_small(state: Account, minimum: int, day: date) -> bool:
    """Whether something is overdue on a day, but less than the minimum, late fee included."""
    return minimum > 0 and 0 < _total(state, day) < minimum


def reaches_minimum_on(state: Account, minimum: int, today: date) -> date | None:
    """The first day after today on which what is overdue reaches the minimum as the late fee grows;
    None when it does not by itself, or is not below it.
    """
    if not is_small(state, minimum, today):
        return None
    low, high = 0, _DAYS_AHEAD_MAX
    if _total(state, today + timedelta(days=high)) < minimum:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if _total(state, today + timedelta(days=middle)) < minimum:
            low = middle
        else:
            high = middle
    return today + high * ONE_DAY


def _total(state: Account, day: date) -> int:
    return sum(item.principal + late_fee_at(item.accrual, day) for item in overdue(state, day))
