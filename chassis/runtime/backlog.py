"""What was read of a lane and waits to be consumed, handed out in batches: what comes while one is
in hand is the next.
"""

import asyncio
from itertools import chain

from chassis.bus.base import Record

_BATCHES_AHEAD = 2


class Backlog:
    """What was read of a lane and is not consumed yet; `size` is that of a batch, at most.

    `room` is set when there may be room again.
    """

    def __init__(self, batch_size: int, room: asyncio.Event) -> None:
        self.size = batch_size
        self._room = room
        self._records: list[Record] = []
        self._in_hand: list[Record] = []
        self._filled = asyncio.Event()
        self.is_over = False

    @property
    def is_full(self) -> bool:
        """Whether no more of its lane should be read for now."""
        return len(self._records) >= _BATCHES_AHEAD * self.size

    def put(self, records: list[Record]) -> None:
        """Add what was read; after the end it is dropped."""
        if not self.is_over:
            self._records.extend(records)
            self._filled.set()

    async def next(self) -> list[Record]:
        """The next batch, as full as what waits makes it: a lane that is behind catches up in few
        commits. Empty at the end.
        """
        self._in_hand = []
        await self._filled.wait()
        batch, self._records = self._records[: self.size], self._records[self.size :]
        if not self._records and not self.is_over:
            self._filled.clear()
        self._room.set()
        self._in_hand = batch
        return batch

    def first_of(self, topic: str) -> Record | None:
        """The first record of a topic that is not consumed, as far as they were read."""
        read = chain(self._in_hand, self._records)
        return next((record for record in read if record.topic == topic), None)

    def end(self) -> None:
        """Forget what waits and let whoever consumes find the end."""
        self.is_over = True
        self._records = []
        self._filled.set()
