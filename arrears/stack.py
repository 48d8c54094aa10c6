"""Services wired together: the one place that opens store, bus and services, for `arrears up` and
`arrears serve`, simulations and measurements alike.
"""

import contextlib
import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chassis.bus.base import Bus
from chassis.bus.embedded import EmbeddedBus
from chassis.bus.kafka import KafkaBus
from chassis.clock import Clock, WallClock
from chassis.runtime.instance import Instance, Probe, no_probe
from chassis.servers.postgres import EmbeddedPostgres, ensure_database
from chassis.settings import SERVICES, ServiceName, Settings

DATABASE = "arrears"
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
) -> AsyncIterator[Stack]:
    """Yield some services on the settings' store and bus, each with a schema of its own, connected
    but not running. At the end they are let go of: services first, then the bus, then the store.

    `clock` is the wall's unless given, `wrap` puts something around the bus. `durable` is given up
    and `strict` makes a failing wake-up raise instead of being put off in simulations; `probe` is
    called where a crash hurts most. `own` replaces the settings a service otherwise reads from the
    environment for itself.
    """
    clock = clock or WallClock()
    async with contextlib.AsyncExitStack() as exits:
        dsn = await exits.enter_async_context(open_store(settings, durable=durable))
        bus = wrap(await exits.enter_async_context(open_bus(settings, dsn)))
        services: dict[ServiceName, Instance] = {}
        for name in names:
            more = {"own": own[name]} if own and name in own else {}
            service = await _build_of(name)(
                settings, clock=clock, bus=bus, dsn=dsn, strict=strict, probe=probe, **more
            )
            exits.push_async_callback(service.stop)
            services[name] = service
        yield Stack(settings, clock, bus, services)


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
    bus = _make_bus(settings, dsn)
    await bus.start()
    try:
        yield bus
    finally:
        await bus.stop()


def _make_bus(settings: Settings, dsn: str) -> Bus:
    if settings.bus == "kafka":
        return KafkaBus(settings.kafka_bootstrap, settings.partitions)
    return EmbeddedBus(dsn, partitions=settings.partitions)
