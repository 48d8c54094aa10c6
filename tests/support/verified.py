"""What `arrears verify` says."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from arrears.verification import Verification
from chassis.settings import ServiceName, Settings


async def damage(
    settings: Settings,
    services: Sequence[ServiceName],
    place: Path,
    told: Callable[[str], None] = lambda _said: None,
    *,
    anew: bool = False,
    records: bool = False,
) -> list[str]:
    """All that is wrong with some services' stores, or with their access records alone."""
    found: list[str] = []
    now = datetime.now(UTC)
    work = Verification(settings, services, place, told, found.append, now, anew)
    faults = await (work.records() if records else work.all())
    assert faults == len(found)
    return found
