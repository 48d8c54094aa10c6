"""Waking waiting readers: one LISTEN connection per bus, opened again when lost."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import structlog

_RETRY_SECONDS = 1.0
_PROBE_SECONDS = 15.0

log = structlog.get_logger(__name__)

Connection = Any  # asyncpg's connections and pool proxies have no common typed ancestor


class Waker:
    """Sets the events of the readers whose partitions were published to.

    `connected` says whether notifications arrive; while it is false a reader polls. Events are set
    whenever that changes, since notifications may have been missed in between.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]], channel: str) -> None:
        self._connect = connect
        self._channel = channel
        self._waiting: dict[asyncio.Event, frozenset[str]] = {}
        self._task: asyncio.Task[None] | None = None
        self.connected = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="bus-listen")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def register(self, partitions: frozenset[str]) -> asyncio.Event:
        """Return an event set on each publish to one of `partitions`, named "topic partition"."""
        event = asyncio.Event()
        self._waiting[event] = partitions
        return event

    def unregister(self, event: asyncio.Event) -> None:
        self._waiting.pop(event, None)

    def _notified(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        for event, partitions in self._waiting.items():
            if payload in partitions:
                event.set()

    def _switch(self, *, connected: bool) -> None:
        self.connected = connected
        for event in self._waiting:
            event.set()

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("bus_listen_lost", error=error)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen(self) -> None:
        connection = await self._connect()
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(self._channel, self._notified)
            self._switch(connected=True)
            await _until_lost(connection, lost)
        finally:
            self._switch(connected=False)
            connection.terminate()


async def _until_lost(connection: Connection, lost: asyncio.Event) -> None:
    """Return when the connection closed; probe it, for a half-open one says nothing."""
    while not lost.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PROBE_SECONDS):
                await lost.wait()
        if not lost.is_set():
            await connection.execute("select 1", timeout=_PROBE_SECONDS)
