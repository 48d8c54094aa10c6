"""Parts of the format that no case carries out yet; a pack that uses one is refused, never half
followed.
"""

from collections.abc import Iterator

from services.dunning.policy.document import Path
from services.dunning.policy.model import CalendarEntry, Pack
from services.dunning.policy.vocabulary import REPORTS
from services.dunning.policy.walk import actions_at

_CREDITOR_DEEDS = ("task", "report", "alert", "approval")
_TEXT = "is part of the format, but this version does not carry it out"
Found = Iterator[tuple[Path, str]]


def unsupported(pack: Pack) -> Found:
    """Walk what the pack asks for and nothing would do."""
    for i, entry in enumerate(pack.calendar):
        yield from _entry(("calendar", i), entry)
    yield from _actions(pack)


def _entry(here: Path, entry: CalendarEntry) -> Found:
    for i, action in enumerate(entry.do):
        place = (*here, "do", i, action.kind)
        if entry.scope == "creditor" and action.kind not in _CREDITOR_DEEDS:
            yield place, f"for a creditor {_TEXT}"
        if entry.scope == "segments" and action.kind != "task":
            yield place, f"for a segment {_TEXT}"


def _actions(pack: Pack) -> Found:
    for path, action in actions_at(pack):
        if action.report:
            yield from _report(pack, path, action.report.name)


def _report(pack: Pack, path: Path, name: str) -> Found:
    if path[0] != "calendar" or pack.calendar[int(path[1])].scope != "creditor":
        yield (*path, "report"), "belongs to a monthly entry of the creditor"
    elif name not in REPORTS:
        yield (*path, "report", "name"), f"no report {name!r}; there are: {', '.join(REPORTS)}"
