"""Deciding in turns, one lane after the other, while the others write."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_PATIENCE_SECONDS = 1.0


class DecidingInTurn:
    """Lets one lane decide at a time: side by side they would only push one another's batches out
    of the processor's cache.

    It is no protection, and a lane that takes long stops nobody: who has waited for
    `patience_seconds` decides without a turn.
    """

    def __init__(self, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._patience_seconds = patience_seconds
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def next(self) -> AsyncIterator[None]:
        """One's turn, as long as it is held."""
        has_turn = await self._wait()
        try:
            yield
        finally:
            if has_turn:
                self._lock.release()

    async def _wait(self) -> bool:
        try:
            async with asyncio.timeout(self._patience_seconds):
                return await self._lock.acquire()
        except TimeoutError:
            return False
