"""Walking a pack's parts together with their places in the file."""

from collections.abc import Iterator
from typing import NamedTuple

from services.dunning.policy.actions import Action, Classify, Task, following
from services.dunning.policy.conditions import (
    Condition,
    Observed,
    ObservedInCase,
    Single,
    singles,
)
from services.dunning.policy.model import BeforeDue, CalendarEntry, Entry, Pack, Reaction, Step
from services.dunning.policy.parts import Path
from services.dunning.policy.timing import After, AfterFact
from services.dunning.policy.triggers import OnAny, OnObservation, SingleTrigger

StepAt = tuple[Path, Step]
Part = BeforeDue | Reaction | CalendarEntry


def steps_at(pack: Pack) -> list[StepAt]:
    """List every step with its place in the file, tracks included."""
    usual: list[StepAt] = [(("steps", i), step) for i, step in enumerate(pack.steps)]
    return usual + [
        (("tracks", t, "steps", i), step)
        for t, track in enumerate(pack.tracks)
        for i, step in enumerate(track.steps)
    ]


def entries_at(pack: Pack) -> Iterator[tuple[Path, Entry]]:
    """Walk every part that has an id with its place in the file."""
    yield from steps_at(pack)
    yield from parts_at(pack)


def parts_at(pack: Pack) -> Iterator[tuple[Path, Part]]:
    """Walk what is no step: notices before a due date, reactions, monthly entries."""
    for i, before in enumerate(pack.before_due):
        yield ("before_due", i), before
    for i, reaction in enumerate(pack.reactions):
        yield ("reactions", i), reaction
    for i, entry in enumerate(pack.calendar):
        yield ("calendar", i), entry


def actions_at(pack: Pack) -> Iterator[tuple[Path, Action]]:
    """Walk every action with its place in the file, approved ones included."""
    for path, step in steps_at(pack):
        yield from _walk((*path, "do"), step.do)
    for path, part in parts_at(pack):
        yield from _walk((*path, "do"), part.do)
    if pack.limitation:
        yield from _walk(("limitation", "near"), pack.limitation.near)
        yield from _walk(("limitation", "expired"), pack.limitation.expired)


def afters_at(path: Path, step: Step) -> Iterator[tuple[Path, After]]:
    """Walk the facts that a step waits for, with their places; the step stands at `path`."""
    when = (*path, "when")
    if isinstance(step.when, AfterFact):
        yield (*when, "after"), step.when.after
    for i, after in enumerate(step.when.or_after):
        yield (*when, "or_after", i), after
    for i, after in enumerate(step.when.not_before):
        yield (*when, "not_before", i), after


def conditions_at(pack: Pack) -> Iterator[tuple[Path, Condition]]:
    """Walk every condition with its place in the file."""
    for path, step in steps_at(pack):
        if step.if_:
            yield (*path, "if"), step.if_
    for i, reaction in enumerate(pack.reactions):
        if reaction.if_:
            yield ("reactions", i, "if"), reaction.if_
    for path, action in actions_at(pack):
        if action.if_:
            yield (*path, "if"), action.if_
        for i, case in enumerate(action.first_of if isinstance(action, Classify) else ()):
            if case.if_:
                yield (*path, "classify", "first_of", i, "if"), case.if_


def singles_at(pack: Pack) -> Iterator[tuple[Path, Single]]:
    """Walk every single condition with its place as the models name it."""
    for path, condition in conditions_at(pack):
        yield from singles(path, condition)


def triggers_at(pack: Pack) -> Iterator[tuple[Path, SingleTrigger]]:
    """Walk every single fact that reactions answer to, with its place."""
    for i, reaction in enumerate(pack.reactions):
        on: Path = ("reactions", i, "on")
        if isinstance(reaction.on, OnAny):
            yield from (((*on, "any", j), one) for j, one in enumerate(reaction.on.any))
        else:
            yield on, reaction.on


class Followed(NamedTuple):
    """A task with something that follows it, and its place: id of the part, indices of actions."""

    part_id: str
    place: tuple[int, ...]
    task: Task


def followed_tasks(pack: Pack, kind: str) -> Iterator[Followed]:
    """Walk the tasks of a kind that something follows."""
    for entry in pack.entries:
        for place, action in _places((), entry.do):
            if isinstance(action, Task) and action.kind == kind and action.then:
                yield Followed(entry.id, place, action)


def _places(
    start: tuple[int, ...], actions: tuple[Action, ...]
) -> Iterator[tuple[tuple[int, ...], Action]]:
    for index, action in enumerate(actions):
        yield (*start, index), action
        yield from _places((*start, index), following(action))


def observations_of(pack: Pack) -> frozenset[str]:
    """The observations a pack names: what it reacts to, asks for in a condition, grades by or
    leaves out of a rate.
    """
    found: set[str] = set()
    for _, trigger in triggers_at(pack):
        if isinstance(trigger, OnObservation):
            found.update(trigger.observation)
    for _, condition in singles_at(pack):
        if isinstance(condition, Observed):
            found.update(condition.observed)
        elif isinstance(condition, ObservedInCase):
            found.update(condition.observed_in_case)
    found.update(name for grade in pack.grading for name in grade.observed)
    return frozenset(found | set(pack.kpi.exempt if pack.kpi else ()))


def _walk(path: Path, actions: tuple[Action, ...]) -> Iterator[tuple[Path, Action]]:
    for i, action in enumerate(actions):
        here = (*path, i)
        yield here, action
        yield from _walk((*here, action.key, "then"), following(action))
