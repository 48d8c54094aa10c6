"""A batch that takes longer than a transaction may is not tried for ever as it is."""

import asyncio
from collections.abc import Sequence
from typing import Any

from chassis.bus.base import PlainRecord, Record
from chassis.errors import Transient
from chassis.runtime.lanes import Lanes
from chassis.runtime.signals import Signals

RECORDS = 100
_BEARABLE = 30


class Reading:
    """All that has not been consumed, at once."""

    reader = object()

    def __init__(self) -> None:
        self.consumed = 0
        self.handed_out = 0

    async def reopen(self, _lanes: Sequence[int]) -> None:
        self.handed_out = self.consumed

    async def fetch(self, _size: int, wait_seconds: float) -> dict[int, list[Record]]:
        first, self.handed_out = self.handed_out, RECORDS
        if first == RECORDS:
            await asyncio.sleep(wait_seconds)
            return {}
        return {0: [PlainRecord("billing", 0, n, None, b"") for n in range(first, RECORDS)]}


class Leases:
    held = {0: 1}


class SlowRound:
    """A round whose store ends a transaction over more than a few records."""

    def __init__(self) -> None:
        self.reading = Reading()
        self.leases = Leases()
        self.signals = Signals()
        self.sizes: list[int] = []

    async def consume(self, _lane: int, records: Sequence[Record]) -> None:
        self.sizes.append(len(records))
        if len(records) > _BEARABLE:
            raise Transient("the store does not answer")
        self.reading.consumed += len(records)


async def test_a_batch_that_takes_too_long_is_tried_in_halves_until_it_does_not() -> None:
    slow: Any = SlowRound()
    lanes = Lanes(slow, RECORDS, lambda _error: None)
    lanes.reopen.set()
    async with asyncio.timeout(60):
        while slow.reading.consumed < RECORDS:
            await lanes.fetch(0.01)
    await lanes.stop()
    assert slow.sizes[:3] == [100, 50, 25]
