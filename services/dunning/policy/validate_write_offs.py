"""Nothing is written off that no second person decided (rights: four eyes)."""

from collections.abc import Iterator

from services.dunning.policy.actions import WriteOff
from services.dunning.policy.model import Pack, Reaction
from services.dunning.policy.parts import Path
from services.dunning.policy.triggers import OnApplication, single_triggers
from services.dunning.policy.walk import actions_at, steps_at

_TEXT = (
    "nobody approves this write-off: put it under `then` of an `approval`, or in a step with "
    "`approval`"
)


def write_off_faults(pack: Pack) -> Iterator[tuple[Path, str]]:
    """Walk the write-offs that follow without an approval, or an application that was approved: who
    applies and who approves are two people.
    """
    decided = [path for path, step in steps_at(pack) if step.approval]
    decided += [
        ("reactions", i) for i, reaction in enumerate(pack.reactions) if _is_granted(reaction)
    ]
    for path, action in actions_at(pack):
        if not isinstance(action, WriteOff) or "approval" in path:
            continue
        if not any(path[: len(place)] == place for place in decided):
            yield (*path, action.key), _TEXT


def _is_granted(reaction: Reaction) -> bool:
    return all(
        isinstance(one, OnApplication) and one.outcome == "approved"
        for one in single_triggers(reaction.on)
    )
