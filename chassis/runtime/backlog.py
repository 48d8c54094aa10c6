"""What was read of a lane and waits to be consumed, handed out in batches: what comes while one is
in hand is the next.
"""

import asyncio
from collections.abc import Sequence
from itertools import accumulate, chain, takewhile

from chassis.bus.base import Record

FIRST_SIZE = 500
BYTES_MAX = 16 << 20
"""Of a batch, but for a single record; a lane holds twice as much, and what comes in one fetch."""
_BATCHES_AHEAD = 2
_QUICK_SECONDS = 1.0
_SLOW_SECONDS = 3.0


class Backlog:
    """What was read of a lane and is not consumed yet; `size` is that of a batch, at most.

    It grows up to `size_max` while there is more than fits and a batch is quick: the larger a
    batch, the less an event costs. `room` is set when there may be room again.
    """

    def __init__(self, size: int, size_max: int, room: asyncio.Event) -> None:
        self.size = size
        self._size_max = size_max
        self._room = room
        self._bytes = 0
        """Of the records that wait."""
        self._records: list[Record] = []
        self._in_hand: list[Record] = []
        self._filled = asyncio.Event()
        self.is_over = False

    @property
    def is_full(self) -> bool:
        """Whether no more of its lane should be read for now."""
        ahead = _BATCHES_AHEAD
        return len(self._records) >= ahead * self.size or self._bytes >= ahead * BYTES_MAX

    def put(self, records: list[Record]) -> None:
        """Add what was read; after the end it is dropped."""
        if not self.is_over:
            self._records.extend(records)
            self._bytes += _bytes_of(records)
            self._filled.set()

    async def next(self) -> list[Record]:
        """The next batch, as full as what waits makes it: a lane that is behind catches up in few
        commits. Empty at the end.
        """
        self._in_hand = []
        await self._filled.wait()
        batch = self._records[: self.size]
        if (number := _bytes_of(batch)) > BYTES_MAX:
            batch = batch[: _fitting(batch)]
            number = _bytes_of(batch)
        self._records = self._records[len(batch) :]
        self._bytes -= number
        if not self._records and not self.is_over:
            self._filled.clear()
        self._room.set()
        self._in_hand = batch
        return batch

    def took(self, seconds: float) -> None:
        """Choose the size of the next batch by how long the one in hand took."""
        number = len(self._in_hand)
        if seconds > _SLOW_SECONDS:
            self.size = max(1, number // 2)
        elif seconds < _QUICK_SECONDS and number >= self.size:
            self.size = min(self._size_max, 2 * self.size)

    def first_of(self, topic: str) -> Record | None:
        """The first record of a topic that is not consumed, as far as they were read."""
        read = chain(self._in_hand, self._records)
        return next((record for record in read if record.topic == topic), None)

    def end(self) -> None:
        """Forget what waits and let whoever consumes find the end."""
        self.is_over = True
        self._records = []
        self._bytes = 0
        self._filled.set()


def _bytes_of(records: Sequence[Record]) -> int:
    return sum([len(record.value) for record in records])


def _fitting(records: Sequence[Record]) -> int:
    """How many of the first records fit into a batch, at least one."""
    sums = accumulate(len(record.value) for record in records)
    return max(1, sum(1 for _ in takewhile(lambda total: total <= BYTES_MAX, sums)))
