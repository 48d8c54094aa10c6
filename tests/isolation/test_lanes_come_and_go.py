"""Lanes that an instance gains, gives back, loses, and gains again."""

import asyncio
from collections.abc import Sequence

from chassis.bus.base import Record
from chassis.store.saving import LaneLost
from tests.isolation.test_lanes_apart import RECORDS, FakeRound, fetch_until, lanes_of


async def test_a_lane_held_and_never_begun_is_begun_when_it_is_found_to_stand() -> None:
    async def fine(_records: Sequence[Record]) -> None:
        return

    round_ = FakeRound(fine)
    del round_.leases.held[0]
    lanes = lanes_of(round_, RECORDS)
    await fetch_until(lanes, lambda: round_.reading.consumed[1] == RECORDS)
    round_.leases.held[0] = 2  # and nobody said so
    lanes.anew(0)
    await fetch_until(lanes, lambda: round_.reading.consumed[0] == RECORDS)
    await lanes.stop()


async def test_a_lane_that_goes_is_known_until_its_batch_has_ended_and_may_come_again() -> None:
    begun, goes_on = asyncio.Event(), asyncio.Event()

    async def wait(_records: Sequence[Record]) -> None:
        begun.set()
        await goes_on.wait()

    round_ = FakeRound(wait)
    lanes = lanes_of(round_, RECORDS)
    await fetch_until(lanes, begun.is_set)
    epoch = round_.leases.held.pop(0)
    await fetch_until(lanes, lambda: 0 not in round_.reading.at)
    assert not round_.reading.forgotten
    goes_on.set()
    await fetch_until(lanes, lambda: round_.reading.forgotten == [0])
    assert round_.reading.consumed == {0: RECORDS, 1: RECORDS}
    round_.reading.available += 1
    round_.leases.held[0] = epoch + 2
    await fetch_until(lanes, lambda: round_.reading.consumed[0] > RECORDS)
    await lanes.stop()
    assert round_.reading.opened == 1


async def test_a_lane_on_its_way_back_that_is_kept_after_all_is_read_on() -> None:
    begun = asyncio.Event()

    async def hang_once(_records: Sequence[Record]) -> None:
        if not begun.is_set():
            begun.set()
            await asyncio.Event().wait()

    round_ = FakeRound(hang_once)
    lanes = lanes_of(round_, RECORDS)
    await fetch_until(lanes, begun.is_set)
    round_.leases.giving.add(0)
    await lanes.finish(0, seconds=0.01)
    round_.leases.giving.clear()  # before anything was fetched in between
    await fetch_until(lanes, lambda: round_.reading.consumed[0] == RECORDS)
    await lanes.stop()
    assert round_.reading.opened == 1


async def test_a_lane_that_is_lost_and_taken_again_at_once_is_read_on() -> None:
    lost = asyncio.Event()
    round_: FakeRound

    async def lose_once(_records: Sequence[Record]) -> None:
        if not lost.is_set():
            del round_.leases.held[0]
            lost.set()
            raise LaneLost("lane 0 was taken over")

    round_ = FakeRound(lose_once)
    lanes = lanes_of(round_, RECORDS)
    await fetch_until(lanes, lost.is_set)
    await asyncio.wait([lanes._tasks[0]])
    round_.leases.held[0] = 3  # before anything was fetched in between
    await fetch_until(lanes, lambda: round_.reading.consumed[0] == RECORDS)
    await lanes.stop()
