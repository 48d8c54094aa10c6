"""What the system did, in the model's words."""

from collections.abc import Callable
from typing import Any

from services.dunning.domain.case.events import (
    AlertRaised,
    CaseClosed,
    CaseOpened,
    LegalRequested,
    RestorationRequested,
    RestrictionRequested,
    StepDropped,
    StepGranted,
    StepTaken,
)
from services.dunning.domain.contact.events import NoticeRequested
from tests.properties.casefile import Entry, Owed
from tests.support.localtime import local
from tests.support.wired import Wired

_WORDS: dict[type, Callable[[Any], tuple[str, str]]] = {
    CaseOpened: lambda event: ("case", "opened"),
    CaseClosed: lambda event: ("case", "closed"),
    StepTaken: lambda event: ("asked" if event.asks else "taken", event.step),
    StepDropped: lambda event: ("dropped", event.step),
    StepGranted: lambda event: ("granted", event.step),
    RestrictionRequested: lambda event: ("restricted", event.service),
    RestorationRequested: lambda event: ("restored", event.service),
    AlertRaised: lambda event: ("alert", event.kind),
    NoticeRequested: lambda event: ("before", event.step),
}
_ALERTS = ("promise_broken", "plan_broken")


def done(wired: Wired) -> list[Entry]:
    """Cases, steps, restrictions, broken agreements and notices before due, by local day."""
    before = {entry.id for entry in wired.pack.before_due}
    found = []
    for stored in wired.dunning.stored:
        words = _WORDS.get(type(stored.event))
        if words is None:
            continue
        what, which = words(stored.event)
        if (what == "before" and which not in before) or (what == "alert" and which not in _ALERTS):
            continue
        found.append(Entry(local(stored.at, wired.zone).date(), what, which))
    return found


def figures_shown(wired: Wired) -> list[Owed]:
    """The figures of the notices and documents that steps asked for."""
    steps = {step.id for step in wired.pack.steps}
    found = []
    for stored in wired.dunning.stored:
        event = stored.event
        if isinstance(event, NoticeRequested) and event.step in steps:
            found.append(Owed(event.step, event.variables.principal, event.variables.late_fee))
        if isinstance(event, LegalRequested) and event.step in steps:
            found.append(Owed(event.step, event.principal, event.late_fee))
    return found
