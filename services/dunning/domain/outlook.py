"""What comes next on an account and when, or why nothing does."""

from datetime import UTC, date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.dunning.domain.account import Account
from services.dunning.domain.case.conditions import holds, is_held
from services.dunning.domain.case.pausing import pause_reasons
from services.dunning.domain.case.state import Case
from services.dunning.domain.case.timetable import (
    first_possible_day,
    pending_steps,
    turn_of,
    waits_for_decision,
)
from services.dunning.domain.localtime import ONE_DAY, instant, local_day
from services.dunning.policy.actions import Action, Legal, Notice, Refer, Restrict, Task
from services.dunning.policy.model import Pack, Step
from services.dunning.policy.timing import DaysAfterStep
from services.dunning.reasons import ahead as a
from services.dunning.reasons import values as r


class Ahead(NamedTuple):
    """One thing to come: a step, a check, or a pause; `when` is None while that is not known."""

    what: str
    when: datetime | None
    reason: r.Reason | a.AheadReason
    step: str | None = None


def outlook(state: Account, pack: Pack, now: datetime, zone: ZoneInfo) -> list[Ahead]:
    """List what comes next, the soonest first, as far as today's facts tell.

    While something pauses the case its reasons come first, and the steps follow without a time.
    """
    day = local_day(now, zone)
    reasons = pause_reasons(state, day, pack.minimum_overdue)
    paused = [Ahead("paused", None, reason) for reason in reasons]
    checks = [
        Ahead("check of the promise", instant(p.by + ONE_DAY, pack.step_time, zone), a.Promised())
        for p in state.promises
    ]
    short = state.plan.shortfall_on() if state.plan else None
    if short:
        at = instant(short + ONE_DAY, pack.step_time, zone)
        checks.append(Ahead("check of the plan", at, a.InstalmentDue(short)))
    steps = _steps(state, pack, now, zone, is_paused=bool(paused)) if state.case else []
    coming = sorted(checks + _planned(state, pack, zone) + steps, key=_soonest)
    return paused + coming


def _planned(state: Account, pack: Pack, zone: ZoneInfo) -> list[Ahead]:
    """What was planned for a later step time; a pause does not put it off."""
    found: list[Ahead] = []
    for planned in state.planned:
        action = pack.action(planned.step, planned.path)
        actions = (action,) if action else pack.actions(planned.step)
        at = instant(planned.on, pack.step_time, zone)
        words = "; ".join(_words(action) for action in actions)
        found.append(Ahead(words, at, planned.reason, planned.step))
    return found


def _steps(
    state: Account, pack: Pack, now: datetime, zone: ZoneInfo, *, is_paused: bool
) -> list[Ahead]:
    case = state.case
    if case is None:
        return []
    today = local_day(now, zone)
    late = now > instant(today, pack.step_time, zone) or state.turn_on == today
    earliest = max(first_possible_day(case), today + ONE_DAY if late else today)
    found: list[Ahead] = []
    for step in pending_steps(case, pack):
        reason, on = _turn(step, state, pack, zone, today, earliest)
        if not holds(step.if_, state, today):
            found.append(Ahead(_what(step), None, a.ConditionFails(), step.id))
            continue
        held = is_held(state, step.do, today)
        blocked = is_paused or held or on is None or waits_for_decision(case, pack)
        at = None if blocked or on is None else instant(on, pack.step_time, zone)
        why = a.MoneyCovers() if held else _blocked(case, pack, reason)
        found.append(Ahead(_what(step), at, why, step.id))
        earliest = on + ONE_DAY if on else date.max
    return found


def _turn(
    step: Step, state: Account, pack: Pack, zone: ZoneInfo, today: date, earliest: date
) -> tuple[r.Reason | a.AheadReason, date | None]:
    """Why and when; what counts from a step still to come, or follows one, has no day yet."""
    turn = turn_of(step, state, pack, today, zone)
    if turn is None:
        return a.WaitsForStepBefore(), None
    if earliest == date.max:
        return turn.why, None
    is_head = state.case is not None and pending_steps(state.case, pack)[0].id == step.id
    if isinstance(step.when, DaysAfterStep) and not is_head:
        return r.DaysAfterStepBefore(step.when.then_days), None
    return a.StepDueAhead(turn.why), max(turn.on, earliest)


def _blocked(case: Case, pack: Pack, reason: r.Reason | a.AheadReason) -> r.Reason | a.AheadReason:
    if not waits_for_decision(case, pack):
        return reason
    return a.WaitsForDecision(case.asking or "")


def _what(step: Step) -> str:
    asks = f"ask for {step.approval.for_}: " if step.approval else ""
    return asks + "; ".join(_words(action) for action in step.do)


def _words(action: Action) -> str:
    match action:
        case Notice(purpose=purpose, channels=channels):
            return f"notice {purpose} by {' and '.join(channels)}"
        case Task(kind=kind, owner=owner):
            return f"task {kind} ({owner})"
        case Legal(document=document):
            return f"legal {document}"
        case Restrict(service=service):
            return f"restrict {service}"
        case Refer(to=to):
            return f"refer {to}"
        case _:
            return action.key.replace("_", " ")


def _soonest(ahead: Ahead) -> tuple[bool, datetime]:
    return (ahead.when is None, ahead.when or datetime.max.replace(tzinfo=UTC))
