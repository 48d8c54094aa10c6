"""What was planned for a later step time."""

from collections.abc import Iterator
from datetime import date
from functools import partial

from services.dunning.domain.case.conditions import holds
from services.dunning.domain.case.events import ActionReached
from services.dunning.domain.case.state import Planned
from services.dunning.domain.recorder import Cause, Due, Recorder, View
from services.dunning.reasons import ahead as a


def agenda(view: View, floor: date) -> Iterator[Due]:
    """What was planned for a step time; a pause does not put it off, and it is done once however
    late it is.
    """
    for planned in view.state.planned:
        action = view.pack.action(planned.step, planned.path)
        actions = (action,) if action else view.pack.actions(planned.step)
        run = partial(_reach, planned=planned)
        at = view.steps_at(max(planned.on, floor))
        yield Due(at, a.Actions(actions), planned.reason, run, planned.step)


def _reach(rec: Recorder, planned: Planned) -> None:
    reached = Cause(planned.step, planned.reason, planned.path)
    rec.effect(ActionReached(planned_id=planned.planned_id, on=rec.today), reached)
    cause = reached._replace(planned=planned.planned_id)
    if not planned.path:
        rec.perform(rec.pack.actions(planned.step), cause)
        return
    action = rec.pack.action(planned.step, planned.path)
    if action is not None and holds(action.if_, rec.state, rec.today):
        rec.act(action, cause)
