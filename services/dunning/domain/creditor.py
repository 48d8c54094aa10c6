"""The creditor: its set-up, and the monthly entries that name no account (rules of all packs:
calendar).
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chassis.errors import Rejected
from services.dunning.domain import commands as c
from services.dunning.domain import events as e
from services.dunning.domain.casework import policy_ref
from services.dunning.domain.evolve import evolve_creditor
from services.dunning.domain.localtime import instant, local_day, next_monthly
from services.dunning.domain.state import Creditor
from services.dunning.domain.values import ContactTerms, LateFeeTerms, Terms
from services.dunning.policy.actions import Action
from services.dunning.policy.model import CalendarEntry, Pack

_ONE_DAY = timedelta(days=1)


def decide_creditor(
    state: Creditor, command: c.CreditorCommand, pack: Pack, now: datetime
) -> list[e.CreditorEvent]:
    """Answer the events that follow from a command on a creditor; raises Rejected when it is
    refused.
    """
    if isinstance(command, c.ConfigureCreditor):
        return _configure(state, command, pack, now)
    if isinstance(command, c.CompleteTask):
        return _complete(state, command, now)
    return _run(state, command, pack, now)


def terms_of(pack: Pack) -> Terms:
    """What a pack says to the ledger and the notifier."""
    fee = pack.terms.late_fee
    return Terms(
        allocation=pack.terms.allocation,
        due_days=pack.terms.due_days,
        late_fee=LateFeeTerms(
            rate_per_day=fee.rate_per_day, cap_ratio=fee.cap_ratio, starts=fee.starts
        )
        if fee
        else None,
        contact=ContactTerms(
            from_hour=pack.contact.from_,
            until_hour=pack.contact.until,
            per_seven_days=pack.contact.contacts_max,
        ),
    )


def _configure(
    state: Creditor, command: c.ConfigureCreditor, pack: Pack, now: datetime
) -> list[e.CreditorEvent]:
    try:
        zone = ZoneInfo(command.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise Rejected(f"there is no time zone {command.zone!r}") from None
    configured = e.CreditorConfigured(
        name=command.name,
        zone=command.zone,
        currency=command.currency,
        languages=command.languages,
        policy_ref=policy_ref(pack),
        terms=terms_of(pack),
    )
    at = _next_run(pack, now, zone, state.turn_on)
    wake = e.WakeScheduled(at=at, turn_on=state.turn_on)
    return [configured, wake] if at != state.wake else [configured]


def _complete(state: Creditor, command: c.CompleteTask, now: datetime) -> list[e.CreditorEvent]:
    for task in state.tasks:
        if command.task_id in (None, task.task_id) and command.kind in (None, task.kind):
            return [
                e.TaskCompleted(
                    task_id=task.task_id,
                    kind=task.kind,
                    result=command.result,
                    at=now,
                    note=command.note,
                    by=command.by,
                )
            ]
    raise Rejected(f"no open task {command.task_id or command.kind}")


def _run(
    state: Creditor, command: c.RunCalendar, pack: Pack, now: datetime
) -> list[e.CreditorEvent]:
    """Run the entries of the day the wake-up was for; one that was missed is made up, a day at a
    time.
    """
    if state.wake is None or state.wake > now or not state.zone:
        return []
    zone = ZoneInfo(state.zone)
    day = local_day(state.wake, zone)
    events: list[e.CreditorEvent] = []
    for entry in pack.calendar:
        if entry.scope == "creditor" and next_monthly(day, entry.monthly) == day:
            for event in _entry(state, entry, command, pack, day):
                events.append(event)
                state = evolve_creditor(state, event)
    at = _next_day(pack, day + _ONE_DAY, zone)
    return [*events, e.WakeScheduled(at=at, turn_on=day)]


def _entry(
    state: Creditor, entry: CalendarEntry, command: c.RunCalendar, pack: Pack, day: date
) -> Iterator[e.CreditorEvent]:
    if entry.if_ == "any_overdue" and not command.any_overdue:
        return
    why: dict[str, Any] = {
        "step": entry.id,
        "reason": f"monthly, day {entry.monthly}; policy {pack.label}",
        "policy": pack.id,
        "policy_version": pack.version,
    }
    yield e.CalendarRun(on=day, **why)
    for index, action in enumerate(entry.do):
        number = state.sequence + 2 + index
        yield from _deed(action, f"{state.code}-t{number}", command, day, why)


def _deed(
    action: Action, new_id: str, command: c.RunCalendar, day: date, why: dict[str, Any]
) -> Iterator[e.CreditorEvent]:
    if action.task is not None:
        yield e.TaskRequested(
            task_id=new_id,
            kind=action.task.kind,
            owner=action.task.owner,
            with_owners=action.task.with_owners,
            on=day,
            **why,
        )
    elif action.report is not None:
        values = dict(command.reports.get(action.report.name, {}))
        yield e.ReportStored(name=action.report.name, on=day, values=values, **why)
    elif action.alert is not None:
        yield e.AlertRaised(kind=action.alert.kind, on=day, **why)


def _next_run(pack: Pack, now: datetime, zone: ZoneInfo, turn_on: date | None) -> datetime | None:
    day = local_day(now, zone)
    if now > instant(day, pack.step_time, zone):
        day += _ONE_DAY
    return _next_day(pack, max(day, turn_on + _ONE_DAY) if turn_on else day, zone)


def _next_day(pack: Pack, from_day: date, zone: ZoneInfo) -> datetime | None:
    days = [
        next_monthly(from_day, entry.monthly)
        for entry in pack.calendar
        if entry.scope == "creditor"
    ]
    return instant(min(days), pack.step_time, zone) if days else None
