"""What a pack does some days before a due date."""

from datetime import timedelta

from services.dunning.domain.case.conditions import holds
from services.dunning.domain.contact.notices import request_notice
from services.dunning.domain.money.owing import not_yet_due
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.actions import Notice
from services.dunning.policy.model import BeforeDue
from services.dunning.reasons import values as r


def tell_before_due(rec: Recorder, entry: BeforeDue) -> None:
    due_on = rec.today + timedelta(days=entry.days)
    items = [item for item in not_yet_due(rec.state, rec.today) if item.due_on == due_on]
    if not items or rec.state.hold is not None:
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
