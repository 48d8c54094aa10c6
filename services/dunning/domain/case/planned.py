"""Carries out at the step time what was planned for it."""

from services.dunning.domain.case.conditions import holds
from services.dunning.domain.case.events import ActionReached
from services.dunning.domain.case.state import Planned
from services.dunning.domain.recorder import Cause, Recorder


def do_planned(rec: Recorder) -> None:
    """Do everything whose day has come, each once however late it is."""
    for planned in rec.state.planned:
        if planned.on <= rec.today:
            reached = Cause(planned.step, planned.reason, planned.path)
            rec.effect(ActionReached(planned_id=planned.planned_id, on=rec.today), reached)
            _do(rec, planned)


def _do(rec: Recorder, planned: Planned) -> None:
    cause = Cause(planned.step, planned.reason, planned.path, planned=planned.planned_id)
    if not planned.path:
        rec.perform(rec.pack.actions(planned.step), cause, is_step=False)
    else:
        action = rec.pack.action(planned.step, planned.path)
        if action is not None and holds(action.if_, rec.state, rec.today):
            rec.act(action, cause)
