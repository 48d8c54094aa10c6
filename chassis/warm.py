"""States a lane's consumer committed last, kept for its next batch instead of being read again.

They are a guess, never the truth: the version they carry is checked with every use. Whoever writes
a
stream takes the version after it, which can exist only once; what was merely read is compared
before
the commit.
"""

from collections.abc import Iterable, Mapping

from chassis.work import Entry, Work

STREAMS_MAX = 50_000
"""Per lane; about 2 KB each for an account with a handful of open items."""


class Warm:
    """The kept states of each lane, the longest known given up first."""

    def __init__(self, streams_max: int = STREAMS_MAX) -> None:
        self._lanes: dict[int, dict[str, Entry]] = {}
        self._streams_max = streams_max

    def of(self, lane: int) -> Mapping[str, Entry]:
        """What is kept of a lane."""
        return self._lanes.get(lane, {})

    def keep(self, work: Work) -> None:
        """Keep what a committed work ended with."""
        kept = self._lanes.setdefault(work.lane, {})
        for stream, entry in work.entries.items():
            if entry.aggregate.warm:
                entry.loaded_version = entry.version
                kept[stream] = entry
        for stream in list(kept)[: max(0, len(kept) - self._streams_max)]:
            del kept[stream]

    def drop(self, lane: int, changed: Iterable[tuple[str, Entry]]) -> None:
        """Give up what is being written: whoever commits it may keep it again."""
        kept = self._lanes.get(lane)
        if kept:
            for stream, _ in changed:
                kept.pop(stream, None)

    def forget(self, lane: int) -> None:
        """Give up a whole lane: it changed hands, or a work on these very entries failed."""
        self._lanes.pop(lane, None)
