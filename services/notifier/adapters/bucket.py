"""How many calls a second a gateway may get: a token bucket."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass
class Bucket:
    """Holds `burst` tokens at most and gains `rate` a second; a call takes one."""

    rate: float
    burst: int
    tokens: float = -1
    at: datetime | None = None

    def room(self, now: datetime) -> int:
        """How many calls may be made now."""
        return int(self._level(now))

    def free_at(self, now: datetime) -> datetime | None:
        """When the next call may be made; `None` when it may be made now."""
        level = self._level(now)
        if level >= 1:
            return None
        # an instant has whole microseconds: it is not to be the one just before
        return now + timedelta(seconds=(1 - level) / self.rate, microseconds=2)

    def take(self, now: datetime) -> None:
        """Count a call."""
        self.tokens, self.at = self._level(now) - 1, now

    def _level(self, now: datetime) -> float:
        if self.at is None:
            return self.burst
        gained = max(0.0, (now - self.at).total_seconds()) * self.rate
        return min(self.burst, self.tokens + gained)
