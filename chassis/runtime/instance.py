"""One instance of a service: its store, its lanes and its HTTP application, live or stepped by a
simulation.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from typing import Any, Self

import asyncpg

from chassis.bus.base import Bus
from chassis.clock import Clock
from chassis.errors import Misconfigured, Transient
from chassis.http.app import create_app
from chassis.metrics import Metrics
from chassis.runtime.batch import by_topic
from chassis.runtime.blueprint import Blueprint
from chassis.runtime.consumer import Consumer
from chassis.runtime.figures import Figures
from chassis.runtime.forgetting import Forgetting
from chassis.runtime.leases import Leases
from chassis.runtime.letters import Letters
from chassis.runtime.live import LOOPS, Live, Loop
from chassis.runtime.operations import router as operations_router
from chassis.runtime.parked import ParkedMessages
from chassis.runtime.reading import Reading
from chassis.runtime.relay import Relay
from chassis.runtime.round import Round
from chassis.runtime.service import Service
from chassis.runtime.stepping import Stepping
from chassis.runtime.topics import know_topics
from chassis.runtime.wakes import Wakes
from chassis.settings import Settings
from chassis.store import restored
from chassis.store.emptying import empty
from chassis.store.event_letters import EventLetters
from chassis.store.forms import refold_changed
from chassis.store.key import key_of_store
from chassis.store.pool import acquire, create_pool
from chassis.store.rebuild import Progress, Rebuilt, rebuild
from chassis.store.schema import require_this_version
from chassis.store.store import Store
from chassis.store.sweeping import Sweeper
from chassis.store.vault import master_key, pseudonym_key
from chassis.store.views import Projector
from chassis.tracing.opening import open_traces

Probe = Callable[[str], None]

_WRITABLE = "select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean"


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
        key: bytes,
        probe: Probe = no_probe,
        strict: bool = False,
    ) -> None:
        traces = open_traces(settings, blueprint.name)
        store = Store(
            pool,
            blueprint.aggregates,
            master_key(key),
            blueprint.beside,
            pseudonym_key(key),
            traces,
        )
        metrics = Metrics(blueprint.name, settings.metrics_creditors)
        set_aside = EventLetters(clock, metrics.count_set_aside)
        super().__init__(
            settings,
            clock=clock,
            bus=bus,
            store=store,
            projector=Projector(store, blueprint.views, set_aside, strict=strict),
            leases=Leases(pool, settings.instance, bus.partitions, settings.lease_seconds),
            metrics=metrics,
        )
        self.blueprint = blueprint
        self._probe = probe
        routes = by_topic(blueprint.messages, blueprint.reads)
        self.parked = ParkedMessages(
            store, routes, clock, self.metrics, blueprint.retry_after, blueprint.sources_of
        )
        self.consumer = Consumer(
            store,
            self.leases,
            routes,
            self.parked,
            clock,
            self.metrics,
            probe,
            bool(blueprint.forgets),
            blueprint.guards,
            blueprint.sources_of,
        )
        self.reading = Reading(bus, blueprint.reads, self.consumer.take_over)
        self.round = self._round(strict=strict)
        self._stepping = Stepping(self.name, self.round, settings)
        self._live: Live | None = None
        letters = Letters(self.parked, self.round, bus.partitions)
        self.app = create_app(
            blueprint.name,
            settings,
            routers=[*blueprint.routers(self), operations_router(self, letters)],
            readiness=self.readiness,
            metrics=self.metrics,
            pool=pool,
            clock=clock,
            traces=traces,
        )

    def _round(self, *, strict: bool) -> Round:
        """The steps of this instance's work."""
        blueprint, settings, probe = self.blueprint, self.settings, self._probe
        wakes = Wakes(
            self.store,
            self.leases,
            blueprint.wakes,
            self.clock,
            self.metrics,
            probe,
            self.projector.letters,
            settings.wake_batch_size,
            strict,
        )
        relay = Relay(
            self.name,
            self.store,
            self.leases,
            self.bus,
            blueprint.publish,
            self.metrics,
            probe,
            self.projector.letters,
            settings.relay_batch_size,
            strict,
        )
        return Round(
            leases=self.leases,
            reading=self.reading,
            consumer=self.consumer,
            wakes=wakes,
            workers=[partial(worker, self) for worker in blueprint.workers],
            forgetting=Forgetting(self.pool, self.bus, blueprint.forgets),
            projector=self.projector,
            relay=relay,
            signals=self.signals,
            metrics=self.metrics,
            sweeper=Sweeper(self.pool),
            figures=Figures(self.pool, self.metrics, self.leases, blueprint.figures),
            clock=self.clock,
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
            size=settings.pool_size,
            idle_seconds=settings.lease_seconds,
            instance=settings.instance,
        )
        try:
            async with acquire(pool) as connection:
                await require_this_version(connection, blueprint.name, blueprint.migrations)
                key = await key_of_store(connection, settings, blueprint.name)
            instance = cls(
                blueprint,
                settings,
                clock=clock,
                bus=bus,
                pool=pool,
                key=key,
                probe=probe,
                strict=strict,
            )
            await instance.store.open(bus.partitions)
            await refold_changed(instance.store, settings.instance, settings.lease_seconds)
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
        if self.store.traces is not None:
            await self.store.traces.close()

    async def readiness(self) -> dict[str, Any]:
        """Details for `/readyz`; raises `Misconfigured` when the store cannot be written, a loop
        died or a lane stands still, `Transient` when store or bus do not answer.
        """
        async with acquire(self.pool) as connection:
            if await connection.fetchval(_WRITABLE):
                raise Misconfigured("the store is read-only")
        self.check()
        try:
            ends = await self.reading.ends()
        except Transient as error:
            raise Transient("the bus does not answer") from error
        return {"lanes": sorted(self.leases.held), "behind": self.reading.behind(ends)}

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
        self.signals.unpublished.clear()
        self.consumer.erased.clear()
        await self.reading.close()
        self.reading.positions = {}
        await self.leases.join()
        await self.store.open(self.bus.partitions)
        await know_topics(self.pool, self.bus, self.blueprint)
