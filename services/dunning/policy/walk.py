"""Walking a pack's parts together with their places in the file."""

from collections.abc import Iterator

from services.dunning.policy.actions import Action
from services.dunning.policy.conditions import Condition
from services.dunning.policy.document import Path
from services.dunning.policy.model import Entry, Pack, Step

StepAt = tuple[Path, Step]


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
    for i, before in enumerate(pack.before_due):
        yield ("before_due", i), before
    for i, reaction in enumerate(pack.reactions):
        yield ("reactions", i), reaction
    for i, monthly in enumerate(pack.calendar):
        yield ("calendar", i), monthly


def actions_at(pack: Pack) -> Iterator[tuple[Path, Action]]:
    """Walk every action with its place in the file, approved ones included."""
    for path, step in steps_at(pack):
        yield from _walk((*path, "do"), step.do)
    for name in ("before_due", "reactions", "calendar"):
        for i, part in enumerate(getattr(pack, name)):
            yield from _walk((name, i, "do"), part.do)
    if pack.limitation:
        yield from _walk(("limitation", "near"), pack.limitation.near)
        yield from _walk(("limitation", "expired"), pack.limitation.expired)


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
        if action.classify:
            for i, case in enumerate(action.classify.first_of):
                if case.if_:
                    yield (*path, "classify", "first_of", i, "if"), case.if_


def observations_of(pack: Pack) -> frozenset[str]:
    """The observations a pack names: what it reacts to, asks for in a condition, grades by or
    leaves out of a rate.
    """
    found = {name for reaction in pack.reactions for name in reaction.on.observation}
    for _, condition in conditions_at(pack):
        found |= {
            *condition.observed,
            *condition.observed_all,
            *condition.not_observed,
            *condition.not_observed_in_case,
        }
    found |= {name for grade in pack.grading for name in grade.observed}
    return frozenset(found | set(pack.kpi.exempt if pack.kpi else ()))


def _walk(path: Path, actions: tuple[Action, ...]) -> Iterator[tuple[Path, Action]]:
    for i, action in enumerate(actions):
        here = (*path, i)
        yield here, action
        if action.approval:
            yield from _walk((*here, "approval", "then"), action.approval.then)
