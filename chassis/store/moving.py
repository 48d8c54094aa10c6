"""Moving a lane from one database of a service to another, a step at a time.

1. It is marked as leaving in the source: the instance that holds it gives it back.
2. Its epoch is raised: nobody writes in it any more, not even who was stopped in the middle.
3. In the target, what the source has of it is written and the lane handed over, in one transaction.
4. In the source, what is left of it is taken away.

Whoever was cut off goes on with the first step that is not done: the lane is handed over when the
target's epoch is above the source's, which no longer changes.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import asyncpg
from asyncpg import Connection

from chassis.errors import Misconfigured, Transient
from chassis.store import elsewhere, lane_rows
from chassis.store.packing import NEWEST
from chassis.store.wrapping import Master

_STANDING = """
select lane, epoch, owner, elsewhere, elsewhere_at, is_leaving from lanes where lane = $1"""
_MARK = """
update lanes set elsewhere = $2, elsewhere_at = $3, is_leaving = true
where lane = $1 and elsewhere is null"""
_UNMARK = """
update lanes set elsewhere = null, elsewhere_at = null, is_leaving = false
where lane = $1 and is_leaving"""
_FREEZE = "update lanes set owner = null, epoch = epoch + 1 where lane = $1 returning epoch"
_HAND_OVER = """
update lanes set elsewhere = null, elsewhere_at = null, owner = null, epoch = $2
where lane = $1 and elsewhere is not null"""
_GONE = "update lanes set is_leaving = false where lane = $1"
_TELL = "select pg_notify('arrears_lanes_' || current_schema(), '')"
_NOW = "select clock_timestamp()"
_KNOW = """
select not exists (
  select from members
  where seen_at > clock_timestamp() - make_interval(secs => $2) and seen_at < $1)"""
_OF_OTHER_VERSION = """
select instance from members
where seen_at > clock_timestamp() - make_interval(secs => $1)
  and (minds_elsewhere is null or packing is distinct from $2) limit 1"""
_UNDIVIDED = """
select stream from state where split_part(stream, '-', 1) = any($1::text[]) limit 1"""
_LAST_POSITION = "select last_value from events_position"
_NOT_LONG = "set local lock_timeout = '2s'"
_NO_WRITERS = "lock table events in share row exclusive mode"
_ADVANCE = """
select setval('events_position', $1) where $1 > (select last_value from events_position)"""
_IS_APART = "select exists (select from lanes where elsewhere is not null and not is_leaving)"
_KNOWN_SECONDS = 1.0
"""A clock may be read that much before what was committed can be seen."""
_LOOK_SECONDS = 0.05
_PAUSE_SECONDS = 1.0
_ATTEMPTS = 60


@dataclass(frozen=True)
class Move:
    """From one store to another: their connections, each in its schema, without time-outs.

    `at` is how people call the target, `views` are the tables of the views, `undivided` the kinds
    of streams that no lane has alone, `master` is the key-encryption key. `probe` is called between
    the steps.
    """

    source: Connection
    target: Connection
    place: str
    at: str
    views: Sequence[str]
    undivided: frozenset[str]
    lease_seconds: float
    master: Master
    probe: Callable[[str], None]

    async def require_divisible(self) -> None:
        """Raise `Misconfigured` where the source has a stream that belongs to all lanes."""
        found = await self.source.fetchval(_UNDIVIDED, sorted(self.undivided))
        if found is not None:
            raise Misconfigured(
                f"{found} belongs to all lanes: they stay in one database (a cash desk and the "
                "sources of a creditor are such)"
            )

    async def mark(self, lanes: Sequence[int]) -> None:
        """Step 1: say where the lanes are going, and wait until their holders have let go or are
        taken for lost; raises `Misconfigured` where one cannot go.
        """
        was_apart = await self.source.fetchval(_IS_APART)
        leaving = [lane for lane in lanes if await self._mark(lane)]
        await self.source.execute(_TELL)
        self.probe("move.marked")
        since = await self.source.fetchval(_NOW)
        try:
            if not was_apart:  # whoever came since then looked first
                await self._until_all_know(since)
            await self.require_divisible()
        except BaseException:
            await self._stay(leaving)
            raise
        await self._until_given_back(lanes)

    async def carry(self, lane: int) -> None:
        """Steps 2 to 4, or what is left of them."""
        here, there = await standing(self.source, lane), await standing(self.target, lane)
        if not here.is_leaving:
            return
        if here.epoch >= there.epoch:
            try:
                await self._hand_over(lane)
            except Misconfigured:  # by us, and before the commit
                await self._stay([lane])
                raise
        self.probe("move.handed_over")
        async with self.source.transaction():
            await lane_rows.remove(self.source, lane, self.views)
            await self.source.execute(_GONE, lane)
            self.probe("move.removed")
        self.probe("move.done")

    async def _mark(self, lane: int) -> bool:
        here, there = await standing(self.source, lane), await standing(self.target, lane)
        if here.elsewhere is None:
            if there.elsewhere is None:
                raise Misconfigured(f"both databases say that lane {lane} is theirs")
            if there.is_leaving:
                raise Misconfigured(
                    f"lane {lane} came from there, and that move is not done: let it end first"
                )
            await self.source.execute(_MARK, lane, self.place, self.at)
            return True
        if here.elsewhere != self.place:
            raise Misconfigured(f"lane {lane} is in another database: {here.elsewhere_at}")
        return here.is_leaving and here.epoch >= there.epoch

    async def _stay(self, lanes: Sequence[int]) -> None:
        """Let lanes that were not handed over stay where they are."""
        for lane in lanes:
            await self.source.execute(_UNMARK, lane)
        await self.source.execute(_TELL)

    async def _until_all_know(self, since: object) -> None:
        """Wait until every instance has looked at the lanes since they were marked: from then on
        none writes a stream that all lanes share.
        """
        await asyncio.sleep(_KNOWN_SECONDS)
        for _ in range(int(2 * self.lease_seconds / _LOOK_SECONDS) + 1):
            if await self.source.fetchval(_KNOW, since, self.lease_seconds):
                return
            await asyncio.sleep(_LOOK_SECONDS)
        raise Transient("an instance does not look at the lanes, and lives: call this again")

    async def _until_given_back(self, lanes: Sequence[int]) -> None:
        for _ in range(int(self.lease_seconds / _LOOK_SECONDS) + 1):
            found = [await standing(self.source, lane) for lane in lanes]
            if all(one.owner is None or not one.is_leaving for one in found):
                return
            await asyncio.sleep(_LOOK_SECONDS)

    async def _hand_over(self, lane: int) -> None:
        epoch = await self.source.fetchval(_FREEZE, lane)
        self.probe("move.frozen")
        await self._advance()
        async with (
            self.source.transaction(isolation="repeatable_read"),
            self.target.transaction(),
        ):
            await lane_rows.carry(self.source, self.target, lane, self.views, self.master)
            await self.target.execute(_HAND_OVER, lane, epoch + 1)
            await self.target.execute(_TELL)
            self.probe("move.carried")

    async def _advance(self) -> None:
        """Have the target give positions above all that the source gave; nobody draws one
        meanwhile. Who writes there waits for as long as this does, so it is not long.
        """
        last = await self.source.fetchval(_LAST_POSITION)
        for _ in range(_ATTEMPTS):
            with suppress(asyncpg.LockNotAvailableError):
                async with self.target.transaction():
                    await self.target.execute(_NOT_LONG)
                    await self.target.execute(_NO_WRITERS)
                    await self.target.execute(_ADVANCE, last)
                return
            await asyncio.sleep(_PAUSE_SECONDS)
        raise Transient("somebody writes to the target all the time: call this again")


async def standing(connection: Connection, lane: int) -> elsewhere.Standing:
    """Where a store says that a lane is; raises `Misconfigured` for one it does not have."""
    row = await connection.fetchrow(_STANDING, lane)
    if row is None:
        raise Misconfigured(f"there is no lane {lane}")
    return elsewhere.Standing(*row)


_META = """
select epoch, partitions, key_check, next_key_check, pseudonyms, state_forms, restoring
from store_meta"""
_ADOPT = """
update store_meta
set epoch = $1, partitions = $2, key_check = $3, state_forms = $4, pseudonyms = $5"""
_EPOCHS = "select from_position, epoch from epochs order by 1"
_TOPICS = "select topic, topic_id from topics order by 1"
_SEED = """
insert into lanes (lane, elsewhere, elsewhere_at)
select lane, coalesce(elsewhere, $2), coalesce(elsewhere_at, $3)
from unnest($1::int[], $4::text[], $5::text[]) l (lane, elsewhere, elsewhere_at)"""


async def require_this_version(connection: Connection, lease_seconds: float) -> None:
    """Raise `Misconfigured` while an instance of another version is running on a store: it would
    take lanes that are elsewhere, or not read what comes from there.
    """
    found = await connection.fetchval(_OF_OTHER_VERSION, lease_seconds, NEWEST)
    if found is not None:
        raise Misconfigured(
            f"instance {found} is of another version: let this one replace it everywhere first"
        )


async def make_alike(source: Connection, target: Connection, source_at: str) -> None:
    """Make a store that was never started another database of the same service, which holds no
    lane yet; raises `Misconfigured` where it is another service's, or of another version.
    """
    theirs, ours = await target.fetchrow(_META), await source.fetchrow(_META)
    if ours["restoring"] or theirs["restoring"]:
        raise Misconfigured("one of the two is being restored")
    if ours["next_key_check"] or theirs["next_key_check"]:
        raise Misconfigured("the key-encryption key is being changed: let that end first")
    if ours["partitions"] is None:
        raise Misconfigured("the store was never started: there is nothing to move")
    if theirs["partitions"] is None:
        await _adopt(source, target, ours, source_at)
        return
    for name in ("epoch", "partitions", "key_check", "state_forms"):
        if ours[name] != theirs[name]:
            raise Misconfigured(
                f"the two databases are not of one service and version: they differ in {name}"
            )
    for query in (_EPOCHS, _TOPICS):
        if await source.fetch(query) != await target.fetch(query):
            raise Misconfigured("the two databases do not know the same epochs and topics")


async def _adopt(
    source: Connection, target: Connection, meta: Mapping[str, object], source_at: str
) -> None:
    names = "epoch", "partitions", "key_check", "state_forms", "pseudonyms"
    found = await elsewhere.lanes(source, await source.fetchval("select current_schema()"))
    async with target.transaction():
        await target.execute(_ADOPT, *(meta[name] for name in names))
        await target.executemany(
            "insert into epochs (from_position, epoch) values ($1, $2)",
            [tuple(row) for row in await source.fetch(_EPOCHS)],
        )
        await target.executemany(
            "insert into topics (topic, topic_id) values ($1, $2)",
            [tuple(row) for row in await source.fetch(_TOPICS)],
        )
        await target.execute(
            _SEED,
            [one.lane for one in found],
            await elsewhere.place(source),
            source_at,
            [one.elsewhere for one in found],
            [one.elsewhere_at for one in found],
        )
