"""When a worker that does something every so often does it again."""

from datetime import datetime, timedelta


def is_due(at: datetime | None, now: datetime, every: timedelta) -> bool:
    """Whether an instant has come; also when the clock was set back behind the one it came from."""
    return at is None or now >= at or now < at - every
