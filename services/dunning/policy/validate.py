"""What a schema cannot see: a pack that reads well and still cannot work."""

from collections.abc import Iterator
from typing import get_args

from contracts.words.vocabulary import Role
from services.dunning.policy.actions import Notice, Task
from services.dunning.policy.document import Document
from services.dunning.policy.model import Pack
from services.dunning.policy.parts import Path
from services.dunning.policy.problem import Problem
from services.dunning.policy.timing import AfterStep
from services.dunning.policy.triggers import OnClassified, OnDelivery, OnTask
from services.dunning.policy.validate_dates import date_faults
from services.dunning.policy.validate_names import classes_of, unknown_names
from services.dunning.policy.validate_recovery import recovery_faults
from services.dunning.policy.validate_severity import severe_faults
from services.dunning.policy.validate_told import told_faults
from services.dunning.policy.validate_write_offs import write_off_faults
from services.dunning.policy.walk import actions_at, afters_at, entries_at, steps_at, triggers_at

Found = Iterator[tuple[Path, str]]
_ROLES = frozenset(get_args(Role))


def validate(pack: Pack) -> list[Problem]:
    """List every fault of a loaded pack, in the order of its file; an empty list means that it can
    run.

    Looks for unknown step ids and owners, steps that cannot be reached, dates that cannot be met,
    a restriction or legal document that no notice goes before, a write-off that nobody approves,
    and names that no message can tell.
    """
    return _in_order(
        pack,
        *_ids(pack),
        *_references(pack),
        *_reactions(pack),
        *_owners(pack),
        *unknown_names(pack),
        *date_faults(pack),
        *severe_faults(pack),
        *_contact(pack),
        *recovery_faults(pack),
        *told_faults(pack),
        *write_off_faults(pack),
    )


def unapproved(pack: Pack) -> list[Problem]:
    """List the write-offs of a pack that nobody approves: no creditor begins with it."""
    return _in_order(pack, *write_off_faults(pack))


def untold(pack: Pack) -> list[Problem]:
    """List the faults of a pack whose cases others could not be told of: a creditor is not even set
    up with it.
    """
    return _in_order(pack, *told_faults(pack))


def _in_order(pack: Pack, *found: tuple[Path, str]) -> list[Problem]:
    source = pack.document or Document(pack.id, {}, {})
    return sorted((source.problem(path, text) for path, text in found), key=lambda p: p.line)


def _ids(pack: Pack) -> Found:
    seen: set[str] = set()
    for path, entry in entries_at(pack):
        for part_id in entry.names:
            if part_id in seen:
                field = "id" if part_id == entry.id else "was"
                yield (*path, field), f"{part_id!r} is used twice"
            seen.add(part_id)


def _references(pack: Pack) -> Found:
    before: list[str] = []
    known = {step.id for _, step in steps_at(pack)}
    for path, step in steps_at(pack):
        for place, after in afters_at(path, step):
            if not isinstance(after, AfterStep):
                continue
            if after.step not in known:
                yield place, f"there is no step {after.step!r}"
            elif after.step not in before:
                yield place, f"step {after.step!r} comes later, so this step is never reached"
        before.append(step.id)
    usual = {step.id for step in pack.steps}
    for t, track in enumerate(pack.tracks):
        for i, step_id in enumerate(track.instead_of):
            if step_id not in usual:
                yield ("tracks", t, "instead_of", i), f"there is no step {step_id!r}"
        if track.classified not in classes_of(pack):
            yield (
                ("tracks", t, "classified"),
                f"nothing classifies a case as {track.classified!r}: these are never reached",
            )


def _reactions(pack: Pack) -> Found:
    """A reaction to what never happens does nothing."""
    actions = [action for _, action in actions_at(pack)]
    asked = {action.kind for action in actions if isinstance(action, Task)}
    sends = any(isinstance(action, Notice) for action in actions)
    for on, trigger in triggers_at(pack):
        match trigger:
            case OnTask(kind=kind) if kind not in asked:
                yield (*on, "task", "kind"), "nothing ever asks for that task"
            case OnDelivery() if not sends:
                yield (*on, "delivery"), "nothing ever sends a notice"
            case OnClassified(classified=names):
                for j, name in enumerate(names):
                    if name not in classes_of(pack):
                        yield (*on, "classified", j), f"nothing classifies a case as {name!r}"
            case _:
                pass


def _owners(pack: Pack) -> Found:
    known = _ROLES | {"segment", "responsible"} | set(pack.segments.values())
    for path, action in actions_at(pack):
        if not isinstance(action, Task):
            continue
        for owner in (action.owner, *action.with_owners):
            if owner not in known:
                yield (
                    (*path, "task", "owner"),
                    f"no role or department {owner!r}; there are: {', '.join(sorted(known))}",
                )
        if action.owner == "segment" and not pack.segments:
            yield (*path, "task", "owner"), "the pack names no segments"


def _contact(pack: Pack) -> Found:
    if pack.contact.from_ >= pack.contact.until:
        yield ("parameters",), "contact_from must be before contact_until"
    elif not pack.contact.from_ <= pack.step_time < pack.contact.until:
        yield ("parameters",), "step_time must lie within the contact hours"
