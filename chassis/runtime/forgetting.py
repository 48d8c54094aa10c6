"""Taking an erased person's messages off the bus, once every reader is past them."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from chassis.bus.base import Bus
from chassis.errors import Transient
from chassis.logging import get_logger
from chassis.store.pool import acquire

log = get_logger(__name__)

_WAITING = "select topic, lane, key, before from forget_queue order by topic, lane, key"
_DONE = "delete from forget_queue where topic = $1 and lane = $2 and key = $3 and before = $4"


@dataclass
class Forgetting:
    """Works off the queue that the consumer of an erasure filled in the same transaction."""

    pool: "asyncpg.Pool[asyncpg.Record]"
    bus: Bus
    readers: Sequence[str]

    async def run(self) -> int:
        """Forget what can be forgotten now; what some reader has yet to read stays queued."""
        if not self.readers:
            return 0
        async with acquire(self.pool) as connection:
            done, groups = 0, [group_of(reader) for reader in self.readers]
            for topic, lane, key, before in await connection.fetch(_WAITING):
                try:
                    await self.bus.forget(topic, lane, key, before, groups)
                except Transient as error:
                    log.info("erasure_waits", topic=topic, lane=lane, error=error)
                    continue
                await connection.execute(_DONE, topic, lane, key, before)
                done += 1
            return done


def group_of(service: str) -> str:
    """The name under which a service reports how far it has read."""
    return f"arrears-{service}"
