"""A legal service to talk to, on a store of its own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio

from chassis.bus.embedded import EmbeddedBus
from chassis.clock import SimulatedClock
from chassis.settings import Settings
from services.legal.main import build
from services.legal.settings import LegalSettings
from tests.legal.world import LegalWorld
from tests.notifier.world import prepared

START = datetime(2026, 3, 10, 1, tzinfo=UTC)
"""09:00 on 10 March 2026 in Shanghai."""


@pytest_asyncio.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[LegalWorld]:
    """A legal service that knows the creditor's terms."""
    async with AsyncExitStack() as exits:
        settings = Settings(data_dir=tmp_path / "data", partitions=2)
        clock = SimulatedClock(START)
        bus = EmbeddedBus(database, partitions=2)
        await bus.start()
        exits.push_async_callback(bus.stop)
        await prepared(bus)
        folder = tmp_path / "documents"
        service = await build(
            settings,
            clock=clock,
            bus=bus,
            dsn=database,
            strict=True,
            own=LegalSettings(documents=folder),
        )
        exits.push_async_callback(service.stop)
        opened = LegalWorld(service, clock, bus, settings, folder)
        await opened.terms()
        yield opened
