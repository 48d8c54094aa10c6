"""Where the time comes from: nothing in Arrears asks the operating system directly."""

from datetime import UTC, datetime
from typing import Protocol

from chassis.errors import BrokenInvariant


class Clock(Protocol):
    """Tells the present instant."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class WallClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)


class SimulatedClock:
    """A clock that stands still until it is set, for scenarios, simulations and tests."""

    def __init__(self, start: datetime) -> None:
        """Start at an aware instant; raises BrokenInvariant for a naive one."""
        self._now = _in_utc(start)

    def now(self) -> datetime:
        """The instant last set, aware, in UTC."""
        return self._now

    def set(self, to: datetime) -> None:
        """Move forward to an aware instant; raises BrokenInvariant for one in the past."""
        target = _in_utc(to)
        if target < self._now:
            raise BrokenInvariant(
                f"the clock cannot go back from {self._now.isoformat()} to {target.isoformat()}"
            )
        self._now = target


def _in_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise BrokenInvariant(f"an instant without a time zone: {instant.isoformat()}")
    return instant.astimezone(UTC)
