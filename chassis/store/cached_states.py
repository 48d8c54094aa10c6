"""States a lane's consumer committed last, kept for its next batch instead of being read again.

They are a guess, never the truth: the version they carry is checked with every use. Whoever writes
a stream takes the version after it, which can exist only once; what was merely read is compared
before the commit.
"""

from collections.abc import Iterable
from itertools import islice

from chassis.store.work import Entry, Work

STREAMS_MAX = 50_000
"""Per lane, unless a service says otherwise; about 1 KB each for an account of the ledger with a
handful of open items.
"""
LARGE_STATES_MAX = 2_000
"""For services whose states are larger: what follows soon after, the first steps of a case, finds
them."""


class CachedStates:
    """The kept states of each lane; beyond the limit, those read from the store longest ago are
    given up.
    """

    def __init__(self, streams_max: int = STREAMS_MAX) -> None:
        self._lanes: dict[int, dict[str, Entry]] = {}
        self._streams_max = streams_max

    def of(self, lane: int) -> dict[str, Entry]:
        """What is kept of a lane."""
        return self._lanes.setdefault(lane, {})

    def keep(self, work: Work) -> None:
        """Keep what a committed work ended with; what it took from here is here already."""
        kept, entries = self.of(work.lane), work.entries
        for entry in entries.values():
            entry.loaded_version = entry.version
        for stream in work.cold:
            if entries[stream].aggregate.cached:
                kept[stream] = entries[stream]
        for stream in list(islice(kept, max(0, len(kept) - self._streams_max))):
            del kept[stream]

    def drop(self, work: Work, changed: Iterable[tuple[str, Entry]]) -> None:
        """Give up what a work writes that did not take it from here."""
        kept = self._lanes.get(work.lane)
        if kept and work.kept is not kept:
            for stream, _ in changed:
                kept.pop(stream, None)

    def forget(self, lane: int) -> None:
        """Give up a whole lane: it changed hands, or a work on these very entries failed."""
        self._lanes.pop(lane, None)
