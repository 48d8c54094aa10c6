"""What was read of a lane and waits to be consumed, handed out in batches at a pace."""

import asyncio
import time

from chassis.bus.base import Record

_BATCHES_AHEAD = 2
_LANE_PACE = 0.1
"""Seconds from a lane's last small batch to the next. Whatever comes alone passes at once; what
comes in a steady trickle shares a commit instead of paying for one each.
"""
_SMALL = 100  # records: a fuller batch is worth its commit


class Pace:
    """Keeps a loop from going round more often than every so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    async def wait(self) -> None:
        """Return at once after a pause, else when the time has come."""
        now = time.monotonic()
        if now < self._next:
            await asyncio.sleep(self._next - now)
        self._next = time.monotonic() + self._seconds


class Backlog:
    """What was read of a lane and is not consumed yet; `size` is that of a batch, at most."""

    def __init__(self, batch_size: int) -> None:
        self.size = batch_size
        self._queue: asyncio.Queue[list[Record]] = asyncio.Queue(_BATCHES_AHEAD)
        self._rest: list[Record] = []
        self._pace = Pace(_LANE_PACE)
        self._is_over = False

    async def put(self, records: list[Record]) -> None:
        """Add what was read, once there is room; after the end it is dropped, since nobody makes
        room any more.
        """
        if not self._is_over:
            await self._queue.put(records)

    async def next(self) -> list[Record]:
        """The next batch, as full as what waits makes it: a lane that is behind catches up in few
        commits. Empty at the end.
        """
        records = self._rest or await self._queue.get()
        if records and len(records) < _SMALL:
            await self._pace.wait()
        while records and len(records) < self.size and not self._queue.empty():
            more = self._queue.get_nowait()
            if not more:  # the end is after this batch
                self._queue.put_nowait(more)
                break
            records = [*records, *more]
        self._rest = records[self.size :]
        return records[: self.size]

    def end(self) -> None:
        """Forget what waits and let whoever consumes find the end."""
        self._is_over = True
        self._rest = []
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait([])
