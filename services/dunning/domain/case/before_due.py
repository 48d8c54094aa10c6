"""What a pack does some days before a due date."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from services.dunning.domain.case.conditions import holds
from services.dunning.domain.contact.notices import request_notice
from services.dunning.domain.money.owing import not_yet_due
from services.dunning.domain.recorder import Cause, Due, Recorder, View
from services.dunning.policy.actions import Notice
from services.dunning.policy.model import BeforeDue
from services.dunning.reasons import ahead as a
from services.dunning.reasons import values as r


def agenda(view: View, floor: date) -> Iterator[Due]:
    """Some days before the due date of each open item; a day that was missed is not made up, and a
    hold stops it.
    """
    if view.state.is_on_hold:
        return
    for entry in view.pack.before_due:
        for due_on in sorted({item.due_on for item in view.state.items.values()}):
            day = due_on - timedelta(days=entry.days)
            if day >= max(floor, view.today):
                why, run = r.BeforeDue(entry.days, due_on), partial(_tell, entry=entry)
                what = a.Actions(entry.do, if_so_then=True)
                yield Due(view.steps_at(day), what, why, run, entry.id)


def _tell(rec: Recorder, entry: BeforeDue) -> None:
    due_on = rec.today + timedelta(days=entry.days)
    items = [item for item in not_yet_due(rec.state, rec.today) if item.due_on == due_on]
    if not items or rec.state.is_on_hold:
        return
    cause = Cause(entry.id, r.BeforeDue(entry.days, due_on))
    for index, action in enumerate(entry.do):
        if not holds(action.if_, rec.state, rec.today):
            continue
        if not isinstance(action, Notice):
            rec.act(action, cause.at(index))
            continue
        for channel in action.channels:
            request_notice(rec, action, channel, items, cause.at(index), needs_overdue=False)
