"""A service on the wall clock: one fetcher, a worker per lane, and loops for leases, wake-ups and
publishing.

A loop that fails logs, waits a little and goes on from what the store says; nothing it does is kept
unless it was committed, so going on is always safe. `check` raises when a loop stopped for good,
which makes `/readyz` say so.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from chassis.bus.base import OffsetLost, Record
from chassis.errors import Misconfigured
from chassis.logging import get_logger
from chassis.runtime.backlog import Backlog, Pace
from chassis.runtime.consumer import STOP
from chassis.runtime.leases import LaneLost

if TYPE_CHECKING:
    from chassis.runtime.service import Service

log = get_logger(__name__)

_IDLE_SECONDS = 0.5
_BACKOFF_SECONDS = 1.0
_STOP_SECONDS = 20.0
_LAG_SECONDS = 5.0
_STUCK_SECONDS = 60.0
_HAND_OVER_PACE = 0.05  # seconds between rounds of publishing, and of gateways
_VIEW_PACE = 0.2  # and of the views, which nobody's message waits for


class Live:
    """The running loops of one service instance."""

    def __init__(self, service: "Service") -> None:
        self._service = service
        self._tasks: list[asyncio.Task[None]] = []
        self._lanes: dict[int, asyncio.Task[None]] = {}
        self._backlogs: dict[int, Backlog] = {}
        self._writing: dict[int, asyncio.Lock] = {}
        self._reopen = asyncio.Event()
        self._relay_pace, self._worker_pace = Pace(_HAND_OVER_PACE), Pace(_HAND_OVER_PACE)
        self._view_pace = Pace(_VIEW_PACE)
        self._stopping = False
        self._fatal: BaseException | None = None

    async def start(self) -> None:
        """Take lanes and start the loops."""
        await self._service.leases.refresh()
        self._reopen.set()
        loops: dict[str, Callable[[], Awaitable[None]]] = {
            "leases": self._keep_leases,
            "fetch": self._fetch,
            "wakes": self._fire,
            "relay": self._publish,
            "views": self._project,
            "workers": self._work,
            "lag": self._watch_lag,
        }
        self._tasks = [asyncio.create_task(self._forever(*loop)) for loop in loops.items()]

    async def stop(self) -> None:
        """Stop reading, let the batch in hand commit, publish what is committed."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stop_lanes()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                self._service.dirty.update(self._service.leases.held)
                await self._publish_dirty()
        # what was not published stays in the store and goes out next time
        except Exception as error:  # noqa: BLE001
            log.warning("stopped_before_publishing", error=error)

    def check(self) -> None:
        """Raise `Misconfigured` when a loop had to give up."""
        if self._fatal is not None:
            raise Misconfigured(f"{self._service.name} stopped working: {self._fatal}")

    async def _forever(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        while not self._stopping:
            try:
                await loop()
            except asyncio.CancelledError:
                raise
            except (*STOP, OffsetLost) as error:
                self._fatal = error
                log.exception(
                    "loop_gave_up", state=name, error=error, todo=_todo(error), **_where(error)
                )
                return
            except Exception as error:  # noqa: BLE001 - see the module's docstring
                log.warning("loop_failed", state=name, error=error)
                if name == "fetch":
                    self._reopen.set()
                await asyncio.sleep(_BACKOFF_SECONDS)

    # Lanes

    async def _keep_leases(self) -> None:
        service = self._service
        await asyncio.sleep(service.settings.lease_seconds / 3)
        gained, lost = await service.leases.refresh()
        service.metrics.lanes.labels(service.name).set(len(service.leases.held))
        if gained or lost:
            log.info("lanes_changed", count=len(service.leases.held))
            self._reopen.set()

    async def _fetch(self) -> None:
        if self._reopen.is_set():
            self._reopen.clear()
            await self._stop_lanes()
            lanes = list(self._service.leases.held)
            await self._service.reading.reopen(lanes)
            self._start_lanes(lanes)
            for lane in lanes:
                self._service.stir(lane)
        service = self._service
        if service.reading.reader is None:
            await asyncio.sleep(_IDLE_SECONDS)
            return
        size = service.settings.batch_size * max(1, len(self._lanes))
        for lane, records in (await service.reading.fetch(size, _IDLE_SECONDS)).items():
            await self._backlogs[lane].put(records)

    def _start_lanes(self, lanes: list[int]) -> None:
        for lane in lanes:
            self._backlogs[lane] = Backlog(self._service.settings.batch_size)
            self._lanes[lane] = asyncio.create_task(self._consume_lane(lane))

    async def _stop_lanes(self) -> None:
        tasks, self._lanes = list(self._lanes.values()), {}
        backlogs, self._backlogs = list(self._backlogs.values()), {}
        for backlog in backlogs:
            backlog.end()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()

    async def _consume_lane(self, lane: int) -> None:
        """Consume a lane until told to stop (an empty batch) or something fails; then everything is
        read again.
        """
        service, backlog = self._service, self._backlogs[lane]
        while records := await backlog.next():
            try:
                async with self._lock(lane):
                    await service.consumer.consume(lane, records, service.reading.positions)
            except LaneLost:
                service.metrics.fenced.labels(service.name, str(lane)).inc()
                self._reopen.set()
                return
            except STOP as error:
                self._fatal = error
                log.exception(
                    "lane_gave_up", error=error, todo=_todo(error), **_batch(lane, records)
                )
                return
            # rolled back as a whole; read again from the store's offsets
            except Exception as error:  # noqa: BLE001
                log.warning("batch_failed", error=error, **_batch(lane, records))
                await asyncio.sleep(_BACKOFF_SECONDS)
                self._reopen.set()
                return
            service.stir(lane)

    def _lock(self, lane: int) -> asyncio.Lock:
        return self._writing.setdefault(lane, asyncio.Lock())

    # Timers, publishing, gateways

    async def _fire(self) -> None:
        service = self._service
        fired = 0
        for lane in await service.wakes.lanes_due():
            try:
                async with self._lock(lane):
                    fired += await service.wakes.fire(lane)
            except LaneLost:
                self._reopen.set()
            service.stir(lane)
        if not fired:
            await asyncio.sleep(_IDLE_SECONDS)

    async def _publish(self) -> None:
        service = self._service
        if not await _rung(service.stirred.relay, _IDLE_SECONDS):
            service.dirty.update(service.leases.held)
        await self._relay_pace.wait()
        await self._publish_dirty()

    async def _project(self) -> None:
        """Bring the views up, apart from publishing: nobody's message waits for a table."""
        service = self._service
        if not await _rung(service.stirred.views, _IDLE_SECONDS):
            service.unprojected.update(service.leases.held)
        await self._view_pace.wait()
        while service.unprojected:
            await service.projector.project(service.unprojected.pop())

    async def _publish_dirty(self) -> None:
        service = self._service
        lanes = [lane for lane in service.dirty if lane in service.leases.held]
        service.dirty.clear()
        results = await asyncio.gather(
            *(service.relay.relay(lane) for lane in lanes), return_exceptions=True
        )
        for lane, result in zip(lanes, results, strict=True):
            if isinstance(result, LaneLost):
                self._reopen.set()
            elif isinstance(result, BaseException):
                service.dirty.add(lane)
                raise result

    async def _work(self) -> None:
        service = self._service
        await self._worker_pace.wait()
        done = 0
        for worker in service.blueprint.workers:
            done += await worker(service)
        done += await service.forgetting.run()
        if not done:
            await _rung(service.stirred.workers, _IDLE_SECONDS)

    # Watching

    async def _watch_lag(self) -> None:
        service = self._service
        before = dict(service.reading.positions)
        stuck_seconds = 0.0
        while True:
            await asyncio.sleep(_LAG_SECONDS)
            ends = await service.bus.end_offsets(service.blueprint.reads)
            now = dict(service.reading.positions)
            await service.report_positions()
            for (topic, lane), position in now.items():
                lag = max(0, ends.get((topic, lane), 0) - position)
                service.metrics.lag.labels(service.name, topic, str(lane)).set(lag)
            stuck = service.reading.behind(ends) > 0 and now == before
            stuck_seconds = stuck_seconds + _LAG_SECONDS if stuck else 0.0
            if stuck_seconds >= _STUCK_SECONDS:
                log.error("reader_stuck", lag=service.reading.behind(ends))
                self._reopen.set()
                stuck_seconds = 0.0
            before = now


def _batch(lane: int, records: Sequence[Record]) -> dict[str, Any]:
    """What a log line says of a batch: the first of its records, and how many they are."""
    first = records[0]
    return {"lane": lane, "topic": first.topic, "offset": first.offset, "count": len(records)}


def _where(error: BaseException) -> dict[str, Any]:
    if isinstance(error, OffsetLost):
        return {"topic": error.topic, "lane": error.partition, "offset": error.offset}
    return {}


def _todo(error: BaseException) -> str:
    """What an operator does about an error that trying again does not help."""
    if isinstance(error, OffsetLost):
        return (
            "give the topic back what it lost, or move this service to a store that has not read "
            "from it, then start the service again"
        )
    return (
        "put right what the reason names, then start this instance again: it goes on where its "
        "store stands, nothing is lost"
    )


async def _rung(bell: asyncio.Event, seconds: float) -> bool:
    """Wait for a bell, which is then silent again; False when it was not rung in time."""
    try:
        await asyncio.wait_for(bell.wait(), seconds)
    except TimeoutError:
        return False
    bell.clear()
    return True
