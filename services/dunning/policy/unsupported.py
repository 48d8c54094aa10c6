"""Parts of the format that no case carries out yet; a pack that uses one is refused, never half
followed.
"""

from collections.abc import Iterator

from services.dunning.policy.document import Path
from services.dunning.policy.model import CalendarEntry, Pack
from services.dunning.policy.vocabulary import REPORTS
from services.dunning.policy.walk import actions_at

_SECTIONS = ("grading", "limitation", "commission", "credit", "cash_desk", "kpi")
_TEXT = "is part of the format, but this version does not carry it out"
Found = Iterator[tuple[Path, str]]


def unsupported(pack: Pack) -> Found:
    """Walk what the pack asks for and nothing would do."""
    for name in _SECTIONS:
        if getattr(pack, name):
            yield (name,), _TEXT
    for i, entry in enumerate(pack.calendar):
        yield from _entry(("calendar", i), entry)
    for i, reaction in enumerate(pack.reactions):
        for name in ("invoice", "limitation"):
            if getattr(reaction.on, name):
                yield ("reactions", i, "on", name), _TEXT
    yield from _actions(pack)


def _entry(here: Path, entry: CalendarEntry) -> Found:
    if entry.scope == "segments":
        yield (*here, "scope"), f"`segments` {_TEXT}"
    if entry.where == "mandate":
        yield (*here, "where"), f"`mandate` {_TEXT}"
    if entry.if_ not in (None, "any_overdue"):
        yield (*here, "if"), f"`{entry.if_}` {_TEXT}"
    for i, action in enumerate(entry.do):
        place = (*here, "do", i, action.kind)
        if entry.scope == "creditor" and action.kind not in ("task", "report", "alert"):
            yield place, f"for a creditor {_TEXT}"


def _actions(pack: Pack) -> Found:
    for path, action in actions_at(pack):
        if action.direct_debit:
            yield (*path, "direct_debit"), _TEXT
        if action.task and action.task.owner == "responsible":
            yield (*path, "task", "owner"), f"`responsible` {_TEXT}"
        if action.report:
            yield from _report(pack, path, action.report.name)


def _report(pack: Pack, path: Path, name: str) -> Found:
    if path[0] != "calendar" or pack.calendar[int(path[1])].scope != "creditor":
        yield (*path, "report"), "belongs to a monthly entry of the creditor"
    elif name not in REPORTS:
        yield (*path, "report", "name"), f"no report {name!r}; there are: {', '.join(REPORTS)}"
