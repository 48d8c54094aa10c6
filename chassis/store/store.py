"""The event store of one service: load many streams with one query, commit everything in one
transaction.

The order of statements in a commit is part of the design: what may wait for row locks comes first
(state rows, sorted), the fence next, and the lane's advisory lock as the last thing before the
events, so that it is held only for the insert and the commit. With it, "lane L, position after p"
neither skips an event that commits late nor shows version 2 of a stream before version 1: a
stream's events are all in the lane it began in, also those that a record in another lane led to.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from asyncpg import Connection

from chassis.errors import Conflict, Misconfigured, NotFound
from chassis.store import elsewhere, entries, epochs, saving, subject_keys
from chassis.store.aggregate import Aggregate
from chassis.store.beside import Beside
from chassis.store.cached_states import STREAMS_MAX, CachedStates
from chassis.store.epochs import Epochs
from chassis.store.packing import Packing, unpacked
from chassis.store.pool import acquire
from chassis.store.stored import Stored
from chassis.store.traces import remember
from chassis.store.vault import KeyRing, pseudonym
from chassis.store.work import FEW, Entry, Work, fresh_entry
from chassis.store.wrapping import Master
from chassis.tracing.traces import Traces
from contracts.words.streams import Subject, kind_of

_VERSIONS = "select stream, version from state where stream = any($1::text[])"
_EVENT_COLUMNS = ("lane", "stream", "version", "type", "at", "cause", "data")
_STREAM = """
select stream, version, type, at, cause, data, lane, position from events
where stream = $1 and ($2::timestamptz is null or at <= $2) order by version"""
_LANE = """
select stream, version, type, at, cause, data, lane, position from events
where lane = $1 and position > $2 order by position limit $3"""
_EVENT = """
select stream, version, type, at, cause, data, lane, position from events
where stream = $1 and version = $2"""
_NEXT_WAKE = "select min(wake_at) from state where wake_at is not null"
_META = """
select epoch, partitions, to_regclass('inbox_before') is not null as has_inbox_before
from store_meta"""
_FIX_PARTITIONS = "update store_meta set partitions = $1 where partitions is null"


def _nobody_is_told(_work: Work) -> None:
    """What a store by itself does about a commit."""


def _is_whole() -> bool:
    """What a store by itself knows of its lanes."""
    return False


class Store:
    """Streams, states and keys of one service in one PostgreSQL schema.

    `few_max` is how many events are written by one call.
    """

    few_max = FEW

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        aggregates: Iterable[Aggregate[Any, Any]],
        master: Master,
        beside: Beside | None = None,
        pseudonyms: bytes = b"",
        traces: Traces | None = None,
        kept_max: int = STREAMS_MAX,
        packing: Packing | None = None,
        undivided: frozenset[str] = frozenset(),
    ) -> None:
        self.pool = pool
        self.aggregates: Mapping[str, Aggregate[Any, Any]] = {a.name: a for a in aggregates}
        self._master = master
        self.beside = beside
        self._pseudonyms = pseudonyms
        self.traces = traces
        self.cached = CachedStates(kept_max)
        self.packing = packing or Packing("")
        self.committed: Callable[[Work], None] = _nobody_is_told
        """Told of each unit of work after its commit, by whoever committed it."""
        self.undivided = undivided
        self.is_apart: Callable[[], bool] = _is_whole
        """Whether lanes are in another database: streams that all lanes share are not written then.
        """
        self.epochs = Epochs("")
        self.has_inbox_before = False

    async def open(self, partitions: int) -> None:
        """Read the store's identity; raises `Misconfigured` when it was laid out for another number
        of lanes.
        """
        async with acquire(self.pool) as connection:
            await connection.execute(_FIX_PARTITIONS, partitions)
            row = await connection.fetchrow(_META)
            self.epochs = await epochs.read(connection, row["epoch"])
        if row["partitions"] != partitions:
            raise Misconfigured(
                f"the store was laid out for {row['partitions']} partitions, not {partitions}"
            )
        self.has_inbox_before = row["has_inbox_before"]

    def begin(self, now: datetime, lane: int, *, cached: bool = False) -> Work:
        """A unit of work over nothing yet; a cached one takes the lane's kept states over."""
        work = Work(now=now, lane=lane, keys=self._ring({}))
        if cached:
            work.kept = self.cached.of(lane)
        return work

    async def load(
        self,
        connection: Connection,
        *,
        now: datetime,
        lane: int,
        streams: Iterable[str],
        subjects: Iterable[Subject] = (),
        histories: Iterable[str] = (),
    ) -> Work:
        """A unit of work over the named streams, their subjects' keys and, where asked, their
        histories.
        """
        work = self.begin(now, lane)
        await self.extend(connection, work, streams=streams, subjects=subjects, histories=histories)
        return work

    async def extend(
        self,
        connection: Connection,
        work: Work,
        *,
        streams: Iterable[str],
        subjects: Iterable[Subject] = (),
        histories: Iterable[str] = (),
    ) -> None:
        """Load more into a unit of work; what it has stays as it is."""
        known, kept = work.entries, work.kept
        cold: dict[str, None] = {}
        for stream in streams:
            if stream not in known:
                entry = kept.get(stream)
                if entry is None:
                    cold[stream] = None
                else:
                    known[stream] = entry
        wanted = list(dict.fromkeys(one for one in subjects if one not in work.keys))
        if cold or wanted:
            await self._read(connection, work, list(cold), wanted)
        for stream in histories:
            if stream not in work.histories:
                work.histories[stream] = await self.history(connection, stream)

    async def _read(
        self, connection: Connection, work: Work, cold: Sequence[str], wanted: Sequence[Subject]
    ) -> None:
        found, keys = await entries.read(connection, self.aggregates, cold, wanted)
        work.entries.update(found)
        if wanted:
            work.keys.merge(self._ring(keys))
        for stream in cold:
            if stream not in work.entries:
                work.entries[stream] = fresh_entry(self.aggregates, stream, work.lane)
        work.cold += cold

    def _ring(self, wrapped: Mapping[Subject, bytes | None]) -> KeyRing:
        return KeyRing(self._master, wrapped, self._pseudonyms, self.packing.pack)

    def pseudonym(self, text: str) -> str:
        """What stands for a text that may be personal: the same for the same, and only here."""
        return pseudonym(self._pseudonyms, text)

    async def load_beside(
        self, connection: Connection, work: Work, streams: Sequence[str], *, lock: bool
    ) -> None:
        """Load what the service keeps beside these streams, if it keeps anything."""
        if self.beside is not None and streams:
            await self.beside.load(self, connection, work, streams, lock=lock)

    async def require_unchanged(self, connection: Connection, work: Work) -> None:
        """Raise `Conflict` when a kept state that was only read is not the present one."""
        read = saving.only_read(work)
        if not read:
            return
        found = dict(await connection.fetch(_VERSIONS, list(read)))
        if any(found.get(stream, 0) != version for stream, version in read.items()):
            raise Conflict("another writer changed a state kept in memory")

    async def keys(self, connection: Connection, subjects: Iterable[Subject]) -> KeyRing:
        """The data keys of some subjects."""
        wanted = list(dict.fromkeys(subjects))
        if not wanted:
            return self._ring({})
        return self._ring(await subject_keys.wrapped(connection, wanted))

    async def save(self, connection: Connection, work: Work, views: Sequence[str] = ()) -> None:
        """Write what a unit of work changed; raises `Conflict` when somebody else wrote the same
        stream first.

        Must be the last thing before the transaction's commit. `views` as for `saving.commit`,
        where one call can write it.
        """
        if self.beside is not None and work.beside is not None:
            await self.beside.save(connection, work)
        changed = work.changed()
        if saving.is_few(work, changed, self.few_max):
            if changed or work.keys.fresh:
                await self.commit_few(connection, work, views=views)
            return
        await elsewhere.require_here(connection, work.lane)
        await subject_keys.save(connection, work.keys, work.now)
        if not changed:
            return
        self._require_divisible(changed)
        work.wake_at = await saving.save_states(connection, work.lane, changed)
        self.cached.drop(work, changed)
        await remember(connection, work)
        await self.append(connection, work)

    def is_few(self, work: Work, rows: int = 0) -> bool:
        """Whether one call can write all of this work, and so many rows of the inbox."""
        return work.beside is None and saving.is_few(work, work.changed(), self.few_max, rows)

    async def commit_few(
        self,
        connection: Connection,
        work: Work,
        consumed: saving.Consumed = saving.NOTHING,
        views: Sequence[str] = (),
    ) -> None:
        """Write what a unit of work changed by one call, which commits where no transaction is
        open; raises as `saving.commit` does.
        """
        changed = work.changed()
        self._require_divisible(changed)
        await saving.commit(connection, work, changed, consumed, views, self.packing.pack)
        self.cached.drop(work, changed)

    def _require_divisible(self, changed: Sequence[tuple[str, Entry]]) -> None:
        if self.undivided and self.is_apart():
            elsewhere.require_divisible(self.undivided, (stream for stream, _ in changed))

    async def append(self, connection: Connection, work: Work) -> None:
        """Insert the events under the locks of their lanes, which are one but for strays."""
        for lane in work.lanes():
            await self.lock_lane(connection, lane)
        pack = self.packing.pack
        records = ((*pending[:-1], pack(pending[-1])) for pending in work.pending)
        with saving.conflicts():
            await connection.copy_records_to_table(
                "events", records=records, columns=_EVENT_COLUMNS
            )

    async def lock_lane(self, connection: Connection, lane: int) -> None:
        """Make this transaction the lane's only appender until it ends."""
        await connection.execute(saving.LOCK_LANE, lane)

    async def history(
        self, connection: Connection, stream: str, until: datetime | None = None
    ) -> list[Stored]:
        """The events of a stream up to an instant, oldest first."""
        return self._decoded(await connection.fetch(_STREAM, stream, until))

    async def lane_after(
        self, connection: Connection, lane: int, position: int, limit: int
    ) -> list[Stored]:
        """The next committed events of a lane, in order: one statement, so one snapshot."""
        return self._decoded(await connection.fetch(_LANE, lane, position, limit))

    async def event(self, connection: Connection, stream: str, version: int) -> Stored:
        """One event; raises `NotFound` when the stream has none of that version."""
        rows = await connection.fetch(_EVENT, stream, version)
        if not rows:
            raise NotFound(f"{stream} has no event {version}")
        return self._decoded(rows)[0]

    def _decoded(self, rows: Sequence[Any]) -> list[Stored]:
        return [
            Stored(s, v, t, at, c, self.aggregates[kind_of(s)].readers[t](unpacked(data)), ln, p)
            for s, v, t, at, c, data, ln, p in rows
        ]

    async def next_wake(self) -> datetime | None:
        """The earliest instant at which any stream has something to do."""
        async with acquire(self.pool) as connection:
            at: datetime | None = await connection.fetchval(_NEXT_WAKE)
            return at
