"""What makes a case wait (rules of all packs: pause; small remainders: what is too little to open a
case or to go on with one).
"""

from collections.abc import Iterator
from datetime import date, timedelta

from contracts.words.late_fee import late_fee_at
from services.dunning.domain.account import Account
from services.dunning.domain.localtime import ONE_DAY
from services.dunning.domain.money.owing import overdue, past_due
from services.dunning.domain.recorder import Due, Recorder, View
from services.dunning.policy.actions import Legal, Notice, Restrict
from services.dunning.reasons import ahead as a
from services.dunning.reasons import values as r

_DAYS_AHEAD_MAX = 1 << 15
HELD_BY_PAUSE = (Notice, Restrict, Legal)
"""What a pause forbids: contact, restriction, legal documents (rules of all packs: pause)."""


def pause_reasons(state: Account, day: date, minimum: int = 0) -> tuple[r.Pause, ...]:
    """Name everything that pauses the account's case on a day, in a fixed order; empty when nothing
    does. A case of which less than the pack's `minimum` is overdue waits like a paused one.
    """
    reasons: list[r.Pause] = []
    if state.is_on_hold:
        reasons.append(r.OnHold())
    reasons += [r.PromiseRuns(promise.by) for promise in state.promises]
    if state.plan is not None:
        reasons.append(r.PlanRuns())
    if state.disputes and past_due(state, day) and not overdue(state, day):
        reasons.append(r.AllDisputed())
    reasons += [r.Undecided(a.for_) for a in state.applications]
    if is_small(state, minimum, day):
        reasons.append(r.BelowMinimum(r.Amount(minimum, state.currency)))
    return tuple(reasons)


# ---- small remainders


def is_small(state: Account, minimum: int, day: date) -> bool:
    """Whether something is overdue on a day, but less than the minimum, late fee included."""
    return minimum > 0 and 0 < _total(state, day) < minimum


def agenda(view: View, _floor: date) -> Iterator[Due]:
    """A small remainder reaches the minimum as the late fee grows: at midnight the case opens or
    goes on.
    """
    on = _reaches_minimum_on(view.state, view.pack.minimum_overdue, view.today)
    if on is not None:
        what = a.Routine.CASE_GOES_ON if view.state.case else a.Routine.CASE_OPENS
        why = a.MinimumReached(view.amount(view.pack.minimum_overdue))
        yield Due(view.at(on, "00:00"), what, why, Recorder.reassess)


def _reaches_minimum_on(state: Account, minimum: int, today: date) -> date | None:
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
