"""Keeping an instance's share of the lanes: what is gained is begun, what is given back is finished
before.

Whoever joins, leaves or gives a lane back notifies the others on a channel of the store, on which
they hear too what somebody else wrote in their lanes; one that hears nothing looks every third of a
lease.
"""

import asyncio
from typing import Protocol

from chassis.listening import Connection, Listening
from chassis.logging import get_logger
from chassis.metrics import Metrics
from chassis.runtime.bells import Bells
from chassis.runtime.leases import Leases
from chassis.runtime.signals import wait_for_signal
from chassis.store.pool import ACQUIRE_SECONDS

log = get_logger(__name__)

NOTHING_TODO = "nothing: others take these lanes when the lease has run out"
_FINISH_SECONDS = 10.0
_PUBLISH_SECONDS = 5.0
_SOON_SECONDS = 0.2


class Reads(Protocol):
    """Reads the lanes that are kept (`Lanes`)."""

    def look(self) -> None: ...
    async def finish(self, lane: int, seconds: float) -> None: ...


class Works(Protocol):
    """Works on the lanes that are held (`Round`)."""

    leases: Leases
    bells: Bells

    async def give_back(self, lane: int, publish_seconds: float) -> None: ...


class Sharing:
    """The lanes of one live instance among its like; one that does not publish leaves that to the
    others.
    """

    def __init__(self, round_: Works, lanes: Reads, metrics: Metrics, *, publishes: bool) -> None:
        self._round = round_
        self._leases = round_.leases
        self._bells = round_.bells
        self._lanes = lanes
        self._metrics = metrics
        metrics.lanes.labels(metrics.service).set(0)  # who never had one owns none
        self._publish_seconds = _PUBLISH_SECONDS if publishes else 0.0
        self._told = asyncio.Event()
        self._is_short = False
        self._counted: dict[int, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening = Listening(
            self._connect,
            round_.bells.channel,
            self._heard,
            self._switched,
        )

    async def start(self) -> None:
        """Join the others."""
        self._listening.start()
        await self.look()

    async def keep(self) -> None:
        """Wait until something may have changed, and look."""
        seconds = _SOON_SECONDS if self._is_short else self._leases.lease_seconds / 3
        await wait_for_signal(self._told, seconds)
        await self.look()

    async def look(self) -> None:
        """Be seen, take what is free of the share, and begin to give back what is beyond it."""
        try:
            found = await self._leases.refresh()
        finally:  # what was taken is held, however it ended afterwards
            if self._leases.held != self._counted:
                self._tell()
        self._is_short = found.is_short
        for lane in found.surplus:
            self._leases.giving.add(lane)
            task = asyncio.create_task(self._give_back(lane))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def leave(self) -> None:
        """Give every lane back, each as soon as its batch in hand has ended."""
        await self._listening.stop()
        self._leases.is_leaving = True
        try:
            await self.look()
        # the lease runs out by itself
        except Exception as error:  # noqa: BLE001
            log.warning("lanes_not_given_back", error=error, todo=NOTHING_TODO)
        await asyncio.gather(*self._tasks)

    async def _give_back(self, lane: int) -> None:
        try:
            await self._lanes.finish(lane, _FINISH_SECONDS)
            await self._round.give_back(lane, self._publish_seconds)
        # tried again with the next look
        except Exception as error:  # noqa: BLE001
            log.warning("lane_not_given_back", lane=lane, error=error)
        finally:
            self._leases.giving.discard(lane)
            self._tell()

    def _tell(self) -> None:
        metrics, before = self._metrics, self._counted
        held = self._counted = dict(self._leases.held)
        metrics.lanes.labels(metrics.service).set(len(held))
        taken = sum(before.get(lane) != epoch for lane, epoch in held.items())
        metrics.lane_moves.labels(metrics.service, "taken").inc(taken)
        metrics.lane_moves.labels(metrics.service, "left").inc(len(before.keys() - held.keys()))
        log.info("lanes_changed", count=len(held), lanes=", ".join(map(str, sorted(held))))
        self._lanes.look()

    def _heard(self, told: str) -> None:
        if not self._bells.heard(told):
            self._told.set()

    def _switched(self) -> None:
        """Look at everything: what was told while nobody listened was missed."""
        self._told.set()
        self._bells.ring_all()

    async def _connect(self) -> Connection:
        return await self._leases.pool.acquire(timeout=ACQUIRE_SECONDS)
