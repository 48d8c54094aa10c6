"""Parts of the format that no case carries out yet; a pack that uses one is refused, never half
followed.
"""

from collections.abc import Iterator

from services.dunning.policy.actions import Alert, Approval, Report, Task
from services.dunning.policy.model import CalendarEntry, Pack
from services.dunning.policy.parts import Path
from services.dunning.policy.vocabulary import REPORTS
from services.dunning.policy.walk import actions_at

_OF_A_CREDITOR = (Task, Report, Alert, Approval)
_TEXT = "is part of the format, but this version does not carry it out"
Found = Iterator[tuple[Path, str]]


def unsupported(pack: Pack) -> Found:
    """Walk what the pack asks for and nothing would do."""
    for i, entry in enumerate(pack.calendar):
        yield from _entry(("calendar", i), entry)
    yield from _actions(pack)


def _entry(here: Path, entry: CalendarEntry) -> Found:
    for i, action in enumerate(entry.do):
        place = (*here, "do", i, action.key)
        if entry.scope == "creditor" and not isinstance(action, _OF_A_CREDITOR):
            yield place, f"for a creditor {_TEXT}"
        if entry.scope == "segments" and not isinstance(action, Task):
            yield place, f"for a segment {_TEXT}"


def _actions(pack: Pack) -> Found:
    for path, action in actions_at(pack):
        if isinstance(action, Report):
            yield from _report(pack, path, action.name)


def _report(pack: Pack, path: Path, name: str) -> Found:
    if path[0] != "calendar" or pack.calendar[int(path[1])].scope != "creditor":
        yield (*path, "report"), "belongs to a monthly entry of the creditor"
    elif name not in REPORTS:
        yield (*path, "report", "name"), f"no report {name!r}; there are: {', '.join(REPORTS)}"
