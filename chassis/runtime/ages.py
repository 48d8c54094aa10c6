"""For how long what is not consumed has been waiting, from what was seen of where a topic ends."""

from collections.abc import Callable
from typing import NamedTuple

from chassis.runtime.watchdog import Place

_MARKS_MAX = 500


class Mark(NamedTuple):
    """Where a topic ended when somebody looked."""

    at: float
    end: int


class Ages:
    """Remembers of each place when it was first seen to end behind where it stands.

    A bus that dates its messages says more: what came before this instance, too.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._marks: dict[Place, list[Mark]] = {}

    def look(self, place: Place, position: int, end: int) -> float:
        """How many seconds ago the first message behind a position was seen, at most: 0 for one
        that came since the last look.
        """
        now = self._monotonic()
        marks = [mark for mark in self._marks.get(place, ()) if mark.end > position]
        if end > position and (not marks or end > marks[-1].end):
            marks[_MARKS_MAX - 1 :] = [Mark(now, end)]
        self._marks[place] = marks
        return now - marks[0].at if marks else 0.0

    def forget_all_but(self, places: set[Place]) -> None:
        """Lanes that are somebody else's now have no age here."""
        self._marks = {place: marks for place, marks in self._marks.items() if place in places}
