"""Taking an erased person's messages off the bus, once every reader is past them."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
from asyncpg import Connection

from chassis.bus.base import Bus, Record
from chassis.errors import Transient
from chassis.logging import get_logger
from chassis.store.pool import acquire
from contracts.words.streams import key_of

log = get_logger(__name__)

_ERASED_KEYS = "select creditor, account from subject_keys where wrapped is null"
_QUEUE = """
insert into forget_queue values ($1, $2, $3, $4)
on conflict (topic, lane, key) do update
set before = greatest(forget_queue.before, excluded.before)"""
# What the newest backup has not read stays for as long as somebody may restore it.
_WAITING = """
select topic, lane, key, before from forget_queue q
where not exists (
  select 1 from backed_up b where b.topic = q.topic and b.lane = q.lane
    and b.next_offset < q.before and b.at > clock_timestamp() - make_interval(days => $1))
order by topic, lane, key"""
BACKUP_DAYS_MAX = 31
"""An erasure waits for the next backup no longer than this."""
_DONE = "delete from forget_queue where topic = $1 and lane = $2 and key = $3 and before = $4"


async def erased_keys(connection: Connection) -> set[bytes]:
    """The message keys of all erased debtors."""
    rows = await connection.fetch(_ERASED_KEYS)
    return {key_of(creditor, account).encode() for creditor, account in rows}


async def queue(connection: Connection, records: Sequence[Record]) -> None:
    """Have all messages of these records' keys taken off the bus, up to each key's last record."""
    last = {(record.topic, record.partition, record.key): record.offset + 1 for record in records}
    for place, before in last.items():
        await connection.execute(_QUEUE, *place, before)


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
            for topic, lane, key, before in await connection.fetch(_WAITING, BACKUP_DAYS_MAX):
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
