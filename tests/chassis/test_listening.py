"""Hearing what PostgreSQL notifies, whatever happens to the connection."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from chassis.listening import Listening


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.TargetServerAttributeNotMatched("none of the hosts is the primary"),
        asyncpg.InternalClientError("its word is half read"),
        ConnectionRefusedError("nobody is there"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_whatever_a_connection_fails_with_it_listens_again(
    database: str, error: Exception
) -> None:
    """As where a primary has failed and no standby is promoted yet."""
    failures, heard = [error], list[str]()

    async def connect() -> Any:
        if failures:
            raise failures.pop()
        return await asyncpg.connect(database)

    listening = Listening(connect, "news", heard.append, lambda: None)
    listening.start()
    await _until(lambda: listening.connected)
    speaker = await asyncpg.connect(database)
    await speaker.execute("notify news, 'is here'")
    await _until(lambda: heard == ["is here"])
    await speaker.close()
    await listening.stop()
    assert not listening.connected


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():
            await asyncio.sleep(0.01)
