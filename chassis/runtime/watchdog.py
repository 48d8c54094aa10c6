"""Noticing that a lane stands still although it has something to do.

It sees only what it is shown, and asks no clock of its own: `monotonic` is passed in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Step = Literal["read", "wake", "publish", "project"]

_REPEAT_SECONDS = 60.0


class Place(NamedTuple):
    """A step of a lane's round that has a position of its own; `topic` where it reads one."""

    step: Step
    lane: int
    topic: str | None = None


class Standing(NamedTuple):
    """Where a place stands, and how much is behind that."""

    position: int
    waiting: int


class Stall(NamedTuple):
    """A place that did not move for a number of seconds although something waits; `is_told` when
    that was told before.
    """

    place: Place
    standing: Standing
    seconds: float
    is_told: bool = False

    def sentence(self) -> str:
        """What stands still, for people."""
        place, (position, waiting), seconds = self.place, self.standing, int(self.seconds)
        said = {
            "read": f"{place.topic} is read no further than offset {position}",
            "wake": "wake-ups that are due do not fire",
            "publish": f"events behind position {position} are not published",
            "project": f"events behind position {position} are not in the views",
        }[place.step]
        return f"lane {place.lane}: {said} for {seconds} s, {waiting} wait"


@dataclass
class Watchdog:
    """Remembers since when each place stands where it is."""

    seconds: float
    monotonic: Callable[[], float]
    stalls: list[Stall] = field(default_factory=list)
    """Those of the last look."""
    looked_at: float = field(init=False)
    _since: dict[Place, tuple[int, float]] = field(default_factory=dict)
    _told: dict[Place, float] = field(default_factory=dict)
    _away_since: float | None = None

    def __post_init__(self) -> None:
        self.looked_at = self.monotonic()

    def look(self, found: Mapping[Place, Standing]) -> list[Stall]:
        """Take in where everything stands; returns the stalls to be told now, each at most once a
        minute.
        """
        now = self.looked_at = self.monotonic()
        away = 0.0 if self._away_since is None else now - self._away_since
        self._away_since = None
        before, self._since, self.stalls = self._since, {}, []
        for place, standing in found.items():
            if not standing.waiting:
                continue
            position, since = before.get(place, (standing.position, now - away))
            since = since + away if position == standing.position else now
            self._since[place] = standing.position, since
            if now - since >= self.seconds:
                self.stalls.append(Stall(place, standing, now - since, place in self._told))
        stalled = {stall.place for stall in self.stalls}
        self._told = {place: at for place, at in self._told.items() if place in stalled}
        due = [one for one in self.stalls if self._is_to_be_told(one.place, now)]
        self._told.update({stall.place: now for stall in due})
        return due

    def _is_to_be_told(self, place: Place, now: float) -> bool:
        told = self._told.get(place)
        return told is None or now - told >= _REPEAT_SECONDS

    def miss(self) -> None:
        """Count no time from here to the next look: store or bus are away, so nothing can move."""
        if self._away_since is None:
            self._away_since = self.monotonic()

    def blind_seconds(self) -> float:
        """For how long nobody could look."""
        return self.monotonic() - self.looked_at
