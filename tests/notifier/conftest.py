"""A notifier to talk to, on a store of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest_asyncio

from services.notifier.main import build
from services.notifier.settings import NotifierSettings
from tests.notifier.world import World
from tests.support.debtor_world import START

Open = Callable[..., Awaitable[World]]


@pytest_asyncio.fixture
async def open_world(database: str, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens notifiers on the test's store; a second one stands for the process after a crash."""
    async with AsyncExitStack() as exits:

        async def opened(*, start: datetime = START, **own: Any) -> World:
            settings = NotifierSettings(outbox=tmp_path / "outbox", **own)
            world = World.open(build, database, start, tmp_path, own=settings)
            return await exits.enter_async_context(world)

        yield opened


@pytest_asyncio.fixture
async def world(open_world: Open) -> World:
    """A notifier that knows the creditor's terms."""
    opened = await open_world()
    await opened.terms()
    return opened
