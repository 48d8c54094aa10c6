"""Waking waiting readers of the embedded bus."""

import asyncio
from collections.abc import Awaitable, Callable

from chassis.listening import Connection, Listening


class Waker:
    """Sets the events of the readers whose partitions were published to.

    `connected` says whether notifications arrive; while it is false a reader polls. Events are set
    whenever that changes, since notifications may have been missed in between.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]], channel: str) -> None:
        self._listening = Listening(connect, channel, self._notified, self._wake_all)
        self._waiting: dict[asyncio.Event, frozenset[str]] = {}

    @property
    def connected(self) -> bool:
        """Whether notifications arrive."""
        return self._listening.connected

    def start(self) -> None:
        self._listening.start()

    async def stop(self) -> None:
        await self._listening.stop()

    def register(self, event: asyncio.Event, partitions: frozenset[str]) -> None:
        """Have an event set on each publish to one of `partitions`, named "topic partition"."""
        self._waiting[event] = partitions

    def unregister(self, event: asyncio.Event) -> None:
        self._waiting.pop(event, None)

    def _notified(self, payload: str) -> None:
        for event, partitions in self._waiting.items():
            if payload in partitions:
                event.set()

    def _wake_all(self) -> None:
        for event in self._waiting:
            event.set()
