"""Services wired together: the one place that opens store, bus and services, for `arrears up` and
`arrears serve`, simulations and measurements alike.
"""

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from arrears.databases import Databases, open_databases
from chassis.bus.base import Bus
from chassis.bus.embedded import EmbeddedBus
from chassis.bus.kafka import KafkaBus
from chassis.bus.kafka_security import security
from chassis.bus.kafka_topics import Durability
from chassis.clock import Clock, WallClock
from chassis.runtime.instance import Instance, Probe, no_probe
from chassis.settings import SERVICES, ServiceName, Settings

WrapBus = Callable[[Bus], Bus]


class Build(Protocol):
    """What every `services.<name>.main` offers; `own` are a service's own settings."""

    def __call__(
        self,
        settings: Settings,
        *,
        clock: Clock,
        bus: Bus,
        dsn: str,
        strict: bool,
        probe: Probe,
        **own: Any,
    ) -> Awaitable[Instance]: ...


def _build_of(name: ServiceName) -> Build:
    build: Build = importlib.import_module(f"services.{name}.main").build
    return build


@dataclass(frozen=True)
class Stack:
    """The services of this process by name, and what they share."""

    settings: Settings
    clock: Clock
    bus: Bus
    services: Mapping[ServiceName, Instance]

    async def start(self) -> None:
        """Let every service work on the wall clock."""
        for service in self.services.values():
            await service.start()

    async def leave(self) -> None:
        """Let other instances go on with the work of every service; requests are still answered."""
        await asyncio.gather(*(service.leave() for service in self.services.values()))

    async def forget_everything(self) -> None:
        """Empty every service's tables, for the next simulation on the same start.

        What is on the bus stays there and counts as read: the services begin behind it.
        """
        for service in self.services.values():
            await service.begin_again()


@contextlib.asynccontextmanager
async def open_stack(
    settings: Settings,
    names: Sequence[ServiceName] = SERVICES,
    *,
    clock: Clock | None = None,
    durable: bool = True,
    wrap: WrapBus = lambda bus: bus,
    strict: bool = False,
    probe: Probe = no_probe,
    own: Mapping[ServiceName, Any] | None = None,
    migrate: bool = True,
) -> AsyncIterator[Stack]:
    """Yield some services on the settings' stores and bus, each with a schema of its own, connected
    but not running. At the end they are let go of: services first, then the bus, then the stores.

    Without `migrate` a schema that is not this version's raises `WrongSchema`. `clock` is the
    wall's unless given, `wrap` puts something around the bus. `durable` is given up and `strict`
    makes a failing wake-up raise instead of being put off in simulations; `probe` is called where a
    crash hurts most. `own` replaces the settings a service otherwise reads from the environment for
    itself.
    """
    clock = clock or WallClock()
    async with contextlib.AsyncExitStack() as exits:
        databases = await exits.enter_async_context(
            open_databases(settings, names, durable=durable)
        )
        if migrate:
            await _lay_out(databases)
        bus = wrap(await exits.enter_async_context(open_bus(settings, databases)))
        services: dict[ServiceName, Instance] = {}
        for name in names:
            more = {"own": own[name]} if own and name in own else {}
            service = await _build_of(name)(
                settings,
                clock=clock,
                bus=bus,
                dsn=databases.services[name],
                strict=strict,
                probe=probe,
                **more,
            )
            exits.push_async_callback(service.stop)
            services[name] = service
        yield Stack(settings, clock, bus, services)


async def _lay_out(databases: Databases) -> None:
    from arrears import schemas  # Alembic: whoever does not migrate does without

    await schemas.migrate(databases)


@contextlib.asynccontextmanager
async def open_bus(settings: Settings, databases: Databases) -> AsyncIterator[Bus]:
    """Yield the bus the settings ask for, started."""
    bus = _make_bus(settings, databases)
    try:
        await bus.start()
        yield bus
    finally:
        await bus.stop()


def _make_bus(settings: Settings, databases: Databases) -> Bus:
    if databases.bus is not None:
        return EmbeddedBus(databases.bus, partitions=settings.partitions)
    return KafkaBus(
        settings.kafka_bootstrap,
        settings.partitions,
        security=security(settings),
        durability=Durability(
            settings.kafka_replication_factor, settings.kafka_min_insync_replicas
        ),
    )
