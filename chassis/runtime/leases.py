"""Who owns which lane: a row per lane whose epoch fences everybody who held it before.

An instance keeps its lanes as long as it is seen; the lease is how long it may go unseen. Its times
are the database's, not the business clock's: they order instances, not events of a case.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import asyncpg
from asyncpg import Connection

from chassis.store.packing import NEWEST, Packing
from chassis.store.pool import acquire
from chassis.store.saving import LaneLost
from chassis.store.vault import KEY_BYTES
from chassis.store.wrapping import Master

# `not exists` first: a conflict alone would wait for whoever has the row locked.
_SEED = """
insert into lanes (lane) select n from generate_series(0, $1 - 1) n
where not exists (select 1 from lanes where lane = n) on conflict do nothing"""
_SEED_RELAY = """
insert into relay (lane) select n from generate_series(0, $1 - 1) n
where not exists (select 1 from relay where lane = n) on conflict do nothing"""
_LEAVE = "delete from members where instance = $1"
_AWAY = "select lane from lanes where elsewhere is not null"
_BURY = "delete from members where seen_at < clock_timestamp() - interval '1 day'"
# To be seen and to look at once: each lane with its owner where that is alive, and who is alive
# without a lane. Two who come at the same moment may not see one another; they are told.
_LOOK = """
with seen as (
  insert into members (
    instance, seen_at, leaving, forms, packing, key_ids, wraps_with, minds_elsewhere)
  values ($2, clock_timestamp(), $3, $4, $5, $6, $7, true)
  on conflict (instance) do update
  set seen_at = excluded.seen_at, leaving = excluded.leaving, forms = excluded.forms,
    packing = excluded.packing, key_ids = excluded.key_ids, wraps_with = excluded.wraps_with,
    minds_elsewhere = true
  returning instance, leaving, packing, key_ids is not null as names)
select lane, epoch, instance, leaving, packing, elsewhere is not null as is_away, names,
  (select coalesce(next_key_check, key_check) from store_meta) as key_check
from lanes full join (
  select instance, leaving, packing, names from seen union all
  select instance, coalesce(leaving, false), packing, key_ids is not null from members
  where instance <> $2 and seen_at > clock_timestamp() - make_interval(secs => $1)) alive
on owner = instance"""
# Of our own role alone: another's, from before each service had one, may not be ended by us.
# A process stopped in the middle of a COPY keeps its locks whatever the time-outs say.
_EVICT = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and pg_has_role(usesysid, 'usage') and application_name in (
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
  where elsewhere is null and (
    owner is null or (owner = $1 and lane <> all($4::int[])) or not exists (
      select 1 from members where instance = owner
      and seen_at > clock_timestamp() - make_interval(secs => $2)))
  order by lane limit $3 for update skip locked)
returning lane, epoch"""
_RELEASE = """
update lanes set owner = null
where (lane, epoch) in (select * from unnest($1::int[], $2::bigint[]))"""
# Shared: the owner's consumer, timers and relay do not wait for one another, but whoever takes the
# lane waits for them all. Nothing is written to the row while the lane is held.
_FENCE = "select 1 from lanes where lane = $1 and epoch = $2 for share"


class Look(NamedTuple):
    """What an instance found when it looked at the lanes: those it gained and those it lost, which
    of its own are more than its share, and whether free ones could not be taken at this moment.
    """

    gained: Collection[int]
    lost: Collection[int]
    surplus: Collection[int]
    is_short: bool


class _Found(NamedTuple):
    """The members that stay and how many lanes each holds, the lanes that are free, ours, and those
    that another database has or gets.
    """

    members: dict[str, int]
    free: set[int]
    ours: set[int]
    away: set[int]


def shares(lanes: int, holding: Mapping[str, int]) -> dict[str, int]:
    """How many lanes each member is to hold, for how many it holds now.

    They differ by one at most, and who holds more keeps what is left over: as few lanes as possible
    change hands. Whoever computes it from the same figures finds the same.
    """
    each, over = divmod(lanes, max(1, len(holding)))
    ranked = sorted(holding, key=lambda name: (-holding[name], name))
    return {name: each + (rank < over) for rank, name in enumerate(ranked)}


@dataclass
class Leases:
    """The lanes one instance of a service holds."""

    pool: "asyncpg.Pool[asyncpg.Record]"
    instance: str
    partitions: int
    lease_seconds: float = 10.0
    packing: Packing = field(default_factory=lambda: Packing(""))
    master: Master = field(default_factory=lambda: Master([bytes(KEY_BYTES)]))
    """Its key-encryption keys, which learn here which of them wraps."""
    forms: str = ""
    """In which forms this instance keeps states (`chassis.store.forms`)."""
    held: dict[int, int] = field(default_factory=dict)
    giving: set[int] = field(default_factory=set)
    """Lanes on their way back: they are read no further, and what is due in them still happens."""
    members: frozenset[str] = frozenset()
    """Who was there at the last look."""
    is_leaving: bool = False
    """Whether this instance wants no lane any more."""
    away: set[int] = field(default_factory=set)
    """Lanes that another database has, or gets."""

    @property
    def kept(self) -> set[int]:
        """The lanes that are held and stay."""
        return self.held.keys() - self.giving

    def is_apart(self) -> bool:
        """Whether another database has some of the lanes."""
        return bool(self.away)

    async def join(self) -> None:
        """Make the rows this instance will compete for, and drop those of who is long gone."""
        async with acquire(self.pool) as connection:
            await connection.execute(_SEED, self.partitions)
            await connection.execute(_SEED_RELAY, self.partitions)
            await connection.execute(_BURY)
            self.away = {row["lane"] for row in await connection.fetch(_AWAY)}

    async def refresh(self) -> Look:
        """Be seen, learn what was lost, and take what is free towards a fair share.

        What is more than the share stays until it is given back by `release`.
        """
        async with acquire(self.pool) as connection:
            found = await self._look(connection)
            self.members = frozenset(found.members)
            self.away = found.away
            lost = self.held.keys() - found.ours
            self._forget(lost)
            ours = self.partitions - len(found.away)
            share = shares(ours, found.members).get(self.instance, 0)
            wanted = min(share - len(self.held.keys() - found.away), len(found.free))
            gained = await self._take(connection, wanted) if wanted > 0 else []
        return Look(gained, lost, self._surplus(share), len(gained) < wanted)

    async def _look(self, connection: Connection) -> _Found:
        found = _Found({}, set(), set(), set())
        us = self.instance, self.is_leaving, self.forms, NEWEST, self.master.ids
        known = NEWEST
        rows = await connection.fetch(_LOOK, self.lease_seconds, *us, self.master.writes)
        for lane, epoch, instance, leaving, packing, is_away, *_ in rows:
            owner = instance
            if instance == self.instance and lane is not None:
                if self.held.get(lane) == epoch:
                    found.ours.add(lane)
                else:  # our former self's
                    owner = None
            if is_away:
                found.away.add(lane)
            elif owner is None:
                found.free.add(lane)
            if instance is not None:
                known = min(known, packing or 0)
            if instance is not None and not leaving:
                count = owner is not None and lane is not None and not is_away
                found.members[instance] = found.members.get(instance, 0) + count
        self.packing.limit(known)
        self.master.agree(all(row["names"] is not False for row in rows), rows[0]["key_check"])
        return found

    def _surplus(self, share: int) -> list[int]:
        """The lanes to give back, beside those that are on their way already: all that another
        database gets.
        """
        stay = sorted(self.kept - self.away)
        more = max(0, len(stay) - share)
        return [*sorted(self.kept & self.away), *stay[len(stay) - more :]]

    async def _take(self, connection: Connection, wanted: int) -> list[int]:
        await connection.execute(_EVICT, self.instance, self.lease_seconds)
        rows = await connection.fetch(
            _TAKE, self.instance, self.lease_seconds, wanted, list(self.held)
        )
        self.held.update({row["lane"]: row["epoch"] for row in rows})
        return [row["lane"] for row in rows]

    async def leave(self) -> None:
        """Give everything back at once, so that others need not wait for the lease to run out."""
        await self.release(list(self.held))
        async with acquire(self.pool) as connection:
            await connection.execute(_LEAVE, self.instance)

    async def release(self, lanes: Collection[int]) -> None:
        """Give some lanes back; the others hear of it."""
        ours = {lane: self.held[lane] for lane in lanes if lane in self.held}
        if ours:
            async with acquire(self.pool) as connection:
                await connection.execute(_RELEASE, list(ours), list(ours.values()))
            self._forget(ours)

    def _forget(self, lanes: Iterable[int]) -> None:
        for lane in lanes:
            self.held.pop(lane, None)
            self.giving.discard(lane)

    async def fence(self, connection: Connection, lane: int) -> None:
        """Prove, inside the effect's transaction, that the lane is still ours; raises `LaneLost`.

        The row stays locked until the commit, so nobody can take the lane in between.
        """
        if await connection.fetchval(_FENCE, lane, self.held.get(lane, -1)) is None:
            self.held.pop(lane, None)
            raise LaneLost(f"lane {lane} was taken over")
