"""Reading on the wall clock: one fetcher for all lanes an instance holds, and a task per lane that
consumes what was fetched for it.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from chassis.bus.base import Record
from chassis.logging import get_logger
from chassis.runtime.backlog import Backlog
from chassis.runtime.handling import STOP
from chassis.runtime.leases import LaneLost
from chassis.runtime.round import Round
from chassis.runtime.signals import is_cancelled

log = get_logger(__name__)

TODO = (
    "put right what the reason names, then start this instance again: it goes on where its "
    "store stands, nothing is lost"
)
_BACKOFF_SECONDS = 1.0
_STOP_SECONDS = 20.0


class Lanes:
    """The tasks of the lanes that are read.

    After `reopen.set()` everything is read again from where the store stands. `give_up` is told
    what trying again does not help.
    """

    def __init__(
        self, round_: Round, batch_size: int, give_up: Callable[[BaseException], None]
    ) -> None:
        self.reopen = asyncio.Event()
        self._round = round_
        self._batch_size = batch_size
        self._give_up = give_up
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._backlogs: dict[int, Backlog] = {}
        self._smaller: dict[int, int] = {}
        """How large the next batch of a lane is whose last one failed."""

    async def fetch(self, wait_seconds: float) -> None:
        """Hand what comes next to the lanes it belongs to."""
        if self.reopen.is_set():
            self.reopen.clear()
            await self._begin_again()
        reading = self._round.reading
        if reading.reader is None:
            await asyncio.sleep(wait_seconds)
            return
        size = self._batch_size * max(1, len(self._tasks))
        for lane, records in (await reading.fetch(size, wait_seconds)).items():
            await self._backlogs[lane].put(records)

    async def stop(self) -> None:
        """Let the batches in hand commit; what else was fetched is read again another time."""
        tasks, self._tasks = list(self._tasks.values()), {}
        backlogs, self._backlogs = list(self._backlogs.values()), {}
        for backlog in backlogs:
            backlog.end()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)  # none may work on beside a new one

    async def _begin_again(self) -> None:
        await self.stop()
        lanes = list(self._round.leases.held)
        await self._round.reading.reopen(lanes)
        for lane in lanes:
            self._backlogs[lane] = Backlog(self._smaller.pop(lane, self._batch_size))
            self._tasks[lane] = asyncio.create_task(self._consume(lane))
            self._round.signals.notify(lane)

    async def _consume(self, lane: int) -> None:
        """Consume a lane until told to stop (an empty batch) or something fails; then everything is
        read again.
        """
        backlog = self._backlogs[lane]
        while records := await backlog.next():
            try:
                await self._round.consume(lane, records)
            except LaneLost:
                backlog.end()
                self.reopen.set()
                return
            except STOP as error:
                self._give_up(error)
                backlog.end()  # nobody makes room any more; the other lanes go on
                log.exception("lane_gave_up", error=error, todo=TODO, **_batch(lane, records))
                return
            # rolled back as a whole; read again from the store's offsets
            except (Exception, asyncio.CancelledError) as error:
                backlog.end()
                # it may have taken longer than a transaction may: half of it takes half as long
                self._smaller[lane] = max(1, len(records) // 2)
                if is_cancelled():
                    raise
                log.warning("batch_failed", error=error, **_batch(lane, records))
                await asyncio.sleep(_BACKOFF_SECONDS)
                self.reopen.set()
                return
            backlog.size = min(self._batch_size, 2 * backlog.size)


def _batch(lane: int, records: Sequence[Record]) -> dict[str, Any]:
    """What a log line says of a batch: the first of its records, and how many they are."""
    first = records[0]
    return {"lane": lane, "topic": first.topic, "offset": first.offset, "count": len(records)}
