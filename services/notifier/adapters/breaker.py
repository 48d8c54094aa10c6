"""Leaving a gateway alone for a while after failures in a row."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifier.domain.commands import AttemptResult


@dataclass
class Breaker:
    """Counts failures in a row; a success closes it, one more failure after the pause opens it."""

    failures_max: int
    pause: timedelta
    failures: int = 0
    open_until: datetime | None = None

    def blocked_until(self, now: datetime) -> datetime | None:
        """Until when nothing is handed to the gateway; `None` when it may be used."""
        if self.open_until is not None and now < self.open_until:
            return self.open_until
        return None

    def note(self, result: AttemptResult, now: datetime) -> None:
        """Learn from an answer: a refusal is an answer too, silence is not."""
        if result.outcome in ("accepted", "refused"):
            self.failures, self.open_until = 0, None
            return
        self.failures += 1
        if self.failures >= self.failures_max:
            self.open_until = now + self.pause
