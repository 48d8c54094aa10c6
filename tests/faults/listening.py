"""Which messages each service handles, read from `docs/events.md`."""

from functools import cache
from pathlib import Path

_DOCUMENT = Path(__file__).parents[2] / "docs" / "events.md"


@cache
def handled(service: str) -> frozenset[str]:
    """The types that the document says the service handles."""
    found = set()
    for line in _DOCUMENT.read_text().splitlines():
        cells = line.split("|")
        if len(cells) > 4 and f"{service}: " in cells[4]:
            found.add(cells[1].strip().strip("`"))
    return frozenset(found)
