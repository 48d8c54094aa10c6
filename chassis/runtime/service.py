"""One service instance: its store, its lanes and its HTTP application, live or stepped by a
simulation.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Self, TypeVar

import asyncpg

from chassis.bus.base import Bus, lane_of
from chassis.clock import Clock
from chassis.errors import BrokenInvariant, Conflict, Misconfigured
from chassis.http.app import create_app
from chassis.metrics import Metrics
from chassis.runtime.batch import by_topic
from chassis.runtime.blueprint import Blueprint
from chassis.runtime.consumer import Consumer
from chassis.runtime.forgetting import Forgetting, group_of
from chassis.runtime.leases import Leases
from chassis.runtime.live import Live
from chassis.runtime.operations import router as operations_router
from chassis.runtime.reading import Reading
from chassis.runtime.relay import Relay
from chassis.runtime.wakes import Wakes
from chassis.settings import Settings
from chassis.store.forms import refold_changed
from chassis.store.key import key_of_store
from chassis.store.migrate import migrate
from chassis.store.pool import acquire, create_pool
from chassis.store.rebuild import Progress, Rebuilt, rebuild
from chassis.store.store import Store
from chassis.store.stored import Stored
from chassis.store.vault import KeyRing, master_key, pseudonym_key
from chassis.store.views import Projector
from chassis.store.work import Work
from contracts.words.streams import Subject

T = TypeVar("T")
Probe = Callable[[str], None]

_ATTEMPTS = 8
_IDLE_FETCHES_MAX = 200
_WAKES_AT_ONE_INSTANT_MAX = 10_000
_KNOWN_TOPIC = """
insert into topics as t (topic, topic_id) values ($1, $2)
on conflict (topic) do update set topic_id = t.topic_id returning topic_id"""
_WRITABLE = "select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean"


class Stirred:
    """What wakes the live loops when a lane has new events: each has a bell of its own."""

    def __init__(self) -> None:
        self.relay, self.views, self.workers = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def all(self) -> None:
        """Ring every bell."""
        for bell in (self.relay, self.views, self.workers):
            bell.set()


def no_probe(_point: str) -> None:
    """In production nothing happens at the points where tests crash the process."""


class Service:
    """What the API, the simulation and the command line see of a service.

    Built by `Service.open`; `start`/`stop` run it live, `step` lets a simulation drive it (never
    both on one instance).
    """

    def __init__(
        self,
        blueprint: Blueprint,
        settings: Settings,
        *,
        clock: Clock,
        bus: Bus,
        pool: "asyncpg.Pool[asyncpg.Record]",
        key: bytes,
        probe: Probe = no_probe,
        strict: bool = False,
    ) -> None:
        self.blueprint = blueprint
        self.name = blueprint.name
        self.settings = settings
        self.clock = clock
        self.bus = bus
        self.pool = pool
        self.metrics = Metrics(blueprint.name)
        self.store = Store(
            pool,
            blueprint.aggregates,
            master_key(key),
            blueprint.beside,
            pseudonym_key(key),
        )
        self.leases = Leases(pool, settings.instance, bus.partitions, settings.lease_seconds)
        self.consumer = Consumer(
            self.store,
            self.leases,
            by_topic(blueprint.messages, blueprint.reads),
            clock,
            self.metrics,
            probe,
            blueprint.retry_after,
            bool(blueprint.forgets),
            blueprint.guards,
        )
        self.reading = Reading(bus, self.consumer, blueprint.reads)
        self.relay = Relay(
            blueprint.name,
            self.store,
            self.leases,
            bus,
            blueprint.publish,
            self.metrics,
            probe,
            settings.relay_batch_size,
        )
        self.wakes = Wakes(
            self.store,
            self.leases,
            blueprint.wakes,
            clock,
            self.metrics,
            probe,
            settings.wake_batch_size,
            strict,
        )
        self.projector = Projector(self.store, blueprint.views)
        self.forgetting = Forgetting(pool, bus, blueprint.forgets)
        self.dirty: set[int] = set()
        self.unprojected: set[int] = set()
        self.stirred = Stirred()
        self._live: Live | None = None
        self.app = create_app(
            blueprint.name,
            settings,
            routers=[*blueprint.routers(self), operations_router(self)],
            readiness=self.readiness,
            metrics=self.metrics,
            pool=pool,
        )

    @classmethod
    async def open(
        cls,
        blueprint: Blueprint,
        settings: Settings,
        *,
        clock: Clock,
        bus: Bus,
        dsn: str,
        probe: Probe = no_probe,
        strict: bool = False,
    ) -> Self:
        """Migrate the schema, connect, check that store and bus fit, and build the instance.

        `strict` makes a failing wake-up raise instead of being put off (simulations). Raises
        `Misconfigured` when the number of partitions or a topic is not the one the store was filled
        from, or the key-encryption key not the one it is sealed with.
        """
        await migrate(dsn, blueprint.name, blueprint.migrations)
        pool = await create_pool(
            dsn,
            blueprint.name,
            size=settings.pool_size,
            idle_seconds=settings.lease_seconds,
            instance=settings.instance,
        )
        try:
            async with acquire(pool) as connection:
                key = await key_of_store(connection, settings, blueprint.name)
            service = cls(
                blueprint,
                settings,
                clock=clock,
                bus=bus,
                pool=pool,
                key=key,
                probe=probe,
                strict=strict,
            )
            await service.store.open(bus.partitions)
            await refold_changed(service.store, settings.instance, settings.lease_seconds)
            await service.projector.prepare()
            await service.leases.join()
            await service._know_topics()
        except BaseException:
            await pool.close()
            raise
        return service

    async def _know_topics(self) -> None:
        reads, writes = self.blueprint.reads, self.blueprint.writes
        await self.bus.ensure_topics([*reads, *writes, *(f"{topic}.dlq" for topic in reads)])
        for topic, found in (await self.bus.topic_ids(reads)).items():
            known = await self.pool.fetchval(_KNOWN_TOPIC, topic, found)
            if known != found:
                raise Misconfigured(
                    f"topic {topic} is not the one {self.name} read before: it was deleted and "
                    "created again, and its offsets mean something else now"
                )

    # Commands and queries

    def lane_of(self, creditor: str, account: str) -> int:
        """The lane of an account."""
        return lane_of(f"{creditor}/{account}".encode(), self.bus.partitions)

    async def execute(
        self,
        key: str,
        streams: Sequence[str],
        fn: Callable[[Work], T],
        *,
        subjects: Iterable[Subject] = (),
        history: bool = False,
        cause: str | None = None,
    ) -> T:
        """Run a command on some streams of one account (`key` is "creditor/account") and commit it.

        `fn` may run several times: it is called again from the new states when another writer was
        first. Its views are up to date when this returns.
        """
        lane = lane_of(key.encode(), self.bus.partitions)
        wanted = tuple(subjects)
        for attempt in range(_ATTEMPTS):
            try:
                async with acquire(self.pool) as connection, connection.transaction():
                    work = await self.store.load(
                        connection,
                        now=self.clock.now(),
                        lane=lane,
                        streams=streams,
                        subjects=wanted,
                        histories=streams if history else (),
                    )
                    await self.store.load_beside(connection, work, streams, lock=True)
                    work.begin(cause)
                    result = fn(work)
                    await self.store.save(connection, work)
            except Conflict:
                self.metrics.conflicts.labels(self.name).inc()
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                await self.projector.project(lane)
                self.stir(lane)
                return result
        raise BrokenInvariant("unreachable: the last attempt returns or raises")

    async def read(self, stream: str) -> tuple[Any, int]:
        """A stream's present state and version (its initial state and 0 when it has no events)."""
        async with acquire(self.pool) as connection:
            work = await self.store.load(connection, now=self.clock.now(), lane=0, streams=[stream])
        return work.state(stream), work.version(stream)

    async def read_as_of(self, stream: str, until: datetime) -> tuple[Any, int]:
        """A stream's state and version as they were at an instant, folded from its events."""
        return self.store.fold(stream, await self.events(stream, until))

    async def events(self, stream: str, until: datetime | None = None) -> list[Stored]:
        """A stream's events up to an instant, oldest first."""
        async with acquire(self.pool) as connection:
            return await self.store.history(connection, stream, until)

    async def keys(self, subjects: Iterable[Subject]) -> KeyRing:
        """The keys to open some debtors' sealed data with."""
        async with acquire(self.pool) as connection:
            return await self.store.keys(connection, subjects)

    async def rebuild(self, progress: Progress) -> Rebuilt:
        """Rebuild states and views from the events beside the live ones and swap them in."""
        return await rebuild(self.store, self.projector, progress)

    def stir(self, lane: int) -> None:
        """Say that a lane has new events: they are projected and relayed next."""
        self.dirty.add(lane)
        self.unprojected.add(lane)
        self.stirred.all()

    # Simulation

    async def step(self) -> int:
        """Consume what is there, fire what is due, run the workers, relay; returns how much was
        done (0: nothing left).
        """
        await self._own_every_lane()
        done = await self._consume_waiting()
        done += await self._fire_due()
        for worker in self.blueprint.workers:
            done += await worker(self)
        done += await self._relay_dirty()
        done += await self.forgetting.run()
        return done

    async def next_wake(self) -> datetime | None:
        """When the service next has something to do by itself."""
        return await self.store.next_wake()

    async def reset(self) -> None:
        """Forget what a simulation keeps between steps, after the tables were emptied."""
        self.leases.held.clear()
        self.dirty.clear()
        self.consumer.erased.clear()
        await self.reading.close()
        self.reading.positions = {}
        await self.leases.join()
        await self.store.open(self.bus.partitions)
        await self._know_topics()

    async def _own_every_lane(self) -> None:
        if len(self.leases.held) == self.bus.partitions and self.reading.reader is not None:
            return
        await self.leases.refresh()
        if len(self.leases.held) != self.bus.partitions:
            raise BrokenInvariant(f"another instance of {self.name} holds lanes of this store")
        self.dirty.update(self.leases.held)
        await self.reading.reopen(list(self.leases.held))

    async def _consume_waiting(self) -> int:
        ends = await self.bus.end_offsets(self.blueprint.reads)
        done = idle = 0
        while self.reading.behind(ends):
            batches = await self.reading.fetch(self.settings.batch_size, 0.5)
            idle = 0 if batches else idle + 1
            if idle > _IDLE_FETCHES_MAX:
                raise BrokenInvariant(f"{self.name} cannot read what its topics say they hold")
            for lane, records in batches.items():
                done += await self.consumer.consume(lane, records, self.reading.positions)
                self.dirty.add(lane)
        if self.consumer.erasure_seen:
            await self.report_positions()
        return done

    async def report_positions(self) -> None:
        """Say how far this instance has read: for lag tools, and so that erasures can go on."""
        self.consumer.erasure_seen = False
        await self.bus.commit_info(group_of(self.name), self.reading.positions)

    async def _fire_due(self) -> int:
        done = 0
        for lane in await self.wakes.lanes_due():
            while fired := await self.wakes.fire(lane):
                done += fired
                self.dirty.add(lane)
                if done > _WAKES_AT_ONE_INSTANT_MAX * self.settings.wake_batch_size:
                    raise BrokenInvariant(f"wake-ups of {self.name} do not come to an end")
        return done

    async def _relay_dirty(self) -> int:
        done = 0
        while self.dirty:
            lane = self.dirty.pop()
            await self.projector.project(lane)
            done += await self.relay.relay(lane)
        return done

    # Live

    async def start(self) -> None:
        """Begin to consume, wake, relay and project on the clock; returns at once."""
        self._live = Live(self)
        await self._live.start()

    async def stop(self) -> None:
        """Finish the transaction in hand, publish what is committed, give the lanes back and
        disconnect.
        """
        if self._live is not None:
            await self._live.stop()
            self._live = None
        await self.reading.close()
        await self.leases.leave()
        await self.pool.close()

    async def readiness(self) -> dict[str, Any]:
        """Details for `/readyz`; raises `Misconfigured` when the store cannot be written or a loop
        died.
        """
        async with acquire(self.pool) as connection:
            if await connection.fetchval(_WRITABLE):
                raise Misconfigured("the store is read-only")
        ends: Mapping[tuple[str, int], int] = await self.bus.end_offsets(self.blueprint.reads)
        if self._live is not None:
            self._live.check()
        return {
            "lanes": sorted(self.leases.held),
            "behind": self.reading.behind(dict(ends)),
        }
