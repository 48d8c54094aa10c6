"""A watch over the chain that outlives the servers it asks."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime

import asyncpg
from aiokafka.errors import KafkaError

from chassis.settings import ServiceName
from tests.chaos.watching import Watch, watching
from tests.faults.watching import Lag

_AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError)
_UNKNOWN = Lag(unread=1)
"""As long as a server is away, nobody knows that nothing is left."""


class PatientWatch(Watch):
    """Connects anew where a server was restarted; until then something is left to do."""

    def __init__(self, dsns: Mapping[ServiceName, str], bootstrap: str) -> None:
        self._where = dsns, bootstrap
        self._exits = contextlib.AsyncExitStack()

    async def open(self) -> None:
        fresh = await self._exits.enter_async_context(watching(*self._where))
        super().__init__(fresh.connections, fresh.consumer)

    async def close(self) -> None:
        with contextlib.suppress(*_AWAY):
            await self._exits.aclose()

    async def look(self, now: datetime) -> Lag:
        try:
            return await super().look(now)
        except _AWAY:
            await self._reconnect()
            return _UNKNOWN

    async def _reconnect(self) -> None:
        await self.close()
        with contextlib.suppress(*_AWAY):
            fresh = await self._exits.enter_async_context(watching(*self._where))
            self.connections, self.consumer = fresh.connections, fresh.consumer


@contextlib.asynccontextmanager
async def patiently_watching(
    dsns: Mapping[ServiceName, str], bootstrap: str
) -> AsyncIterator[PatientWatch]:
    watch = PatientWatch(dsns, bootstrap)
    await watch.open()
    try:
        yield watch
    finally:
        await watch.close()
