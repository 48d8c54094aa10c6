"""Names that nothing else of the pack gives: what refers to them never comes true."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from services.dunning.policy.conditions import After, Condition
from services.dunning.policy.document import Path
from services.dunning.policy.model import Pack
from services.dunning.policy.walk import actions_at, conditions_at, steps_at

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
    for path, condition in conditions_at(pack):
        yield from _condition(path, condition, names)
    for path, after in _afters(pack):
        if after.approval is not None and after.approval not in names.approvals:
            yield (*path, "approval"), f"nothing ever asks for approval {after.approval!r}"
    for i, reaction in enumerate(pack.reactions):
        asked = reaction.on.approval
        if asked is not None and asked.for_ not in names.approvals:
            yield (
                ("reactions", i, "on", "approval"),
                f"nothing ever asks for approval {asked.for_!r}",
            )
    for path, action in actions_at(pack):
        for service in action.restore.services if action.restore else ():
            if service not in names.services:
                yield (*path, "restore", "services"), f"nothing restricts {service!r}"


def classes_of(pack: Pack) -> frozenset[str]:
    """The classes a case of the pack can be put in."""
    found = {grade.as_ for grade in pack.grading}
    for _, action in actions_at(pack):
        if action.classify:
            found |= {case.as_ for case in action.classify.first_of}
            found |= {action.classify.as_} if action.classify.as_ else set()
    return frozenset(found)


def _names(pack: Pack) -> _Names:
    actions = [action for _, action in actions_at(pack)]
    steps = [step for _, step in steps_at(pack)]
    asked = {action.approval.for_ for action in actions if action.approval}
    asked |= {step.approval.for_ for step in steps if step.approval}
    return _Names(
        classes_of(pack),
        frozenset(action.restrict.service for action in actions if action.restrict),
        frozenset(action.refer.to for action in actions if action.refer),
        frozenset(asked),
        frozenset(action.notice.purpose for action in actions if action.notice),
    )


def _condition(path: Path, condition: Condition, names: _Names) -> Found:
    told = (condition.notice_sent,) if condition.notice_sent else ()
    arrived = (condition.notice_delivered,) if condition.notice_delivered else ()
    asked = (condition.not_asked,) if condition.not_asked else ()
    checks: Mapping[str, tuple[tuple[str, ...], frozenset[str], str]] = {
        "classified": (condition.classified, names.classes, "nothing classifies a case as"),
        "not_classified": (condition.not_classified, names.classes, "nothing classifies a case as"),
        "restricted": (condition.restricted, names.services, "nothing restricts"),
        "referred": (condition.referred, names.referrals, "nothing refers a case to"),
        "notice_sent": (told, names.purposes, "nothing ever sends the notice"),
        "notice_delivered": (arrived, names.purposes, "nothing ever sends the notice"),
        "not_asked": (asked, names.approvals, "nothing ever asks for approval"),
    }
    for field, (given, known, text) in checks.items():
        for name in given:
            if name not in known:
                yield (*path, field), f"{text} {name!r}"


def _afters(pack: Pack) -> Iterator[tuple[Path, After]]:
    for path, step in steps_at(pack):
        if step.when.after:
            yield (*path, "when", "after"), step.when.after
        for name in ("or_after", "not_before"):
            for i, after in enumerate(getattr(step.when, name)):
                yield (*path, "when", name, i), after
