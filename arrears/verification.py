"""Going through the stores of services and comparing what they have with their chains."""

import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from asyncpg import Connection

from arrears.databases import Databases, open_databases
from arrears.schemas import migrations_of
from arrears.verified import Place, Progress, Records, held
from chassis.settings import ServiceName, Settings
from chassis.store import access, comparing, verifying, verifying_proposals
from chassis.store.pool import connected
from chassis.store.schema import require_this_version
from chassis.store.verifying import Damage, Link
from services.dunning.library import changed_texts

Tell = Callable[[str], None]
_OTHER_STORE = "it is another store than was verified before; after a restore: --anew"
_CLOCKS = timedelta(days=1)
"""What instances note by other clocks than ours may be of a day beside."""


@dataclass(frozen=True)
class Verification:
    """Stores, verified as far as the file at `path` says they are not yet; with `anew` from the
    beginning, as if nothing of them was ever seen.

    `told` hears how it goes, `wrong` each damage; `now` says up to when records may be gone.
    """

    settings: Settings
    names: Sequence[ServiceName]
    path: Path
    told: Tell
    wrong: Tell
    now: datetime
    anew: bool = False

    async def all(self) -> int:
        """Verify events, states and access records; returns how much is wrong."""
        return await self._each(_Store.all)

    async def records(self) -> int:
        """Verify access records alone; returns how much is wrong."""
        return await self._each(_Store.records)

    async def _each(self, work: "Callable[[_Store], Awaitable[int]]") -> int:
        faults = 0
        with held(self.path) as place:
            async with open_databases(self.settings, self.names, bus=False) as databases:
                for name in self.names:
                    async with self._opened(databases, name, place) as store:
                        faults += await work(store)
        return faults

    @asynccontextmanager
    async def _opened(
        self, databases: Databases, name: ServiceName, place: Place
    ) -> "AsyncIterator[_Store]":
        async with connected(databases.services[name], name) as connection:
            await require_this_version(connection, name, migrations_of(name))
            epochs = await verifying.epochs_of(connection)
            progress = place.of(name, epochs, anew=self.anew)
            since = self.now - timedelta(days=self.settings.access_days) + _CLOCKS
            others = [] if progress.epochs == epochs else [Damage(_OTHER_STORE)]
            yield _Store(name, connection, progress, place, since, others, self.told, self.wrong)


@dataclass(frozen=True)
class _Store:
    """One of them; of its access records, those since an instant are there. `others` says that it
    is not the store it was.
    """

    name: ServiceName
    connection: Connection
    progress: Progress
    place: Place
    since: datetime
    others: Sequence[Damage]
    told: Tell
    wrong: Tell

    async def all(self) -> int:
        """Verify it; what was seen before stays, where it is not what is there now."""
        await verifying.alone(self.connection)
        progress = self.progress
        self._again(progress.damage)
        self._reached(self.others)
        missed = await verifying.still_there(self.connection, progress.known)
        self._reached(missed)
        self._reached(await verifying.still_there(self.connection, progress.lanes))
        self._reached(await verifying.strays(self.connection))
        lanes = await verifying.lanes_of(self.connection)
        for lane in lanes:
            await self._lane(lane)
        await self._streams()
        await self._policies()
        await self._proposals(lanes)
        faults = await self._records()
        faults += len(progress.damage)
        kept = {one.lane for one in missed}
        progress.known = {
            **{lane: link for lane, link in progress.lanes.items() if lane not in kept},
            **{lane: link for lane, link in progress.known.items() if lane in kept},
        }
        progress.lanes, progress.streams, progress.damage = {}, "", []
        self.place.save()
        return faults

    async def records(self) -> int:
        """Verify its access records alone."""
        self._found(self.others, [])
        return len(self.others) + await self._records()

    def _again(self, damage: Iterable[str]) -> None:
        """Say what was found before this was cut off."""
        for one in damage:
            self.wrong(f"{self.name}: {one}")

    def _found(self, damage: Iterable[Damage], kept: list[str]) -> None:
        """Say what is wrong, once, and keep it."""
        for one in map(str, damage):
            if one not in kept:
                self.wrong(f"{self.name}: {one}")
                kept.append(one)

    def _reached(self, damage: Iterable[Damage]) -> None:
        self._found(damage, self.progress.damage)
        self.place.save()

    async def _lane(self, lane: int) -> None:
        connection, progress = self.connection, self.progress
        after, events = progress.lanes.get(lane, Link()), 0
        begun = f"from link {after.number + 1} on, " if after.number else ""
        since = None if after.number else await verifying.begun_at(connection, lane)
        async for portion in verifying.links(connection, lane, after):
            after = progress.lanes[lane] = portion.reached
            events += portion.events
            self._reached(portion.damage)
        left = await verifying.unlinked(connection, lane, after)
        made = f", first linked {since:%Y-%m-%d %H:%M}Z" if since is not None else ""
        self.told(f"{self.name} lane {lane}: {begun}{events} events compared{made}{_tail(left)}")

    async def _streams(self) -> None:
        progress, number = self.progress, 0
        begun = f"behind {progress.streams}, " if progress.streams else ""
        kinds = _aggregates_of(self.name)
        async for portion in comparing.streams(self.connection, kinds, progress.streams):
            progress.streams = portion.last
            number += portion.streams
            self._reached(portion.damage)
        self.told(f"{self.name}: {begun}{number} streams folded and compared with their states")

    async def _policies(self) -> None:
        """Events name a policy's text by its hash; it stands beside them."""
        if self.name == "dunning":
            changed = await changed_texts(self.connection)
            self._reached(Damage(f"the text of policy {one} was changed") for one in changed)

    async def _proposals(self, lanes: Sequence[int]) -> None:
        seen = self.progress.proposals
        decided = await verifying_proposals.verify(self.connection, lanes, seen)
        self.told(f"{self.name}: {decided.links} proposals and decisions on them compared")
        wrong = {one.lane for one in decided.damage}
        seen |= {lane: end for lane, end in decided.ends.items() if lane not in wrong}
        self._reached(decided.damage)

    async def _records(self) -> int:
        progress = self.progress
        seen, at, damage = progress.records, progress.records_at, progress.records_damage
        number, gone = 0, 0
        begun = f"from record {at.end.number + 1} on, " if at.end.number else ""
        self._again(damage)
        async for portion in access.verify(self.connection, at.end, seen.end):
            number, gone = number + portion.records, portion.gone
            at.end, at.days = portion.reached, {**portion.days, **at.days}
            early = access.gone_early(gone, {**at.days, **seen.days}, self.since)
            self._found(map(_of_record, (*early, *portion.broken)), damage)
            self.place.save()
        self.told(f"{self.name}: {begun}{number} access records, {gone} gone with their time")
        # what is missed is missed until somebody knows why (--anew)
        is_there = await access.is_there(self.connection, seen.end)
        days = {**at.days, **access.days_since(seen.days, self.since)}
        progress.records = Records(at.end if is_there else seen.end, days)
        progress.records_at, progress.records_damage = Records(), []
        self.place.save()
        return len(damage)


def _of_record(one: access.Broken) -> Damage:
    return Damage(f"access record {one.number}: {one.what}")


def _aggregates_of(name: ServiceName) -> comparing.Aggregates:
    module = importlib.import_module(f"services.{name}.domain.aggregates")
    return {one.name: one for one in module.AGGREGATES}


def _tail(left: int) -> str:
    return f", {left} newer ones have no link yet" if left else ""
