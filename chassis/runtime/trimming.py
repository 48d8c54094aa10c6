"""Letting go of messages that all have read, on a bus that keeps them until somebody does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg

from chassis.bus.base import Bus
from chassis.runtime.forgetting import BACKUP_DAYS_MAX, group_of
from chassis.store import restored
from chassis.store.offsets import Positions
from chassis.store.pool import acquire

_EVERY = timedelta(minutes=1)
_BUSY = 6_000
"""Messages since the last look with which deleting waits for a quieter minute, or an hour."""
_PUT_OFF_MAX = 60


@dataclass
class Trimming:
    """Deletes up to where everybody had read one look earlier, a minute or more ago.

    What a minute is, is up to the clock of the service: in a simulation whoever listens between two
    instants finds what was said. `readers` are all services that read each topic; without any this
    does nothing.
    """

    pool: "asyncpg.Pool[asyncpg.Record]"
    bus: Bus
    readers: Mapping[str, Sequence[str]]
    _seen: Positions = field(default_factory=dict)
    _looked: datetime | None = None
    _put_off: int = 0

    async def run(self, now: datetime) -> None:
        """Look, unless that was done within a minute, and delete what may go."""
        is_early = self._looked is not None and self._looked <= now < self._looked + _EVERY
        if not self.readers or is_early:
            return
        groups = {topic: [group_of(one) for one in all_] for topic, all_ in self.readers.items()}
        before, self._seen = self._seen, await self.bus.read_by_all(groups)
        self._looked = now
        moved = sum(at - before.get(place, at) for place, at in self._seen.items())
        if moved > _BUSY and self._put_off < _PUT_OFF_MAX:
            self._put_off += 1
            return
        self._put_off = 0
        if before:
            await self._trim(before)

    async def _trim(self, before: Positions) -> None:
        async with acquire(self.pool) as connection:
            needed = await restored.needed(connection, BACKUP_DAYS_MAX)
        for (topic, lane), at in before.items():
            here = min(at, self._seen.get((topic, lane), 0), needed.get((topic, lane), at))
            if here:
                await self.bus.trim(topic, lane, here)
