"""When a step may be taken (rules of all packs: pace).

Everything is worked out from facts each time it is asked: the oldest overdue item, what was taken
before, what was recorded. So an item that is paid or disputed moves the days that follow without
anything to correct.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.dunning.domain.account import Account
from services.dunning.domain.case.state import Case
from services.dunning.domain.localtime import ONE_DAY, instant, local_day, months_after
from services.dunning.domain.money.owing import judgment_unpaid, overdue, overdue_principal
from services.dunning.policy.model import Pack, Step
from services.dunning.policy.timing import (
    After,
    AfterApproval,
    AfterFact,
    AfterLegal,
    AfterStep,
    AfterTask,
    DayPastDue,
    DaysAfterStep,
    MonthsPastDue,
    When,
)
from services.dunning.reasons import values as r


class Ready(NamedTuple):
    """The first day on which a step may be taken, as far as its own `when` says, and why."""

    on: date
    why: r.TurnReason


def steps_of(case: Case, pack: Pack) -> Sequence[Step]:
    """The steps of a case in order: the usual ones, or those of the track its class puts in their
    place.
    """
    track = next((t for t in pack.tracks if t.classified == case.classified), None)
    if track is None:
        return pack.steps
    steps: list[Step] = []
    for step in pack.steps:
        if step.id == track.instead_of[0]:
            steps += track.steps
        if step.id not in track.instead_of:
            steps.append(step)
    return steps


def pending_steps(case: Case, pack: Pack) -> Iterator[Step]:
    """The steps neither taken nor dropped, in order."""
    done = {*case.taken, *case.dropped}
    for step in steps_of(case, pack):
        if step.id not in done and done.isdisjoint(step.was):
            yield step


def ready_on(step: Step, state: Account, pack: Pack, day: date, zone: ZoneInfo) -> Ready | None:
    """When the step may be taken as things stand on a day; None while what it waits for is not
    known.
    """
    case, items = state.case, overdue(state, day)
    if case is None or not items:
        return None
    found = [
        _planned(step.when, state, items[0].due_on, pack, zone),
        _by_amount(step.when, state, day),
        *(_after(after, state, pack, zone) for after in step.when.or_after),
    ]
    known = [ready for ready in found if ready is not None]
    if not known:
        return None
    earliest = min(known, key=lambda ready: ready.on)
    for after in step.when.not_before:
        held = _after(after, state, pack, zone)
        if held and held.on > earliest.on:
            earliest = held
    return earliest


def waits_for_decision(case: Case, pack: Pack) -> bool:
    """Whether the steps wait for a decision; one that only a step asked for which the case's class
    has put others in place of holds up nothing any more.
    """
    if case.asking is None:
        return False
    if pack.step(case.asking) is None:
        return True
    return any(step.goes_by(case.asking) for step in steps_of(case, pack))


def first_possible_day(case: Case) -> date:
    """The first day on which the case may take its next step: one a day, none before its first."""
    if case.last_step_on is None:
        return case.first_step_on
    return max(case.first_step_on, case.last_step_on + ONE_DAY)


def _planned(when: When, state: Account, due_on: date, pack: Pack, zone: ZoneInfo) -> Ready | None:
    match when:
        case DayPastDue(day=day):
            return Ready(due_on + timedelta(days=day), r.DayReached(day))
        case DaysAfterStep(then_days=days):
            return _after_step_before(days, state.case)
        case MonthsPastDue(months_past_due=months):
            last = months_after(due_on, months)
            return Ready(last + ONE_DAY, r.MonthsPastDue(months))
        case AfterFact(after=after):
            return _after(after, state, pack, zone)


def _after_step_before(days: int, case: Case | None) -> Ready | None:
    if case is None:
        return None
    base = case.base_on or case.opened_on
    return Ready(base + timedelta(days=days), r.DaysAfterStepBefore(days, base))


def _by_amount(when: When, state: Account, day: date) -> Ready | None:
    least = when.or_overdue_at_least
    if least is None:
        return None
    amount = overdue_principal(state, day)
    if amount < least:
        return None
    now, limit = (r.Amount(one, state.currency) for one in (amount, least))
    return Ready(date.min, r.OverdueReached(now, limit))


def _after(after: After, state: Account, pack: Pack, zone: ZoneInfo) -> Ready | None:
    case = state.case
    if case is None:
        return None
    match after:
        case AfterStep(step=step):
            on = next((case.taken[id_] for id_ in pack.names(step) if id_ in case.taken), None)
            wait = timedelta(days=after.days)
            return Ready(on + wait, r.AfterStep(step, on, after.days)) if on else None
        case AfterLegal():
            return _after_legal(after, case, is_unpaid=judgment_unpaid(state))
        case AfterTask() | AfterApproval():
            return _after_result(after, case, pack, zone)


def _after_legal(after: AfterLegal, case: Case, *, is_unpaid: bool) -> Ready | None:
    on = case.progress.get(after.legal)
    if on is None or (after.unpaid and not is_unpaid):
        return None
    wait = timedelta(days=after.days) or ONE_DAY
    return Ready(on + wait, r.AfterLegal(after.legal, on, after.days))


def _after_result(
    after: AfterTask | AfterApproval, case: Case, pack: Pack, zone: ZoneInfo
) -> Ready | None:
    known = _known_at(after, case)
    if not known:
        return None
    at = max(known)
    fact = after.task if isinstance(after, AfterTask) else f"approval {after.approval}"
    on = local_day(at, zone)
    day = on + timedelta(days=after.days)
    why = r.AfterResult(fact, on, after.results, after.days)
    return Ready(max(day, _next_step_day(at, pack, zone)), why)


def _known_at(after: AfterTask | AfterApproval, case: Case) -> list[datetime]:
    """When what is waited for was last told, each of its results for itself."""
    if isinstance(after, AfterApproval):
        outcomes = case.decided.get(after.approval, {})
        return [outcomes[result] for result in after.results if result in outcomes]
    done = case.done.get(after.task)
    if done is None:
        return []
    if not after.results:
        return [done.at]
    return [done.results[result].at for result in after.results if result in done.results]


def _next_step_day(at: datetime, pack: Pack, zone: ZoneInfo) -> date:
    """The day of the next step time after an instant."""
    day = local_day(at, zone)
    return day if at < instant(day, pack.step_time, zone) else day + ONE_DAY
