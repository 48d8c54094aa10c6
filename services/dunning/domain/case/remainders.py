"""Small remainders: what is too little to open a case or to go on with one (rules of all packs)."""

from datetime import date, timedelta

from contracts.words.late_fee import late_fee_at
from services.dunning.domain.account import Account
from services.dunning.domain.localtime import ONE_DAY
from services.dunning.domain.money.owing import overdue

_DAYS_AHEAD_MAX = 1 << 15


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
