"""The monthly entries that name no account, or one for each segment (rules of all packs:
calendar).
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from contracts.words.workdays import WorkingDays
from services.dunning.domain.case.events import (
    AlertRaised,
    ApprovalRequested,
    CalendarRun,
    TaskRequested,
    WakeScheduled,
)
from services.dunning.domain.creditor.commands import RunCalendar
from services.dunning.domain.creditor.events import CreditorEvent, ReportStored
from services.dunning.domain.creditor.evolve import evolve_creditor
from services.dunning.domain.creditor.state import Creditor
from services.dunning.domain.event import Why, because
from services.dunning.domain.localtime import instant, local_day, named_day, next_monthly
from services.dunning.domain.money.commission import month_before
from services.dunning.policy.actions import Action, Alert, Approval, Report, Task
from services.dunning.policy.model import CalendarEntry, Pack
from services.dunning.policy.segments import segment_owner
from services.dunning.reasons import values as r

_ONE_DAY = timedelta(days=1)
_SCOPES = ("creditor", "segments")
_Effect = TaskRequested | ReportStored | AlertRaised | ApprovalRequested


def run_calendar(
    state: Creditor, command: RunCalendar, pack: Pack, now: datetime
) -> list[CreditorEvent]:
    """Run the entries of the day the wake-up was for; one that was missed is made up, a day at a
    time.
    """
    if state.wake is None or state.wake > now or not state.zone:
        return []
    zone = ZoneInfo(state.zone)
    day = local_day(state.wake, zone)
    events: list[CreditorEvent] = []
    for entry in pack.calendar:
        if entry.scope in _SCOPES and next_monthly(day, *entry.monthly) == day:
            for event in _entry(state, entry, command, pack, day):
                events.append(event)
                state = evolve_creditor(state, event)
    days = state.working_days
    events += tell_unknown(state.calendar_told, days, pack, day)
    at = _next_day(pack, day + _ONE_DAY, zone, days)
    return [*events, WakeScheduled(at=at, turn_on=day)]


def tell_unknown(told: int, days: WorkingDays, pack: Pack, day: date) -> list[CreditorEvent]:
    """Tell once a year that nobody knows the year's working days yet (rules of all packs: working
    days).
    """
    if told == day.year or days.knows(day.year):
        return []
    why = Why(None, None, r.WorkingDaysUnknown(day.year, days.country), pack.id, pack.version)
    return [because(AlertRaised(kind="calendar_unknown", on=day), why)]


def next_run(
    pack: Pack, now: datetime, zone: ZoneInfo, turn_on: date | None, working: WorkingDays
) -> datetime | None:
    """When the calendar next runs, given the day it ran last."""
    day = local_day(now, zone)
    if now > instant(day, pack.step_time, zone):
        day += _ONE_DAY
    return _next_day(pack, max(day, turn_on + _ONE_DAY) if turn_on else day, zone, working)


def _next_day(pack: Pack, from_day: date, zone: ZoneInfo, working: WorkingDays) -> datetime | None:
    """The next monthly entry, or 1 January where a country's calendar has to be looked at."""
    days = [
        next_monthly(from_day, *entry.monthly) for entry in pack.calendar if entry.scope in _SCOPES
    ]
    if working.country:
        new_year = date(from_day.year, 1, 1)
        days.append(new_year if new_year == from_day else date(from_day.year + 1, 1, 1))
    return instant(min(days), pack.step_time, zone) if days else None


def _applies(entry: CalendarEntry, command: RunCalendar, pack: Pack, day: date) -> bool:
    if entry.if_ == "any_overdue":
        return command.any_overdue
    if entry.if_ == "commission_earned":
        return command.commission is not None
    if entry.if_ == "arrears_ratio_exceeded":
        return _ratio_exceeded(command, pack, day)
    return True


def _ratio_exceeded(command: RunCalendar, pack: Pack, day: date) -> bool:
    """On the first day of the year nothing counts as invoiced yet: any arrears exceed it."""
    if pack.credit is None or pack.credit.arrears_ratio_max is None:
        return False
    invoiced = 0 if (day.month, day.day) == (1, 1) else command.invoiced
    return Decimal(command.arrears) > pack.credit.arrears_ratio_max * invoiced


def _entry(
    state: Creditor, entry: CalendarEntry, command: RunCalendar, pack: Pack, day: date
) -> Iterator[CreditorEvent]:
    if not _applies(entry, command, pack, day):
        return
    reason = r.Monthly(named_day(day, entry.monthly))
    why = Why(None, entry.id, reason, pack.id, pack.version)
    yield because(CalendarRun(on=day), why)
    segments = command.segments if entry.scope == "segments" else (None,)
    number = state.sequence + 1
    for index, action in enumerate(entry.do):
        for segment in segments:
            number += 1
            for effect in _effect_of(state, pack, action, number, command, day, segment, (index,)):
                yield because(effect, why)


def _effect_of(
    state: Creditor,
    pack: Pack,
    action: Action,
    number: int,
    command: RunCalendar,
    day: date,
    segment: str | None,
    path: tuple[int, ...],
) -> Iterator[_Effect]:
    """The one event of an action; `number` makes its id."""
    match action:
        case Task():
            yield TaskRequested(
                task_id=f"{state.code}-t{number}",
                kind=action.kind,
                owner=_owner(pack, action, segment),
                with_owners=action.with_owners,
                asks=action.asks,
                on=day,
                segment=segment or None,
            )
        case Report(name=name):
            values = dict(command.reports.get(name, {}))
            yield ReportStored(name=name, on=day, values=values)
        case Alert(kind=kind):
            yield AlertRaised(kind=kind, on=day)
        case Approval():
            yield ApprovalRequested(
                approval_id=f"{state.code}-a{number}",
                for_=action.for_,
                by_role=action.by,
                path=path,
                amount=command.commission,
                period=month_before(day),
            )
        case _:
            return


def _owner(pack: Pack, task: Task, segment: str | None) -> str:
    return segment_owner(pack, segment) if task.owner == "segment" else task.owner
