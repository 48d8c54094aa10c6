"""Who owns which lane: a row per lane whose epoch fences everybody who held it before.

An instance keeps its lanes as long as it is seen; the lease is how long it may go unseen. Its times
are the database's, not the business clock's: they order instances, not events of a case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg
from asyncpg import Connection

from chassis.errors import Transient
from chassis.store.pool import acquire

# `not exists` first: a conflict alone would wait for whoever has the row locked.
_SEED = """
insert into lanes (lane) select n from generate_series(0, $1 - 1) n
where not exists (select 1 from lanes where lane = n) on conflict do nothing"""
_SEED_RELAY = """
insert into relay (lane) select n from generate_series(0, $1 - 1) n
where not exists (select 1 from relay where lane = n) on conflict do nothing"""
_HEARTBEAT = """
insert into members (instance, seen_at) values ($1, clock_timestamp())
on conflict (instance) do update set seen_at = excluded.seen_at"""
_LEAVE = "delete from members where instance = $1"
_MEMBERS = (
    "select count(*) from members where seen_at > clock_timestamp() - make_interval(secs => $1)"
)
# A process stopped in the middle of a COPY keeps its locks whatever the time-outs say.
_EVICT = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name in (
  select format('arrears-%s-%s', current_schema(), md5(owner))
  from lanes where owner <> $1 and not exists (
    select 1 from members where instance = owner
      and seen_at > clock_timestamp() - make_interval(secs => $2)))"""
# A lane is free when nobody owns it, when its owner has not been seen for the time of a lease, or
# when it is the former self of an instance that came back under its name.
_TAKE = """
update lanes set epoch = epoch + 1, owner = $1
where lane in (
  select lane from lanes
  where owner is null or (owner = $1 and lane <> all($4::int[])) or not exists (
    select 1 from members where instance = owner
      and seen_at > clock_timestamp() - make_interval(secs => $2))
  order by lane limit $3 for update skip locked)
returning lane, epoch"""
_STILL_OURS = """
select lane from lanes
where (lane, epoch) in (select * from unnest($1::int[], $2::bigint[]))"""
_RELEASE = """
update lanes set owner = null
where (lane, epoch) in (select * from unnest($1::int[], $2::bigint[]))"""
# Shared: the owner's consumer, timers and relay do not wait for one another, but whoever takes the
# lane waits for them all. Nothing is written to the row while the lane is held.
_FENCE = "select 1 from lanes where lane = $1 and epoch = $2 for share"


class LaneLost(Transient):
    """The lane belongs to somebody else now: nothing of this transaction may be kept."""


@dataclass
class Leases:
    """The lanes one instance of a service holds."""

    pool: "asyncpg.Pool[asyncpg.Record]"
    instance: str
    partitions: int
    lease_seconds: float = 10.0
    held: dict[int, int] = field(default_factory=dict)

    async def join(self) -> None:
        """Make the rows this instance will compete for."""
        async with acquire(self.pool) as connection:
            await connection.execute(_SEED, self.partitions)
            await connection.execute(_SEED_RELAY, self.partitions)

    async def refresh(self) -> tuple[Sequence[int], Sequence[int]]:
        """Be seen, take or give back lanes towards a fair share; returns (gained, lost)."""
        async with acquire(self.pool) as connection:
            await connection.execute(_HEARTBEAT, self.instance)
            members = await connection.fetchval(_MEMBERS, self.lease_seconds)
            share = -(-self.partitions // max(1, members))
            lost = await self._find_lost(connection)
            lost += await self._give_back(connection, share)
            gained = await self._take(connection, share)
        return gained, lost

    async def _find_lost(self, connection: Connection) -> list[int]:
        lanes, epochs = list(self.held), list(self.held.values())
        kept = {row["lane"] for row in await connection.fetch(_STILL_OURS, lanes, epochs)}
        lost = [lane for lane in lanes if lane not in kept]
        for lane in lost:
            del self.held[lane]
        return lost

    async def _give_back(self, connection: Connection, share: int) -> list[int]:
        surplus = dict(sorted(self.held.items())[share:])
        await self._release(connection, surplus)
        return list(surplus)

    async def _take(self, connection: Connection, share: int) -> list[int]:
        wanted = share - len(self.held)
        if wanted <= 0:
            return []
        await connection.execute(_EVICT, self.instance, self.lease_seconds)
        rows = await connection.fetch(
            _TAKE, self.instance, self.lease_seconds, wanted, list(self.held)
        )
        self.held.update({row["lane"]: row["epoch"] for row in rows})
        return [row["lane"] for row in rows]

    async def leave(self) -> None:
        """Give everything back at once, so that others need not wait for the lease to run out."""
        async with acquire(self.pool) as connection:
            await self._release(connection, dict(self.held))
            await connection.execute(_LEAVE, self.instance)

    async def _release(self, connection: Connection, lanes: Mapping[int, int]) -> None:
        if lanes:
            await connection.execute(_RELEASE, list(lanes), list(lanes.values()))
            for lane in lanes:
                self.held.pop(lane, None)

    async def fence(self, connection: Connection, lane: int) -> None:
        """Prove, inside the effect's transaction, that the lane is still ours; raises `LaneLost`.

        The row stays locked until the commit, so nobody can take the lane in between.
        """
        if await connection.fetchval(_FENCE, lane, self.held.get(lane, -1)) is None:
            self.held.pop(lane, None)
            raise LaneLost(f"lane {lane} was taken over")
