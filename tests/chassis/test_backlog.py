import asyncio

from chassis.bus.base import PlainRecord, Record
from chassis.runtime.backlog import Backlog


def records(first: int, number: int) -> list[Record]:
    return [PlainRecord("billing", 0, first + each, None, b"") for each in range(number)]


async def test_batches_hold_all_in_order_and_never_more_than_the_size() -> None:
    backlog = Backlog(100, asyncio.Event())
    backlog.put(records(0, 250))
    backlog.put(records(250, 60))
    batches = [await backlog.next() for _ in range(4)]
    assert [len(batch) for batch in batches] == [100, 100, 100, 10]
    assert [record.offset for batch in batches for record in batch] == list(range(310))


async def test_the_end_comes_after_the_batch_in_hand_and_before_what_waits() -> None:
    backlog = Backlog(100, asyncio.Event())
    backlog.put(records(0, 250))
    assert len(await backlog.next()) == 100
    backlog.end()
    assert await backlog.next() == []


async def test_what_comes_while_a_batch_is_in_hand_is_the_next_one_at_once() -> None:
    backlog = Backlog(100, asyncio.Event())
    backlog.put(records(0, 1))
    assert len(await backlog.next()) == 1
    backlog.put(records(1, 1))
    backlog.put(records(2, 3))
    second = asyncio.create_task(backlog.next())
    await asyncio.sleep(0)
    assert second.done()
    assert [record.offset for record in second.result()] == [1, 2, 3, 4]


async def test_a_full_backlog_says_so_until_a_batch_is_taken() -> None:
    room = asyncio.Event()
    backlog = Backlog(100, room)
    full = []
    for first, number in ((0, 199), (199, 1)):
        backlog.put(records(first, number))
        full.append(backlog.is_full)
    assert not room.is_set()
    await backlog.next()
    assert room.is_set()
    assert [*full, backlog.is_full] == [False, True, False]


async def test_what_comes_after_the_end_is_dropped() -> None:
    backlog = Backlog(100, asyncio.Event())
    backlog.end()
    backlog.put(records(0, 300))
    assert await backlog.next() == []
    assert not backlog.is_full
