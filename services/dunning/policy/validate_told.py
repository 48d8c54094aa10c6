"""Names and times that messages tell: what no message could tell, no case may come to."""

from collections.abc import Iterator

from contracts.words.identifiers import LENGTH_MAX, is_identifier
from services.dunning.policy.actions import (
    Action,
    Alert,
    Approval,
    Asking,
    Charge,
    Classify,
    Notice,
    Refer,
    Restrict,
    Task,
)
from services.dunning.policy.model import Pack
from services.dunning.policy.parts import Path
from services.dunning.policy.walk import actions_at, steps_at

Found = Iterator[tuple[Path, str]]
LABEL_MAX = 200
_NO_NAME = f"must be a name of 1 to {LENGTH_MAX} letters, digits and . _ : - that others can read"
_NO_LABEL = f"must have 1 to {LABEL_MAX} characters"


def told_faults(pack: Pack) -> Found:
    """Walk what others are told of a pack's cases and could not be told so."""
    for path, action in actions_at(pack):
        yield from _of_action((*path, action.key), action)
    for path, step in steps_at(pack):
        if step.approval:
            yield from _asking((*path, "approval"), step.approval)
    for i, grade in enumerate(pack.grading):
        yield from _name(("grading", i, "as"), grade.as_)
    if pack.decisions:
        yield from _name(("decisions", "alert"), pack.decisions.alert)
    if pack.cash_desk:
        yield from _name(("cash_desk", "alert"), pack.cash_desk.alert)
    for segment, owner in pack.segments.items():
        yield from _label(("segments", segment), owner)
    if pack.contact.from_ == "24:00":
        yield ("parameters",), "contact_from must be before 24:00"


def _of_action(path: Path, action: Action) -> Found:
    for field, name in _names(action):
        yield from _name((*path, field), name)
    if isinstance(action, Task):
        for owner in (action.owner, *action.with_owners):
            yield from _label((*path, "owner"), owner)
    if isinstance(action, Classify):
        for i, case in enumerate(action.first_of):
            yield from _name((*path, "first_of", i, "as"), case.as_)
    if isinstance(action, Approval):
        yield from _asking(path, action)


def _names(action: Action) -> Iterator[tuple[str, str]]:
    """The fields of an action that are names."""
    match action:
        case Notice(template=str(name)):
            yield "template", name
        case Restrict(service=name):
            yield "service", name
        case Refer(to=name):
            yield "to", name
        case Classify(as_=str(name)):
            yield "as", name
        case Alert(kind=name):
            yield "kind", name
        case Charge(item=name):
            yield "item", name
        case _:
            return


def _asking(path: Path, asking: Asking) -> Found:
    yield from _name((*path, "for"), asking.for_)
    yield from _label((*path, "by"), asking.by)


def _name(path: Path, name: str) -> Found:
    if not is_identifier(name):
        yield path, _NO_NAME


def _label(path: Path, text: str) -> Found:
    if not 0 < len(text) <= LABEL_MAX:
        yield path, _NO_LABEL
