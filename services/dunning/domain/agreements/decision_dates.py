"""Applications that wait too long for their decision."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from services.dunning.domain.agreements.events import DecisionFoundLate
from services.dunning.domain.agreements.state import Application
from services.dunning.domain.recorder import Cause, Due, Recorder, View
from services.dunning.reasons import ahead as a
from services.dunning.reasons import values as r


def agenda(view: View, floor: date) -> Iterator[Due]:
    """A decision is late on the day after the last in time; it is told once."""
    rule = view.pack.decisions
    if rule is None:
        return
    for application in view.state.applications:
        if application.late or (rule.for_ and application.for_ not in rule.for_):
            continue
        on = application.made_on + timedelta(days=rule.late_after_days + 1)
        why = r.DecisionLate(application.for_, application.made_on, rule.late_after_days)
        run = partial(_tell, application=application, kind=rule.alert, why=why)
        yield Due(view.steps_at(max(on, floor)), a.Alert(rule.alert), why, run)


def _tell(rec: Recorder, application: Application, kind: str, why: r.DecisionLate) -> None:
    cause = Cause(None, why)
    rec.effect(DecisionFoundLate(application_id=application.application_id), cause)
    rec.alert(kind, cause)
