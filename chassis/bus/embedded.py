"""The bus as a log in PostgreSQL: one machine needs no broker."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from msgspec import msgpack

from chassis import postgres
from chassis.bus.base import OffsetLost, Outgoing, Reader, require_fitting
from chassis.bus.embedded_faults import transient_faults
from chassis.bus.embedded_reader import EmbeddedReader
from chassis.bus.embedded_schema import in_schema, require_this_version
from chassis.bus.embedded_wake import Waker
from chassis.errors import BrokenInvariant, Misconfigured, Transient
from contracts.words.streams import subject_of_key

_ADD_TOPICS = """
insert into {schema}.topics (topic, partitions) select unnest($1::text[]), $2
on conflict do nothing
"""
_ADD_PARTITIONS = """
insert into {schema}.partitions (topic, partition)
select topic, generate_series(0, partitions - 1) from {schema}.topics where topic = any($1)
on conflict do nothing
"""
_GROW = "update {schema}.topics set partitions = $2 where topic = any($1) and partitions < $2"
_TOPICS = "select topic, id::text, partitions from {schema}.topics where topic = any($1)"
_BOUNDS = """
select topic, partition, first_offset, next_offset from {schema}.partitions where topic = any($1)
"""
_APPEND = "select {schema}.append($1, $2, $3, $4, $5)"
# The erased record stays a CloudEvent, at its offset. Its time is when the erasure was carried out.
_FORGET = """
update {schema}.log
   set headers = $5,
       value = convert_to(json_build_object(
           'specversion', '1.0', 'id', topic || '-' || partition || '-' || "offset" || '-erased',
           'source', 'arrears/bus', 'type', 'arrears.erased',
           'creditor', $6::text, 'subject', $7::text,
           'time', to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
           'datacontenttype', 'application/json', 'data', json_build_object())::text, 'UTF8')
 where topic = $1 and partition = $2 and key = $3 and "offset" < $4
"""
_READ = """
insert into {schema}.readings as r (reader, topic, partition, next_offset)
select $1, * from unnest($2::text[], $3::integer[], $4::bigint[])
on conflict (reader, topic, partition) do update set next_offset = excluded.next_offset
"""
_PAST = """
select reader from {schema}.readings where topic = $1 and partition = $2 and next_offset >= $3
"""
_READ_BY_ALL = """
select p.topic, p.partition, min(r.next_offset)
  from {schema}.partitions p
  join unnest($1::text[], $2::text[]) as w(topic, reader) using (topic)
  left join {schema}.readings r
    on (r.topic, r.partition, r.reader) = (p.topic, p.partition, w.reader)
 group by p.topic, p.partition, p.first_offset
having count(r.reader) = count(*) and min(r.next_offset) > p.first_offset
"""
_TRIM = """
update {schema}.partitions set first_offset = greatest(first_offset, least($3, next_offset))
 where topic = $1 and partition = $2
returning first_offset
"""
_DROP = """
delete from {schema}.log where ctid = any(array(
    select ctid from {schema}.log
     where topic = $1 and partition = $2 and "offset" < $3 order by "offset" limit $4))
"""
_AT_ONCE = 2_000
_TOMBSTONE_HEADERS = msgpack.encode([("content-type", b"application/cloudevents+json")])


class EmbeddedBus:
    """A `Bus` whose topics are rows of one schema; many processes may share it.

    Give it a DSN, and it keeps a pool of its own, or a running pool, of which it holds one
    connection for LISTEN until `stop`.
    """

    def __init__(
        self, pool_or_dsn: asyncpg.Pool | str, schema: str = "bus", partitions: int = 4
    ) -> None:
        self.partitions = partitions
        self._schema = schema
        self._source = pool_or_dsn
        self._running: asyncpg.Pool | None = None
        self._waker = Waker(self._listening_connection, schema)

    async def start(self) -> None:
        """Start listening; raises `WrongSchema` for a schema that is not laid out for this."""
        if self._running is not None:
            return
        with transient_faults():
            pool = self._source
            if isinstance(pool, str):
                pool = await postgres.create_pool(
                    pool, min_size=1, max_size=8, command_timeout=60, reset=postgres.leave_clean
                )
            self._running = pool
            async with pool.acquire() as connection:
                await require_this_version(connection, self._schema)
        self._waker.start()

    async def stop(self) -> None:
        """Stop listening and close the pool if it is the bus's own."""
        await self._waker.stop()
        pool, self._running = self._running, None
        if pool is not None and isinstance(self._source, str):
            pool.terminate()

    async def ensure_topics(self, topics: Sequence[str]) -> None:
        """See `Bus.ensure_topics`."""
        names = sorted(set(topics))
        with transient_faults():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(self._sql(_ADD_TOPICS), names, self.partitions)
                await connection.execute(self._sql(_ADD_PARTITIONS), names)
                rows = await connection.fetch(self._sql(_TOPICS), names)
        self._require_fitting(rows)

    async def grow_topics(self, topics: Sequence[str]) -> None:
        """See `Bus.grow_topics`."""
        names = sorted(set(topics))
        with transient_faults():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(self._sql(_GROW), names, self.partitions)
                await connection.execute(self._sql(_ADD_PARTITIONS), names)
                rows = await connection.fetch(self._sql(_TOPICS), names)
        self._require_fitting(rows)

    def _require_fitting(self, rows: Sequence[Any]) -> None:
        for topic, _, partitions in rows:
            if partitions != self.partitions:
                raise Misconfigured(
                    f"topic {topic} has {partitions} partitions, the settings say "
                    f"{self.partitions}; `arrears partitions` adds some, none can be taken away"
                )

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """See `Bus.publish`; here it is all or nothing."""
        if not messages:
            return
        require_fitting(messages)
        columns = (
            [m.topic for m in messages],
            [m.partition for m in messages],
            [m.key for m in messages],
            [m.value for m in messages],
            [msgpack.encode(m.headers) if m.headers else None for m in messages],
        )
        try:
            with transient_faults():
                await self._pool.execute(self._sql(_APPEND), *columns)
        except asyncpg.NoDataFoundError as error:
            raise Misconfigured(f"publishing to {_targets(messages)}: {error}") from error

    async def reader(self, positions: Mapping[tuple[str, int], int]) -> Reader:
        """See `Bus.reader`."""
        bounds = await self._bounds([topic for topic, _ in positions])
        for (topic, partition), offset in positions.items():
            if (topic, partition) not in bounds:
                raise Misconfigured(f"there is no partition {partition} of topic {topic}")
            first, end = bounds[topic, partition]
            if not first <= offset <= end:
                raise OffsetLost(topic, partition, offset)
        return EmbeddedReader(self._pool, self._schema, self._waker, positions)

    async def start_offsets(self, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        """See `Bus.start_offsets`; raises `Misconfigured` for an unknown topic."""
        return {at: first for at, (first, _) in (await self._bounds(topics)).items()}

    async def end_offsets(self, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        """See `Bus.end_offsets`; raises `Misconfigured` for an unknown topic."""
        return {at: end for at, (_, end) in (await self._bounds(topics)).items()}

    async def topic_ids(self, topics: Sequence[str]) -> dict[str, str]:
        """See `Bus.topic_ids`; raises `Misconfigured` for an unknown topic."""
        with transient_faults():
            rows = await self._pool.fetch(self._sql(_TOPICS), list(topics))
        _require_known(topics, {row["topic"] for row in rows})
        return {topic: identity for topic, identity, _ in rows}

    async def commit_info(self, group: str, positions: Mapping[tuple[str, int], int]) -> None:
        """See `Bus.commit_info`."""
        places = sorted(positions)  # one order for all, so that reports cannot deadlock
        with transient_faults():
            await self._pool.execute(
                self._sql(_READ),
                group,
                [topic for topic, _ in places],
                [partition for _, partition in places],
                [positions[place] for place in places],
            )

    async def forget(
        self, topic: str, partition: int, key: bytes, before: int, readers: Sequence[str] = ()
    ) -> None:
        """Overwrite the key's messages below `before` with tombstones that keep their offsets.

        Raises `Transient` while a reader has not come to `before`. A tombstone is a CloudEvent of
        type `arrears.erased`. PostgreSQL frees the old bytes on disk with its next vacuum.
        """
        creditor, subject = subject_of_key(key)
        where = (topic, partition, key, before)
        with transient_faults():
            rows = await self._pool.fetch(self._sql(_PAST), topic, partition, before)
        behind = sorted(set(readers) - {row["reader"] for row in rows})
        if behind:
            raise Transient(f"{', '.join(behind)} still read {topic}/{partition} below {before}")
        with transient_faults():
            await self._pool.execute(
                self._sql(_FORGET), *where, _TOMBSTONE_HEADERS, creditor, subject
            )

    async def read_by_all(self, readers: Mapping[str, Sequence[str]]) -> dict[tuple[str, int], int]:
        """See `Bus.read_by_all`."""
        pairs = [(topic, reader) for topic, all_ in readers.items() for reader in all_]
        topics, groups = [topic for topic, _ in pairs], [reader for _, reader in pairs]
        with transient_faults():
            rows = await self._pool.fetch(self._sql(_READ_BY_ALL), topics, groups)
        return {(topic, partition): before for topic, partition, before in rows}

    async def trim(self, topic: str, partition: int, before: int) -> None:
        """See `Bus.trim`. The row that publishers wait for is held for a moment alone; PostgreSQL
        frees the bytes on disk with its next vacuum.
        """
        with transient_faults():
            first = await self._pool.fetchval(self._sql(_TRIM), topic, partition, before)
            dropped = f"DELETE {_AT_ONCE}"
            while dropped == f"DELETE {_AT_ONCE}":
                dropped = await self._pool.execute(
                    self._sql(_DROP), topic, partition, first, _AT_ONCE
                )

    async def _bounds(self, topics: Sequence[str]) -> dict[tuple[str, int], tuple[int, int]]:
        with transient_faults():
            rows = await self._pool.fetch(self._sql(_BOUNDS), list(topics))
        _require_known(topics, {row["topic"] for row in rows})
        return {(topic, partition): (first, end) for topic, partition, first, end in rows}

    @property
    def _pool(self) -> asyncpg.Pool:
        if self._running is None:
            raise BrokenInvariant("the bus is used before start() or after stop()")
        return self._running

    def _sql(self, statement: str) -> str:
        return in_schema(statement, self._schema)

    async def _listening_connection(self) -> Any:
        if isinstance(self._source, str):
            return await postgres.connect(self._source, timeout=10)
        return await self._pool.acquire(timeout=10)


def _targets(messages: Sequence[Outgoing]) -> str:
    return ", ".join(sorted({f"{m.topic}/{m.partition}" for m in messages}))


def _require_known(topics: Sequence[str], known: set[str]) -> None:
    missing = sorted(set(topics) - known)
    if missing:
        raise Misconfigured(f"topics that do not exist: {', '.join(missing)}")
