"""The link to a message centre: bound when it is wanted, and again after it was lost."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from smpp34 import Client, DeliverSmEvent, Disconnected, SmppError, Smsc

from chassis.logging import get_logger

log = get_logger(__name__)

_PAUSE_MAX = timedelta(minutes=1)

Heard = Callable[[DeliverSmEvent], Awaitable[None]]


class Resting(OSError):
    """The last tries to bind failed, and the next one is not yet due."""


@dataclass
class Link:
    """Each binding takes a client of its own from `make`; `heard` is told what the centre sends.

    The library acknowledges what a centre sends before it hands it out: what a crash catches
    between there and `heard` is lost.
    """

    make: Callable[[], Client]
    now: Callable[[], datetime]
    heard: Heard | None = None
    client: Client | None = None
    _smsc: Smsc | None = None
    _binding: asyncio.Lock = field(default_factory=asyncio.Lock)
    _failures: int = 0
    _failed_at: datetime | None = None
    _listening: "asyncio.Task[None] | None" = None

    async def bound(self) -> Smsc:
        """The session, bound anew where there is none; raises `SmppError` or `OSError` when that
        fails, after which nothing is tried for a while, twice as long each time up to a minute.
        """
        async with self._binding:
            if self._smsc is not None and self.client is not None and await self.client.is_alive():
                return self._smsc
            await self.stop()
            self._require_rested()
            self.client = self.make()
            try:
                self._smsc = await self.client.connect()
            except (SmppError, OSError):
                self._failures, self._failed_at = self._failures + 1, self.now()
                await self.stop()
                raise
            self._failures = 0
            self._listening = asyncio.create_task(self._listen(self._smsc))
            return self._smsc

    async def stop(self) -> None:
        """End the session."""
        client, self.client, self._smsc = self.client, None, None
        listening, self._listening = self._listening, None
        if client is not None:
            try:
                await client.stop()
            except (SmppError, OSError) as error:
                log.warning("smpp_not_stopped", error=error)
        if listening is not None:
            listening.cancel()

    def _require_rested(self) -> None:
        if not self._failures or self._failed_at is None:
            return
        pause = min(timedelta(seconds=2 ** min(self._failures - 1, 6)), _PAUSE_MAX)
        if self._failed_at <= self.now() < self._failed_at + pause:
            raise Resting

    async def _listen(self, smsc: Smsc) -> None:
        while True:
            event = await smsc.next()
            if isinstance(event, Disconnected):
                return
            if self.heard is not None:
                try:
                    await self.heard(event)
                except Exception as error:
                    log.exception("smpp_not_heard", error=error)
