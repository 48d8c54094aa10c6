"""A lane that fails or is slow is read anew or left out alone; the others neither wait nor begin
again.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any

import pytest

from chassis.bus.base import OffsetLost, PlainRecord, Record
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
        self.forgotten: list[int] = []
        self.opened = 0

    async def reopen(self, lanes: Sequence[int]) -> None:
        self.opened += 1
        self.at = {lane: self.consumed[lane] for lane in lanes}

    async def find(self, lanes: Sequence[int]) -> dict[tuple[str, int], int]:
        return {("billing", lane): self.consumed[lane] for lane in lanes}

    async def take(self, found: dict[tuple[str, int], int]) -> None:
        self.at.update({lane: offset for (_, lane), offset in found.items()})

    async def drop(self, lanes: Collection[int]) -> None:
        for lane in lanes:
            del self.at[lane]

    def forget(self, lane: int) -> None:
        self.forgotten.append(lane)

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
    def __init__(self) -> None:
        self.held = {0: 1, 1: 1}
        self.giving: set[int] = set()

    @property
    def kept(self) -> set[int]:
        return self.held.keys() - self.giving


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

    async def find(self, lane: int) -> dict[tuple[str, int], int]:
        return await self.reading.find([lane])

    async def consume(self, lane: int, records: Sequence[Record]) -> None:
        if lane == 0:
            self.sizes.append(len(records))
            await self._trouble(records)
        assert records[0].offset == self.reading.consumed[lane]
        self.reading.consumed[lane] += len(records)


def lanes_of(
    round_: Any,
    batch_size: int,
    stop_seconds: float = 20,
    give_up: Callable[[BaseException], None] = lambda _error: None,
) -> Lanes:
    lanes = Lanes(round_, batch_size, give_up, stop_seconds)
    lanes.reopen.set()
    return lanes


async def fetch_until(lanes: Lanes, is_reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_reached():
            await lanes.fetch(0.01)


async def test_a_batch_that_takes_too_long_is_tried_in_parts_until_it_does_not() -> None:
    async def slow(records: Sequence[Record]) -> None:
        if len(records) > _BEARABLE:
            raise Transient("the store does not answer")

    round_ = FakeRound(slow)
    lanes = lanes_of(round_, RECORDS)
    # read on by ever more again, it fails once more on the way
    await fetch_until(lanes, lambda: round_.reading.consumed[0] == RECORDS)
    await lanes.stop()
    assert round_.sizes[:2] == [100, 12]
    assert min(round_.sizes) <= _BEARABLE


async def test_a_lane_that_fails_has_no_other_lane_read_anew() -> None:
    async def fail(_records: Sequence[Record]) -> None:
        raise Transient("the store does not answer")

    round_ = FakeRound(fail)
    lanes = lanes_of(round_, RECORDS)
    await fetch_until(lanes, lambda: len(round_.sizes) >= _SEVERAL)
    await lanes.stop()
    assert round_.reading.opened == 1
    assert round_.reading.consumed == {0: 0, 1: RECORDS}


async def test_a_lane_whose_backlog_is_full_does_not_stop_the_others() -> None:
    goes_on = asyncio.Event()

    async def wait(_records: Sequence[Record]) -> None:
        await goes_on.wait()

    round_ = FakeRound(wait, available=10_000)
    lanes = lanes_of(round_, 100)
    await fetch_until(lanes, lambda: round_.reading.consumed[1] == round_.reading.available)
    assert round_.reading.at[0] < round_.reading.available / 10
    goes_on.set()
    await fetch_until(lanes, lambda: round_.reading.consumed[0] == round_.reading.available)
    await lanes.stop()


async def test_a_lane_read_anew_goes_on_where_its_store_stands() -> None:
    async def fine(_records: Sequence[Record]) -> None:
        return

    round_ = FakeRound(fine)
    lanes = lanes_of(round_, 10)
    await fetch_until(lanes, lambda: round_.reading.consumed[0] > 0)
    lanes.anew(0)
    await fetch_until(lanes, lambda: round_.reading.consumed == {0: RECORDS, 1: RECORDS})
    await lanes.stop()
    assert round_.reading.opened == 1


async def test_a_batch_that_hangs_is_cancelled_and_read_by_another_reader() -> None:
    calls: list[int] = []

    async def hang_once(_records: Sequence[Record]) -> None:
        calls.append(1)
        if len(calls) == 1:
            await asyncio.Event().wait()

    round_ = FakeRound(hang_once)
    lanes = lanes_of(round_, RECORDS, stop_seconds=0.01)
    await fetch_until(lanes, lambda: bool(calls))
    lanes.anew(0)
    assert not lanes.reopen.is_set()
    lanes.anew(0, again=True)
    await fetch_until(lanes, lambda: round_.reading.consumed[0] == RECORDS)
    await lanes.stop()
    assert round_.reading.opened == 2


async def test_a_lane_of_which_the_bus_lost_something_is_given_up() -> None:
    async def fail(_records: Sequence[Record]) -> None:
        raise Transient("the store does not answer")

    async def lost(lane: int) -> dict[tuple[str, int], int]:
        raise OffsetLost("billing", lane, 0)

    given_up: list[BaseException] = []
    round_ = FakeRound(fail)
    round_.find = lost  # type: ignore[method-assign]
    lanes = lanes_of(round_, RECORDS, give_up=given_up.append)
    await fetch_until(lanes, lambda: bool(given_up))
    await fetch_until(lanes, lambda: round_.reading.consumed[1] == RECORDS)
    await lanes.stop()
    assert [type(error) for error in given_up] == [OffsetLost]


@pytest.mark.parametrize("again", [False, True])
async def test_a_lane_read_anew_keeps_the_size_that_went_well(*, again: bool) -> None:
    begun, goes_on = asyncio.Event(), asyncio.Event()

    async def slow(records: Sequence[Record]) -> None:
        if len(records) > _BEARABLE:
            raise Transient("the store does not answer")
        if not begun.is_set():
            begun.set()
            await goes_on.wait()

    round_ = FakeRound(slow, available=64)
    lanes = lanes_of(round_, 64)
    await fetch_until(lanes, begun.is_set)
    lanes.anew(0, again=again)
    goes_on.set()
    await fetch_until(lanes, lambda: len(round_.sizes) >= _SEVERAL)
    await lanes.stop()
    assert round_.sizes[:_SEVERAL] == [64, 8, 16]


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

    lanes = lanes_of(FakeRound(hang), RECORDS, stop_seconds=0.01)
    await fetch_until(lanes, begun.is_set)
    await lanes.stop()
    assert ended.is_set()
