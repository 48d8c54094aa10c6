"""Walking a pack's parts together with their places in the file."""

from collections.abc import Iterator

from services.dunning.policy.actions import Action
from services.dunning.policy.document import Path
from services.dunning.policy.model import Pack, Step

StepAt = tuple[Path, Step]


def steps_at(pack: Pack) -> list[StepAt]:
    """List every step with its place in the file, tracks included."""
    usual: list[StepAt] = [(("steps", i), step) for i, step in enumerate(pack.steps)]
    return usual + [
        (("tracks", t, "steps", i), step)
        for t, track in enumerate(pack.tracks)
        for i, step in enumerate(track.steps)
    ]


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


def _walk(path: Path, actions: tuple[Action, ...]) -> Iterator[tuple[Path, Action]]:
    for i, action in enumerate(actions):
        here = (*path, i)
        yield here, action
        if action.approval:
            yield from _walk((*here, "approval", "then"), action.approval.then)
