"""Whoever is restricted or taken to court was told before (rights: notice comes first)."""

from collections.abc import Iterator

from services.dunning.policy.actions import Action
from services.dunning.policy.conditions import Condition, Trigger
from services.dunning.policy.document import Path
from services.dunning.policy.model import Pack, Step
from services.dunning.policy.vocabulary import CONTACT_TASKS

Found = Iterator[tuple[Path, str]]
_TELLING = CONTACT_TASKS | {"serve_notice"}
"""Tasks in which a person tells the debtor."""
_TEXT = "no notice comes before this: the debtor would not have been told"


def severe_faults(pack: Pack) -> Found:
    """Walk restrictions and legal documents that no notice goes before."""
    yield from _in_order(("steps",), pack.steps, told=False)
    # A case that is put on a track was on the usual steps before.
    told = any(_tells(step.do) for step in pack.steps)
    for t, track in enumerate(pack.tracks):
        yield from _in_order(("tracks", t, "steps"), track.steps, told=told)
    for name in ("before_due", "calendar"):
        for i, part in enumerate(getattr(pack, name)):
            yield from _severe((name, i, "do"), part.do, told=False)
    for i, reaction in enumerate(pack.reactions):
        told = _knows(reaction.on) or _asked_for(reaction.if_)
        yield from _severe(("reactions", i, "do"), reaction.do, told=told)
    if pack.limitation:
        yield from _severe(("limitation", "near"), pack.limitation.near, told=False)
        yield from _severe(("limitation", "expired"), pack.limitation.expired, told=False)


def _in_order(place: Path, steps: tuple[Step, ...], *, told: bool) -> Found:
    for i, step in enumerate(steps):
        yield from _severe((*place, i, "do"), step.do, told=told or _asked_for(step.if_))
        told = told or _tells(step.do)


def _severe(place: Path, actions: tuple[Action, ...], *, told: bool) -> Found:
    for i, action in enumerate(actions):
        severe = "restrict" if action.restrict else "legal" if action.legal else None
        if severe and not told and not _asked_for(action.if_):
            yield (*place, i, severe), _TEXT
        if action.approval:
            here = (*place, i, "approval", "then")
            yield from _severe(here, action.approval.then, told=told or _asked_for(action.if_))
        told = told or _tells((action,))


def _tells(actions: tuple[Action, ...]) -> bool:
    return any(a.notice or (a.task and a.task.kind in _TELLING) for a in actions)


def _asked_for(condition: Condition | None) -> bool:
    """Whether the condition itself asks that a notice was sent."""
    return condition is not None and bool(condition.notice_sent or condition.notice_delivered)


def _knows(on: Trigger) -> bool:
    """Whether the debtor, who did something or was seen, knows of the case by then."""
    return bool(on.dispute or on.application or on.plan or on.promise or on.approval or on.task)
