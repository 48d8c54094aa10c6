"""A pack's monthly entries for accounts (rules of all packs: calendar)."""

from datetime import date

from services.dunning.domain.account import Account
from services.dunning.domain.case.conditions import holds
from services.dunning.domain.case.events import CalendarRun
from services.dunning.domain.contact.notices import request_notice
from services.dunning.domain.localtime import named_day, next_monthly
from services.dunning.domain.money.owing import is_unpaid, not_yet_due, overdue
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.actions import Action, Notice
from services.dunning.policy.model import CalendarEntry
from services.dunning.reasons import values as r


def runs_for(entry: CalendarEntry, state: Account, day: date) -> bool:
    """Whether a monthly entry is for this account on a day."""
    if entry.scope != "accounts" or state.hold is not None:
        return False
    if entry.where == "overdue":
        return bool(overdue(state, day))
    if entry.where == "not_yet_due":
        return bool(not_yet_due(state, day))
    if entry.where == "mandate" and not state.mandate:
        return False
    return any(is_unpaid(item, day) for item in state.items.values())


def run_monthly(rec: Recorder, entry: CalendarEntry, due_on: date) -> None:
    on = next_monthly(due_on, *entry.monthly)
    if on > rec.today or not runs_for(entry, rec.state, rec.today):
        return
    cause = Cause(entry.id, r.Monthly(named_day(on, entry.monthly)))
    rec.effect(CalendarRun(on=rec.today), cause)
    for index, action in enumerate(entry.do):
        if holds(action.if_, rec.state, rec.today):
            _calendar_action(rec, entry, action, cause.at(index))


def _calendar_action(rec: Recorder, entry: CalendarEntry, action: Action, cause: Cause) -> None:
    if not isinstance(action, Notice) or entry.where != "not_yet_due":
        rec.act(action, cause)
        return
    for channel in action.channels:
        items = not_yet_due(rec.state, rec.today)
        request_notice(rec, action, channel, items, cause, needs_overdue=False)
