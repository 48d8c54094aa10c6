"""Whoever is restricted or taken to court was told before (rights: notice comes first)."""

from collections.abc import Iterator

from services.dunning.policy.actions import Action, Legal, Notice, Restrict, Task, following
from services.dunning.policy.conditions import AllOf, AnyOf, Condition, NoticeDelivered, NoticeSent
from services.dunning.policy.model import Pack, Reaction, Step
from services.dunning.policy.parts import Path
from services.dunning.policy.triggers import (
    OnApplication,
    OnApproval,
    OnDispute,
    OnPlan,
    OnPromise,
    OnTask,
    single_triggers,
)
from services.dunning.policy.vocabulary import CONTACT_TASKS
from services.dunning.policy.walk import parts_at

Found = Iterator[tuple[Path, str]]
_TELLING = CONTACT_TASKS | {"serve_notice"}
"""Tasks in which a person tells the debtor."""
_KNOWING = (OnDispute, OnApplication, OnPlan, OnPromise, OnApproval, OnTask)
"""Triggers that tell that the debtor, who did something or was seen, knows of the case."""
_TEXT = "no notice comes before this: the debtor would not have been told"


def severe_faults(pack: Pack) -> Found:
    """Walk restrictions and legal documents that no notice goes before."""
    yield from _in_order(("steps",), pack.steps, told=False)
    # A case that is put on a track was on the usual steps before.
    told = any(_tells(step.do) for step in pack.steps)
    for t, track in enumerate(pack.tracks):
        yield from _in_order(("tracks", t, "steps"), track.steps, told=told)
    for path, part in parts_at(pack):
        knows = isinstance(part, Reaction) and (
            all(isinstance(one, _KNOWING) for one in single_triggers(part.on))
            or _asked_for(part.if_)
        )
        yield from _severe((*path, "do"), part.do, told=knows)
    if pack.limitation:
        yield from _severe(("limitation", "near"), pack.limitation.near, told=False)
        yield from _severe(("limitation", "expired"), pack.limitation.expired, told=False)


def _in_order(place: Path, steps: tuple[Step, ...], *, told: bool) -> Found:
    for i, step in enumerate(steps):
        yield from _severe((*place, i, "do"), step.do, told=told or _asked_for(step.if_))
        told = told or _tells(step.do)


def _severe(place: Path, actions: tuple[Action, ...], *, told: bool) -> Found:
    for i, action in enumerate(actions):
        knows = told or _asked_for(action.if_)
        if isinstance(action, Restrict | Legal) and not knows:
            yield (*place, i, action.key), _TEXT
        told = told or _tells((action,))
        then = (*place, i, action.key, "then")
        yield from _severe(then, following(action), told=knows or _tells((action,)))


def _tells(actions: tuple[Action, ...]) -> bool:
    return any(
        isinstance(action, Notice) or (isinstance(action, Task) and action.kind in _TELLING)
        for action in actions
    )


def _asked_for(condition: Condition | None) -> bool:
    """Whether the condition itself asks that a notice was sent."""
    match condition:
        case NoticeSent() | NoticeDelivered():
            return True
        case AllOf(all=parts):
            return any(map(_asked_for, parts))
        case AnyOf(any=parts):
            return all(map(_asked_for, parts))
        case _:
            return False
