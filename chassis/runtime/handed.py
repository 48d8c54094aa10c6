"""Committed events on their way to the relay without the store: it reads there only what it was not
handed.

What is handed over says which position the lane had before it. So the relay knows whether somebody
else wrote in between, and reads the store then; the store says the truth at any time.
"""

from collections import deque
from collections.abc import Sequence
from itertools import islice

from chassis.store.stored import Stored

EVENTS_MAX = 5_000
"""Per lane; more wait in the store."""


class _Run:
    """Events of a lane without a gap, behind a position."""

    def __init__(self, before: int, events: Sequence[Stored]) -> None:
        self.before = before
        self.events = deque(events)

    @property
    def last(self) -> int:
        return self.events[-1].position if self.events else self.before


class Handed:
    """What was handed over of each lane and is not taken."""

    def __init__(self, events_max: int = EVENTS_MAX) -> None:
        self._runs: dict[int, _Run] = {}
        self._events_max = events_max

    def put(self, lane: int, before: int, events: Sequence[Stored]) -> None:
        """Hand over what was committed in a lane whose last position was `before`."""
        run = self._runs.get(lane)
        if run is not None and run.last == before:
            run.events.extend(events)
        elif run is not None and events[-1].position == run.before:  # told in another order
            run.events.extendleft(reversed(events))
            run.before = before
        elif run is None or run.last < before:
            run = self._runs[lane] = _Run(before, events)
        if len(run.events) > self._events_max:
            del self._runs[lane]

    def next(self, lane: int, position: int, size: int) -> list[Stored] | None:
        """The events of a lane behind a position, so many at most; None where only the store knows
        them.
        """
        run = self._runs.get(lane)
        if run is None:
            return None
        while run.events and run.events[0].position <= position:
            run.before = run.events.popleft().position
        return None if run.before > position else list(islice(run.events, size))

    def forget(self, lane: int) -> None:
        """Ask the store: somebody else may have written in this lane."""
        self._runs.pop(lane, None)

    def clear(self) -> None:
        """Keep nothing, as at the start."""
        self._runs.clear()

    def last(self, lane: int) -> int:
        """The last position of a lane that was handed over; 0 where nothing is kept of it."""
        run = self._runs.get(lane)
        return 0 if run is None else run.last
