"""A pack's monthly entries for accounts (rules of all packs: calendar)."""

from collections.abc import Iterator
from datetime import date
from functools import partial

from services.dunning.domain.account import Account
from services.dunning.domain.case.conditions import holds
from services.dunning.domain.case.events import CalendarRun
from services.dunning.domain.contact.notices import request_notice
from services.dunning.domain.localtime import ONE_DAY, named_day, next_monthly
from services.dunning.domain.money.owing import is_unpaid, not_yet_due, overdue
from services.dunning.domain.recorder import Cause, Due, Recorder, View
from services.dunning.policy.actions import Action, Notice
from services.dunning.policy.model import CalendarEntry
from services.dunning.reasons import ahead as a
from services.dunning.reasons import values as r

_MONTHS_AHEAD_MAX = 13


def agenda(view: View, floor: date) -> Iterator[Due]:
    """The next day of each entry on which it is for the account; one that was missed is made up,
    if it is for the account today. A hold stops them.
    """
    if view.state.is_on_hold or not view.state.items:
        return
    for entry in view.pack.calendar:
        if entry.scope != "accounts":
            continue
        day = next_monthly(floor, *entry.monthly)
        for _ in range(_MONTHS_AHEAD_MAX * len(entry.monthly)):
            if _is_for(entry, view.state, max(day, view.today)):
                run = partial(_run, entry=entry, on=day)
                what = a.Actions(entry.do, if_so_then=True)
                yield Due(view.steps_at(day), what, _why(entry, day), run, entry.id)
                break
            day = next_monthly(day + ONE_DAY, *entry.monthly)


def _is_for(entry: CalendarEntry, state: Account, day: date) -> bool:
    if state.is_on_hold:
        return False
    if entry.where == "overdue":
        return bool(overdue(state, day))
    if entry.where == "not_yet_due":
        return bool(not_yet_due(state, day))
    if entry.where == "mandate" and not state.mandate:
        return False
    return any(is_unpaid(item, day) for item in state.items.values())


def _run(rec: Recorder, entry: CalendarEntry, on: date) -> None:
    if not _is_for(entry, rec.state, rec.today):
        return
    cause = Cause(entry.id, _why(entry, on))
    rec.effect(CalendarRun(on=rec.today), cause)
    for index, action in enumerate(entry.do):
        if holds(action.if_, rec.state, rec.today):
            _act(rec, entry, action, cause.at(index))


def _act(rec: Recorder, entry: CalendarEntry, action: Action, cause: Cause) -> None:
    if not isinstance(action, Notice) or entry.where != "not_yet_due":
        rec.act(action, cause)
        return
    for channel in action.channels:
        items = not_yet_due(rec.state, rec.today)
        request_notice(rec, action, channel, items, cause, needs_overdue=False)


def _why(entry: CalendarEntry, on: date) -> r.Monthly:
    return r.Monthly(named_day(on, entry.monthly))
