"""One instance of a service: its store, its lanes and its HTTP application, live or stepped by a
simulation.
"""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Self

import asyncpg

from chassis.bus.base import Bus
from chassis.clock import Clock
from chassis.errors import Transient
from chassis.http.app import create_app
from chassis.http.operations import create_operations_app
from chassis.logging import get_logger
from chassis.metrics import Metrics
from chassis.runtime import access, readiness
from chassis.runtime.applying import Applying
from chassis.runtime.batch import by_topic
from chassis.runtime.blueprint import Blueprint
from chassis.runtime.consumer import Consumer
from chassis.runtime.leases import Leases
from chassis.runtime.letters import Letters
from chassis.runtime.live import LOOPS, Live, Loop
from chassis.runtime.operations import router as operations_router
from chassis.runtime.parked import ParkedMessages
from chassis.runtime.reading import Reading
from chassis.runtime.service import Service
from chassis.runtime.sharing import NOTHING_TODO
from chassis.runtime.stepping import Stepping
from chassis.runtime.topics import know_topics
from chassis.runtime.wiring import wire
from chassis.settings import Settings
from chassis.store import restored
from chassis.store.bodies import Bodies
from chassis.store.emptying import empty
from chassis.store.event_letters import EventLetters
from chassis.store.forms import forms_of, refold_changed
from chassis.store.key import StoreKeys, keys_of_store
from chassis.store.packing import Packing
from chassis.store.pool import acquire, create_pool
from chassis.store.rebuild import Progress, Rebuilt, rebuild
from chassis.store.refolding import Refolding
from chassis.store.schema import require_this_version, revisions
from chassis.store.store import Store
from chassis.store.views import Projector
from chassis.tracing.opening import open_traces

log = get_logger(__name__)

_CLOSE_SECONDS = 3.0

Probe = Callable[[str], None]


def no_probe(_point: str) -> None:
    """In production nothing happens at the points where tests crash the process."""


class Instance(Service):
    """A service with everything that makes it work by itself.

    Built by `Instance.open`; `start`/`stop` run it live, `step` lets a simulation drive it (never
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
        keys: StoreKeys,
        probe: Probe = no_probe,
        strict: bool = False,
    ) -> None:
        traces = open_traces(settings, blueprint.name)
        packing = Packing(blueprint.name)
        store = Store(
            pool,
            blueprint.aggregates,
            keys.master,
            blueprint.beside,
            keys.pseudonyms,
            traces,
            blueprint.kept_max,
            packing,
            blueprint.undivided or frozenset(),
        )
        metrics = Metrics(blueprint.name, settings.metrics_creditors)
        set_aside = EventLetters(clock, metrics.count_set_aside)
        super().__init__(
            settings,
            clock=clock,
            bus=bus,
            store=store,
            bodies=Bodies(keys.pseudonyms, keys.master),
            projector=Projector(store, blueprint.views, set_aside, strict=strict),
            leases=Leases(
                pool,
                settings.instance,
                bus.partitions,
                settings.lease_seconds,
                packing,
                keys.master,
                forms_of(blueprint.aggregates),
            ),
            metrics=metrics,
        )
        self.blueprint = blueprint
        self.committing.probe = probe
        self._revisions = revisions(blueprint.migrations)
        routes = by_topic(blueprint.messages, blueprint.reads)
        self.parked = ParkedMessages(
            store, routes, clock, metrics, self.bodies, blueprint.retry_after, blueprint.sources_of
        )
        applying = Applying(
            store,
            self.leases,
            self.parked,
            self.committing,
            self.published,
            clock,
            probe,
            bool(blueprint.forgets),
            blueprint.sources_of,
        )
        self.consumer = Consumer(
            store, routes, self.parked, applying, clock, self.metrics, probe, blueprint.guards
        )
        self.reading = Reading(bus, blueprint.reads, self.consumer.take_over)
        self.round = wire(self, blueprint, self.reading, self.consumer, probe=probe, strict=strict)
        self._stepping = Stepping(self.name, self.round, settings)
        self._live: Live | None = None
        self._is_stopping = False
        letters = Letters(self.parked, self.round, bus.partitions)
        self.app = create_app(
            blueprint.name,
            settings,
            routers=[
                *blueprint.routers(self),
                operations_router(self, letters),
                access.router(self),
            ],
            readiness=self.readiness,
            metrics=self.metrics,
            pool=pool,
            clock=clock,
            hashed=self.bodies.request,
            traces=traces,
        )
        self.operations_app = create_operations_app(
            self.app, readiness=self.readiness, metrics=self.metrics
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
        """Connect, check that store and bus fit, and build the instance.

        `strict` makes a failing wake-up raise instead of being put off (simulations). Raises
        `WrongSchema` for a schema that is not this version's (`chassis.store.migrate`), and
        `Misconfigured` when the number of partitions or a topic is not the one the store was filled
        from, or the key-encryption key not the one it is sealed with.
        """
        pool = await create_pool(
            dsn,
            blueprint.name,
            size=settings.pool_size + 1,  # one listens
            idle_seconds=settings.lease_seconds,
            instance=settings.instance,
        )
        try:
            async with acquire(pool) as connection:
                await require_this_version(connection, blueprint.name, blueprint.migrations)
                keys = await keys_of_store(connection, settings, blueprint.name)
            instance = cls(
                blueprint,
                settings,
                clock=clock,
                bus=bus,
                pool=pool,
                keys=keys,
                probe=probe,
                strict=strict,
            )
            await instance.store.open(bus.partitions)
            store = instance.store
            lease_seconds, ours = settings.lease_seconds, instance.leases.forms
            if forms := await refold_changed(store, settings.instance, lease_seconds):
                instance.round.refolding = Refolding(store, forms, ours, lease_seconds)
            await instance.projector.prepare()
            await instance.leases.join()
            await know_topics(pool, bus, blueprint)
        except BaseException:
            await pool.close()
            raise
        return instance

    async def start(self, loops: Collection[Loop] = LOOPS) -> None:
        """Begin to consume, wake, relay and project on the clock; returns at once.

        Raises `Misconfigured` for a store whose restore did not come to its end.
        """
        async with acquire(self.pool) as connection:
            await restored.require_whole(connection, self.name)
        self._live = Live(self.round, self.settings, self.metrics, loops)
        await self._live.start()

    async def leave(self) -> None:
        """Finish the batches in hand, publish what is committed and give the lanes back: others go
        on with them. Requests are answered until `stop`, and `/readyz` says that they should go
        elsewhere.
        """
        self._is_stopping = True
        live, self._live = self._live, None
        if live is not None:
            await live.stop()
        await self.reading.close()
        try:
            await self.leases.leave()
        except Transient as error:  # others wait for the lease to run out
            log.warning("left_without_saying", error=error, todo=NOTHING_TODO)

    async def stop(self) -> None:
        """Leave, unless that was done, and disconnect."""
        await self.leave()
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.pool.close()
        except TimeoutError:
            self.pool.terminate()
        if self.store.traces is not None:
            await self.store.traces.close()

    async def readiness(self) -> dict[str, Any]:
        """Details for `/readyz`; raises `Misconfigured` when the store cannot be written, a loop
        died or a lane stands still, `Transient` when store or bus do not answer or it is stopping.
        """
        if self._is_stopping:
            raise Transient("this instance is stopping")
        stands = await readiness.of_store(self.pool, self.name, self._revisions)
        self.check()
        return stands | await readiness.standing(self.leases, self.reading)

    def check(self) -> None:
        """Raise `Misconfigured` when a loop of the live instance had to give up."""
        if self._live is not None:
            self._live.check()

    async def rebuild(self, progress: Progress) -> Rebuilt:
        """Rebuild states and views from the events beside the live ones and swap them in."""
        return await rebuild(self.store, self.projector, progress)

    # Simulation

    async def step(self) -> int:
        """Consume what is there, fire what is due, run the workers, relay; returns how much was
        done (0: nothing left).
        """
        return await self._stepping.step()

    async def next_wake(self) -> datetime | None:
        """When the service next has something to do by itself."""
        return await self.store.next_wake()

    async def begin_again(self) -> None:
        """Empty every table, for the next simulation on the same start.

        What is on the bus stays there and counts as read.
        """
        async with acquire(self.pool) as connection:
            await empty(connection, self.name, begin_at=await self.reading.ends())
        await self.reset()

    async def reset(self) -> None:
        """Forget what is kept in memory, after the tables were changed from outside."""
        self.leases.held.clear()
        self.signals.forget()
        self.handed.clear()
        self.published.forget()
        self.consumer.applying.forget()
        await self.reading.close()
        self.reading.positions = {}
        await self.leases.join()
        await self.store.open(self.bus.partitions)
        await know_topics(self.pool, self.bus, self.blueprint)
