"""A lane that fails or is slow is read anew or left out alone; the others neither wait nor begin
again.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any

from chassis.bus.base import PlainRecord, Record
from chassis.errors import Transient
from chassis.runtime.lanes import Lanes
from chassis.runtime.signals import Signals

RECORDS = 100
_BEARABLE = 10
_SEVERAL = 3


class Reading:
    """So many records in each of two lanes, and where the reader and the store are in them."""

    reader = object()

    def __init__(self, available: int) -> None:
        self.available = available
        self.consumed: dict[int, int] = defaultdict(int)
        self.at: dict[int, int] = {}
        self.opened = 0

    async def reopen(self, lanes: Sequence[int]) -> None:
        self.opened += 1
        self.at = {lane: self.consumed[lane] for lane in lanes}

    async def find(self, lanes: Sequence[int]) -> dict[tuple[str, int], int]:
        return {("billing", lane): self.consumed[lane] for lane in lanes}

    def go_back(self, found: dict[tuple[str, int], int]) -> None:
        self.at.update({lane: offset for (_, lane), offset in found.items()})

    async def fetch(
        self, size: int, wait_seconds: float, without: Collection[int] = ()
    ) -> dict[int, list[Record]]:
        found: dict[int, list[Record]] = {}
        for lane in self.at.keys() - {*without}:
            first = self.at[lane]
            self.at[lane] = min(self.available, first + size)
            if self.at[lane] > first:
                found[lane] = [
                    PlainRecord("billing", lane, n, None, b"") for n in range(first, self.at[lane])
                ]
        await asyncio.sleep(0 if found else wait_seconds)
        return found


class Leases:
    held = {0: 1, 1: 1}


class FakeRound:
    """A round that consumes in order, and whose lane 0 is in trouble."""

    def __init__(
        self, trouble: Callable[[Sequence[Record]], Any], available: int = RECORDS
    ) -> None:
        self.reading = Reading(available)
        self.leases = Leases()
        self.signals = Signals()
        self.sizes: list[int] = []
        self._trouble = trouble

    async def consume(self, lane: int, records: Sequence[Record]) -> None:
        if lane == 0:
            self.sizes.append(len(records))
            await self._trouble(records)
        assert records[0].offset == self.reading.consumed[lane]
        self.reading.consumed[lane] += len(records)


def _lanes(round_: Any, batch_size: int, stop_seconds: float = 20) -> Lanes:
    lanes = Lanes(round_, batch_size, lambda _error: None, stop_seconds)
    lanes.reopen.set()
    return lanes


async def _fetch_until(lanes: Lanes, is_reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_reached():
            await lanes.fetch(0.01)


async def test_a_batch_that_takes_too_long_is_tried_in_parts_until_it_does_not() -> None:
    async def slow(records: Sequence[Record]) -> None:
        if len(records) > _BEARABLE:
            raise Transient("the store does not answer")

    round_ = FakeRound(slow)
    lanes = _lanes(round_, RECORDS)
    # read on by ever more again, it fails once more on the way
    await _fetch_until(lanes, lambda: round_.reading.consumed[0] == RECORDS)
    await lanes.stop()
    assert round_.sizes[:2] == [100, 12]
    assert min(round_.sizes) <= _BEARABLE


async def test_a_lane_that_fails_has_no_other_lane_read_anew() -> None:
    async def fail(_records: Sequence[Record]) -> None:
        raise Transient("the store does not answer")

    round_ = FakeRound(fail)
    lanes = _lanes(round_, RECORDS)
    await _fetch_until(lanes, lambda: len(round_.sizes) >= _SEVERAL)
    await lanes.stop()
    assert round_.reading.opened == 1
    assert round_.reading.consumed == {0: 0, 1: RECORDS}


async def test_a_lane_whose_backlog_is_full_does_not_stop_the_others() -> None:
    goes_on = asyncio.Event()

    async def wait(_records: Sequence[Record]) -> None:
        await goes_on.wait()

    round_ = FakeRound(wait, available=10_000)
    lanes = _lanes(round_, 100)
    await _fetch_until(lanes, lambda: round_.reading.consumed[1] == round_.reading.available)
    assert round_.reading.at[0] < round_.reading.available / 10
    goes_on.set()
    await _fetch_until(lanes, lambda: round_.reading.consumed[0] == round_.reading.available)
    await lanes.stop()


async def test_a_lane_read_anew_goes_on_where_its_store_stands() -> None:
    async def fine(_records: Sequence[Record]) -> None:
        return

    round_ = FakeRound(fine)
    lanes = _lanes(round_, 10)
    await _fetch_until(lanes, lambda: round_.reading.consumed[0] > 0)
    lanes.anew(0)
    await _fetch_until(lanes, lambda: round_.reading.consumed == {0: RECORDS, 1: RECORDS})
    await lanes.stop()
    assert round_.reading.opened == 1


async def test_what_is_stopped_half_way_has_ended_before_anything_begins_anew() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def hang(_records: Sequence[Record]) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(5):  # a rollback takes some turns of the loop
                await asyncio.sleep(0)
            ended.set()

    lanes = _lanes(FakeRound(hang), RECORDS, stop_seconds=0.01)
    await _fetch_until(lanes, begun.is_set)
    await lanes.stop()
    assert ended.is_set()
