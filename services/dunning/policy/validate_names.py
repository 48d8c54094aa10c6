"""Names that nothing else of the pack gives: what refers to them never comes true."""

from collections.abc import Iterator
from typing import NamedTuple

from services.dunning.policy.actions import Approval, Classify, Notice, Refer, Restore, Restrict
from services.dunning.policy.conditions import (
    Asked,
    Classified,
    NoticeDelivered,
    NoticeSent,
    Referred,
    Restricted,
    Single,
)
from services.dunning.policy.model import Pack
from services.dunning.policy.parts import Path
from services.dunning.policy.timing import AfterApproval
from services.dunning.policy.triggers import OnApproval
from services.dunning.policy.walk import actions_at, afters_at, singles_at, steps_at, triggers_at

Found = Iterator[tuple[Path, str]]


class _Names(NamedTuple):
    """What the pack itself brings about."""

    classes: frozenset[str]
    services: frozenset[str]
    referrals: frozenset[str]
    approvals: frozenset[str]
    purposes: frozenset[str]


def unknown_names(pack: Pack) -> Found:
    """Walk conditions, triggers and actions that name what nothing brings about."""
    names = _names(pack)
    for path, condition in singles_at(pack):
        place = pack.document.place(path) if pack.document else path
        yield from ((place, text) for text in _unknown(condition, names))
    for path, step in steps_at(pack):
        for place, after in afters_at(path, step):
            if isinstance(after, AfterApproval) and after.approval not in names.approvals:
                yield (*place, "approval"), f"nothing ever asks for approval {after.approval!r}"
    for path, on in triggers_at(pack):
        if isinstance(on, OnApproval) and on.for_ not in names.approvals:
            yield (*path, "approval"), f"nothing ever asks for approval {on.for_!r}"
    for path, action in actions_at(pack):
        for service in action.services if isinstance(action, Restore) else ():
            if service not in names.services:
                yield (*path, "restore", "services"), f"nothing restricts {service!r}"


def classes_of(pack: Pack) -> frozenset[str]:
    """The classes a case of the pack can be put in."""
    found = {grade.as_ for grade in pack.grading}
    for _, action in actions_at(pack):
        if isinstance(action, Classify):
            found |= {case.as_ for case in action.first_of}
            found |= {action.as_} if action.as_ else set()
    return frozenset(found)


def _names(pack: Pack) -> _Names:
    actions = [action for _, action in actions_at(pack)]
    steps = [step for _, step in steps_at(pack)]
    asked = {action.for_ for action in actions if isinstance(action, Approval)}
    asked |= {step.approval.for_ for step in steps if step.approval}
    return _Names(
        classes_of(pack),
        frozenset(action.service for action in actions if isinstance(action, Restrict)),
        frozenset(action.to for action in actions if isinstance(action, Refer)),
        frozenset(asked),
        frozenset(action.purpose for action in actions if isinstance(action, Notice)),
    )


def _unknown(condition: Single, names: _Names) -> Iterator[str]:
    """What is wrong with the names of a condition."""
    given, known, text = _checked(condition, names)
    yield from (f"{text} {name!r}" for name in given if name not in known)


def _checked(condition: Single, names: _Names) -> tuple[tuple[str, ...], frozenset[str], str]:
    """The names of a condition, those that the pack brings about, and what to say of others."""
    match condition:
        case Classified(classified=given):
            return given, names.classes, "nothing classifies a case as"
        case Restricted(restricted=given):
            return given, names.services, "nothing restricts"
        case Referred(referred=given):
            return given, names.referrals, "nothing refers a case to"
        case NoticeSent(notice_sent=purpose) | NoticeDelivered(notice_delivered=purpose):
            return (purpose,), names.purposes, "nothing ever sends the notice"
        case Asked(asked=name):
            return (name,), names.approvals, "nothing ever asks for approval"
        case _:
            return (), frozenset(), ""
