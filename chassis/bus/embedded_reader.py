"""Reading the embedded bus."""

import asyncio
import contextlib
import time
from collections.abc import Collection, Mapping

import asyncpg
from msgspec import msgpack

from chassis.bus.base import OffsetLost, PlainRecord, Record
from chassis.bus.embedded_faults import transient_faults
from chassis.bus.embedded_schema import in_schema
from chassis.bus.embedded_wake import Waker
from chassis.errors import BrokenInvariant

_POLL_SECONDS = 1.0
_LOOK_SECONDS = 10.0  # what is not told is found by then

# One statement, hence one snapshot, over all positions: $1 topics, $2 partitions, $3 offsets,
# $4 records, $5 bytes per partition. A position outside its partition comes first, as a row
# without a value.
FETCH = """
with wanted as (
    select * from unnest($1::text[], $2::int[], $3::bigint[]) with ordinality
               as u(topic, partition, start, ord)
)
select w.topic, w.partition, w.start as "offset", null::bytea as key, null::bytea as value,
       null::bytea as headers
  from wanted w left join {schema}.partitions p using (topic, partition)
 where w.start not between p.first_offset and p.next_offset or p.topic is null
union all
(select w.topic, w.partition, r."offset", r.key, r.value, r.headers
   from wanted w
  cross join lateral (
       select s.*
         from (select l.*, sum(octet_length(l.value)) over (order by l."offset") as bytes
                 from (select "offset", key, value, headers
                         from {schema}.log
                        where topic = w.topic and partition = w.partition and "offset" >= w.start
                        order by "offset" limit $4) l) s
        where s.bytes - octet_length(s.value) < $5
        order by s."offset") r
  order by w.ord, r."offset"
  limit $4)
"""

_HEADERS = msgpack.Decoder(tuple[tuple[str, bytes], ...])


class EmbeddedReader:
    """A `Reader` of the log in PostgreSQL."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        schema: str,
        waker: Waker,
        positions: Mapping[tuple[str, int], int],
        *,
        bytes_per_partition: int = 4 << 20,
        look_seconds: float = _LOOK_SECONDS,
    ) -> None:
        self._pool = pool
        self._fetch = in_schema(FETCH, schema)
        self._waker = waker
        self._positions = dict(positions)
        self._bytes = bytes_per_partition
        self._look_seconds = look_seconds
        self._first = 0
        self._published = asyncio.Event()
        self._quiet_until = 0.0
        self._listen()

    async def fetch(
        self, max_records: int, wait_seconds: float, without: Collection[int] = ()
    ) -> list[Record]:
        """See `Reader.fetch`."""
        deadline = time.monotonic() + wait_seconds
        while True:
            records = await self._read_unless_quiet(max_records, without)
            left = deadline - time.monotonic()
            if records or left <= 0:
                return records
            await self._wait(left)

    async def _read_unless_quiet(self, max_records: int, without: Collection[int]) -> list[Record]:
        """What comes next, without asking where the last answer was that nothing does: whatever is
        published since is told.
        """
        is_told = self._waker.connected and not self._published.is_set()
        if is_told and time.monotonic() < self._quiet_until:
            return []
        self._published.clear()
        records = await self._read(max_records, without)
        is_quiet = not records and not without
        self._quiet_until = time.monotonic() + self._look_seconds if is_quiet else 0.0
        return records

    def take(self, positions: Mapping[tuple[str, int], int]) -> None:
        """See `Reader.take`."""
        self._positions.update(positions)
        self._quiet_until = 0.0
        self._listen()

    def drop(self, partitions: Collection[int]) -> None:
        """See `Reader.drop`."""
        self._positions = {at: n for at, n in self._positions.items() if at[1] not in partitions}
        self._listen()

    async def close(self) -> None:
        """See `Reader.close`."""
        self._waker.unregister(self._published)

    def _listen(self) -> None:
        names = frozenset(f"{topic} {partition}" for topic, partition in self._positions)
        self._waker.register(self._published, names)

    async def _wait(self, seconds: float) -> None:
        if not self._waker.connected:
            seconds = min(seconds, _POLL_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._published.wait()

    def _turn(self) -> list[tuple[str, int]]:
        """The partitions, each time starting with the next: a busy one must not starve the rest."""
        names = list(self._positions)
        self._first = (self._first + 1) % max(len(names), 1)
        return names[self._first :] + names[: self._first]

    async def _read(self, max_records: int, without: Collection[int]) -> list[Record]:
        turn = [name for name in self._turn() if name[1] not in without]
        wanted = (
            [topic for topic, _ in turn],
            [partition for _, partition in turn],
            [self._positions[name] for name in turn],
        )
        with transient_faults():
            rows = await self._pool.fetch(self._fetch, *wanted, max_records, self._bytes)
        records: list[Record] = []
        positions = dict(self._positions)
        for topic, partition, offset, key, value, headers in rows:
            if value is None:
                raise OffsetLost(topic, partition, offset)
            if offset != positions[topic, partition]:
                raise BrokenInvariant(f"{topic}/{partition} goes on at {offset} after {positions}")
            positions[topic, partition] = offset + 1
            decoded = _HEADERS.decode(headers) if headers else ()
            records.append(PlainRecord(topic, partition, offset, key, value, decoded))
        self._positions = positions
        return records
