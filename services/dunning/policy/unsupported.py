"""Parts of the format that no case carries out yet; a pack that uses one is refused, never half
followed.
"""

from collections.abc import Iterator

from services.dunning.policy.document import Path
from services.dunning.policy.model import Pack

_SECTIONS = ("grading", "limitation", "commission", "decisions", "credit", "cash_desk", "kpi")
_TEXT = "is part of the format, but this version does not carry it out"


def unsupported(pack: Pack) -> Iterator[tuple[Path, str]]:
    """Walk what the pack asks for and nothing would do."""
    for name in _SECTIONS:
        if getattr(pack, name):
            yield (name,), _TEXT
    for i, entry in enumerate(pack.calendar):
        here: Path = ("calendar", i)
        if entry.scope == "segments":
            yield (*here, "scope"), f"`segments` {_TEXT}"
        if entry.where == "mandate":
            yield (*here, "where"), f"`mandate` {_TEXT}"
        if entry.if_ not in (None, "any_overdue"):
            yield (*here, "if"), f"`{entry.if_}` {_TEXT}"
        for j, action in enumerate(entry.do):
            if entry.scope == "creditor" and action.kind not in ("task", "report", "alert"):
                yield (*here, "do", j, action.kind), f"for a creditor {_TEXT}"
            if entry.scope == "accounts" and action.kind == "report":
                yield (*here, "do", j, action.kind), f"for an account {_TEXT}"
    for i, reaction in enumerate(pack.reactions):
        for name in ("invoice", "limitation"):
            if getattr(reaction.on, name):
                yield ("reactions", i, "on", name), _TEXT
    yield from _actions(pack)


def _actions(pack: Pack) -> Iterator[tuple[Path, str]]:
    from services.dunning.policy.validate import actions_at

    for path, action in actions_at(pack):
        if action.direct_debit:
            yield (*path, "direct_debit"), _TEXT
        if action.task and action.task.repeat:
            yield (*path, "task", "repeat"), _TEXT
        if action.task and action.task.owner == "responsible":
            yield (*path, "task", "owner"), f"`responsible` {_TEXT}"
