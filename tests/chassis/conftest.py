"""A toy service on a real store and a real bus."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from chassis.bus.embedded import EmbeddedBus
from chassis.bus.embedded_schema import lay_out
from chassis.clock import SimulatedClock
from chassis.runtime.instance import Instance
from chassis.settings import Settings
from chassis.store.migrate import migrate
from tests.chassis import toy

OpenToy = Callable[..., Awaitable[Instance]]


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(toy.START)


@pytest.fixture
async def bus(database: str) -> AsyncIterator[EmbeddedBus]:
    await lay_out(database)
    bus = EmbeddedBus(database, partitions=2)
    await bus.start()
    yield bus
    await bus.stop()


@pytest.fixture
async def four_lanes(database: str) -> AsyncIterator[EmbeddedBus]:
    await lay_out(database)
    bus = EmbeddedBus(database, partitions=4)
    await bus.start()
    yield bus
    await bus.stop()


@pytest.fixture
async def open_toy(
    database: str, bus: EmbeddedBus, clock: SimulatedClock, tmp_path: Path
) -> AsyncIterator[OpenToy]:
    """Builds instances of the toy service over one store; stops them in the end."""
    opened: list[Instance] = []

    async def open_one(**changes: Any) -> Instance:
        options = {"instance": f"toy-{len(opened)}", "data_dir": tmp_path, "lease_seconds": 1.0}
        settings = Settings(**(options | changes.pop("settings", {})))
        blueprint = changes.pop("blueprint", toy.blueprint())
        await migrate(database, blueprint.name, blueprint.migrations)
        service = await Instance.open(
            blueprint,
            settings,
            clock=changes.pop("clock", clock),
            bus=changes.pop("bus", bus),
            dsn=database,
            **changes,
        )
        opened.append(service)
        return service

    yield open_one
    for service in opened:
        await service.stop()
