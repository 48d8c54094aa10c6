"""A notifier to talk to, on a store of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest_asyncio

from chassis.bus.embedded import EmbeddedBus
from chassis.clock import SimulatedClock
from chassis.settings import Settings
from services.notifier.main import build
from services.notifier.settings import NotifierSettings
from tests.notifier.world import World, prepared

START = datetime(2026, 3, 10, 1, tzinfo=UTC)
"""09:00 on 10 March 2026 in Shanghai."""

Open = Callable[..., Awaitable[World]]


@pytest_asyncio.fixture
async def open_world(database: str, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens notifiers on the test's store; a second one stands for the process after a crash."""
    async with AsyncExitStack() as exits:

        async def opened(*, start: datetime = START, **own: Any) -> World:
            settings = Settings(data_dir=tmp_path / "data", partitions=2)
            clock = SimulatedClock(start)
            bus = EmbeddedBus(database, partitions=2)
            await bus.start()
            exits.push_async_callback(bus.stop)
            await prepared(bus)
            outbox = tmp_path / "outbox"
            service = await build(
                settings,
                clock=clock,
                bus=bus,
                dsn=database,
                strict=True,
                own=NotifierSettings(outbox=outbox, **own),
            )
            exits.push_async_callback(service.stop)
            return World(service, clock, bus, settings, outbox)

        yield opened


@pytest_asyncio.fixture
async def world(open_world: Open) -> World:
    """A notifier with files for every channel, that knows the creditor's terms."""
    opened = await open_world()
    await opened.terms()
    return opened
