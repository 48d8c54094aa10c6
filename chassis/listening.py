"""Hearing what PostgreSQL notifies: a connection that listens, opened again when it is lost."""

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


class Listening:
    """Calls `heard` with what is notified on a channel.

    `connected` says whether notifications arrive; `switched` is called whenever that changes, since
    some may have been missed in between.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        channel: str,
        heard: Callable[[str], None],
        switched: Callable[[], None],
    ) -> None:
        self._connect = connect
        self._channel = channel
        self._heard = heard
        self._switched = switched
        self._task: asyncio.Task[None] | None = None
        self.connected = False

    def start(self) -> None:
        """Begin, and go on until `stop`."""
        self._task = asyncio.create_task(self._run(), name=f"listen {self._channel}")

    async def stop(self) -> None:
        """Let go of the connection."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            # who listens no more is not told, and finds everything out late
            except Exception as error:  # noqa: BLE001
                log.warning("listening_lost", state=self._channel, error=error)
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
            with contextlib.suppress(asyncpg.InterfaceError):  # its pool has let go of it
                connection.terminate()

    def _notified(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self._heard(str(payload))

    def _switch(self, *, connected: bool) -> None:
        self.connected = connected
        self._switched()


async def _until_lost(connection: Connection, lost: asyncio.Event) -> None:
    """Return when the connection closed; probe it, for a half-open one says nothing."""
    while not lost.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PROBE_SECONDS):
                await lost.wait()
        if not lost.is_set():
            await connection.execute("select 1", timeout=_PROBE_SECONDS)
