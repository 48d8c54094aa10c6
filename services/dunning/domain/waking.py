"""When an account next has something to do by itself.

Only instants at which something will happen count: a step's turn, an agreement's check, a notice
before a due date, a monthly entry, a contact that waited. A day on which nothing happens is slept
through.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from services.dunning.domain.agreements.decision_dates import late_decision_days
from services.dunning.domain.case.approvals import granted_actions
from services.dunning.domain.case.conditions import holds, is_held
from services.dunning.domain.case.events import WakeScheduled
from services.dunning.domain.case.grading import grading_days
from services.dunning.domain.case.monthly import runs_for
from services.dunning.domain.case.pausing import reaches_minimum_on
from services.dunning.domain.case.series import planned_days
from services.dunning.domain.case.timetable import (
    first_possible_day,
    pending_steps,
    turn_of,
    waits_for_decision,
)
from services.dunning.domain.contact.waiting import allowed_at, contact_by
from services.dunning.domain.localtime import ONE_DAY, next_monthly
from services.dunning.domain.money.limitation import limitation_days
from services.dunning.domain.money.owing import held_until
from services.dunning.domain.recorder import Recorder
from services.dunning.policy.actions import Action

_MONTHS_AHEAD_MAX = 13


def schedule(rec: Recorder, *, woken: bool, turned: bool) -> None:
    """Record the next wake-up if it changed.

    A wake-up that is already due and has not come yet is kept: nothing that arrives just before it
    may put it off.
    """
    turn_on = rec.today if turned else rec.state.turn_on
    at = next_wake(rec, turn_on)
    due = rec.state.wake
    if not woken and due is not None and due <= rec.now:
        at = due
    if woken or at != due:
        put_off = rec.state.put_off if rec.state.put_off == rec.today != turn_on else None
        rec.emit(WakeScheduled(at=at, turn_on=turn_on, put_off=put_off))


def next_wake(rec: Recorder, turn_on: date | None) -> datetime | None:
    """The next instant with something to do, given the day whose turn was taken last."""
    floor = rec.today
    is_past = rec.now > rec.step_time and rec.state.put_off != rec.today
    if is_past or turn_on == rec.today:
        floor += ONE_DAY
    days = [max(day, floor) for day in _turn_days(rec, floor)]
    instants = [rec.at(day, rec.pack.step_time) for day in days]
    grown = reaches_minimum_on(rec.state, rec.pack.minimum_overdue, rec.today)
    if grown is not None:
        instants.append(rec.at(grown, "00:00"))
    if rec.state.case and not rec.is_paused:
        instants += [
            allowed_at(rec, contact_by(action, contact))
            for contact in rec.state.case.waiting
            if (action := rec.pack.action(contact.step, contact.path)) is not None
        ]
    return min(instants, default=None)


def _turn_days(rec: Recorder, floor: date) -> Iterator[date]:
    for promise in rec.state.promises:
        yield promise.by + ONE_DAY
    short = rec.state.plan.shortfall_on() if rec.state.plan else None
    if short is not None:
        yield short + ONE_DAY
    yield from planned_days(rec)
    yield from limitation_days(rec)
    yield from grading_days(rec.state, rec.pack, rec.today)
    yield from late_decision_days(rec)
    yield from _step_days(rec)
    if rec.state.hold is None:
        yield from _before_due_days(rec, floor)
        yield from _calendar_days(rec, floor)


def _step_days(rec: Recorder) -> Iterator[date]:
    case = rec.state.case
    if case is None or rec.is_paused or waits_for_decision(case, rec.pack):
        return
    first = first_possible_day(case)
    if case.granted is not None:
        yield _unheld(rec, granted_actions(rec), first)
        return
    head = next(iter(pending_steps(case, rec.pack)), None)
    turn = turn_of(head, rec.state, rec.pack, rec.today, rec.zone) if head else None
    if head is not None and turn is not None:
        on = max(turn.on, first)
        yield _unheld(rec, head.do, on) if holds(head.if_, rec.state, rec.today) else on


def _unheld(rec: Recorder, actions: Sequence[Action], on: date) -> date:
    """The day on which actions can happen at last: not while money that waits covers it all."""
    on = max(on, rec.today)
    return held_until(rec.state, on) if is_held(rec.state, actions, on) else on


def _before_due_days(rec: Recorder, floor: date) -> Iterator[date]:
    for entry in rec.pack.before_due:
        for item in rec.state.items.values():
            day = item.due_on - timedelta(days=entry.days)
            if day >= floor:
                yield day


def _calendar_days(rec: Recorder, floor: date) -> Iterator[date]:
    for entry in rec.pack.calendar:
        if entry.scope != "accounts" or not rec.state.items:
            continue
        day = next_monthly(floor, *entry.monthly)
        for _ in range(_MONTHS_AHEAD_MAX * len(entry.monthly)):
            if runs_for(entry, rec.state, day):
                yield day
                break
            day = next_monthly(day + ONE_DAY, *entry.monthly)
