"""The four services wired together: one clock, one bus, a schema of one PostgreSQL each."""

import contextlib
import importlib
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from chassis.bus.base import Bus
from chassis.bus.embedded import EmbeddedBus
from chassis.bus.kafka import KafkaBus
from chassis.clock import Clock
from chassis.runtime.instance import Instance
from chassis.servers.postgres import EmbeddedPostgres, ensure_database
from chassis.settings import SERVICES, ServiceName, Settings

DATABASE = "arrears"


class Build(Protocol):
    """What every `services.<name>.main` offers; `own` are a service's own settings."""

    def __call__(
        self, settings: Settings, *, clock: Clock, bus: Bus, dsn: str, strict: bool, **own: Any
    ) -> Awaitable[Instance]: ...


def _build_of(name: ServiceName) -> Build:
    build: Build = importlib.import_module(f"services.{name}.main").build
    return build


@dataclass(frozen=True)
class Stack:
    """The services by name, and what they share."""

    settings: Settings
    clock: Clock
    bus: Bus
    services: Mapping[ServiceName, Instance]

    async def forget_everything(self) -> None:
        """Empty every service's tables, for the next simulation on the same start.

        What is on the bus stays there and counts as read: the services begin behind it.
        """
        for service in self.services.values():
            await service.begin_again()


@contextlib.asynccontextmanager
async def open_store(settings: Settings, *, durable: bool = True) -> AsyncIterator[str]:
    """Yield the DSN of the settings' PostgreSQL, else of the one that comes with the package."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    server = EmbeddedPostgres(settings.data_dir / "postgres", durable=durable)
    async with server as dsn:
        yield await ensure_database(dsn, DATABASE)


@contextlib.asynccontextmanager
async def open_bus(settings: Settings, dsn: str) -> AsyncIterator[Bus]:
    """Yield the bus the settings ask for, started."""
    bus = make_bus(settings, dsn)
    await bus.start()
    try:
        yield bus
    finally:
        await bus.stop()


def make_bus(settings: Settings, dsn: str) -> Bus:
    """Return the bus the settings ask for, not started."""
    if settings.bus == "kafka":
        return KafkaBus(settings.kafka_bootstrap, settings.partitions)
    return EmbeddedBus(dsn, partitions=settings.partitions)


@contextlib.asynccontextmanager
async def open_stack(
    settings: Settings,
    *,
    clock: Clock,
    bus: Bus,
    dsn: str,
    strict: bool = False,
    own: Mapping[ServiceName, Any] | None = None,
) -> AsyncIterator[Stack]:
    """Yield the four services, connected but not running; they are let go of at the end.

    `strict` makes a failing wake-up raise instead of being put off: wanted in simulations. `own`
    replaces the settings a service otherwise reads from the environment for itself.
    """
    async with contextlib.AsyncExitStack() as exits:
        services: dict[ServiceName, Instance] = {}
        for name in SERVICES:
            opening = open_service(
                name,
                settings,
                clock=clock,
                bus=bus,
                dsn=dsn,
                strict=strict,
                own=(own or {}).get(name),
            )
            services[name] = await exits.enter_async_context(opening)
        yield Stack(settings, clock, bus, services)


@contextlib.asynccontextmanager
async def open_service(
    name: ServiceName,
    settings: Settings,
    *,
    clock: Clock,
    bus: Bus,
    dsn: str,
    strict: bool = False,
    own: Any = None,
) -> AsyncIterator[Instance]:
    """Yield one service, connected but not running."""
    more = {} if own is None else {"own": own}
    service = await _build_of(name)(settings, clock=clock, bus=bus, dsn=dsn, strict=strict, **more)
    try:
        yield service
    finally:
        await service.stop()
