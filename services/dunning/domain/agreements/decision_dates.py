"""Applications that wait too long for their decision."""

from collections.abc import Iterator
from datetime import date, timedelta

from services.dunning.domain.agreements.events import DecisionFoundLate
from services.dunning.domain.agreements.state import Application
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.reasons import values as r


def tell_late_decisions(rec: Recorder) -> None:
    """Raise the pack's alert, once for each application that is undecided too long."""
    rule = rec.pack.decisions
    if rule is None:
        return
    for application, on in _late_on(rec):
        if on <= rec.today:
            late = r.DecisionLate(application.for_, application.made_on, rule.late_after_days)
            cause = Cause(None, late)
            rec.effect(DecisionFoundLate(application_id=application.application_id), cause)
            rec.alert(rule.alert, cause)


def late_decision_days(rec: Recorder) -> Iterator[date]:
    """The days on which a decision becomes late."""
    return (on for _, on in _late_on(rec))


def _late_on(rec: Recorder) -> list[tuple[Application, date]]:
    """Waiting applications not told of yet, each with the day after its last in time."""
    rule = rec.pack.decisions
    if rule is None:
        return []
    days = timedelta(days=rule.late_after_days + 1)
    return [
        (a, a.made_on + days)
        for a in rec.state.applications
        if not a.late and (not rule.for_ or a.for_ in rule.for_)
    ]
