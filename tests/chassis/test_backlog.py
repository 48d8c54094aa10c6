import asyncio

from chassis.bus.base import PlainRecord, Record
from chassis.runtime.backlog import BYTES_MAX, Backlog


def records(first: int, number: int, value: bytes = b"") -> list[Record]:
    return [PlainRecord("billing", 0, first + each, None, value) for each in range(number)]


def backlog_of(size: int, room: asyncio.Event | None = None, *, size_max: int = 1_000) -> Backlog:
    return Backlog(size, size_max, room or asyncio.Event())


async def test_batches_hold_all_in_order_and_never_more_than_the_size() -> None:
    backlog = backlog_of(100)
    backlog.put(records(0, 250))
    backlog.put(records(250, 60))
    batches = [await backlog.next() for _ in range(4)]
    assert [len(batch) for batch in batches] == [100, 100, 100, 10]
    assert [record.offset for batch in batches for record in batch] == list(range(310))


async def test_the_end_comes_after_the_batch_in_hand_and_before_what_waits() -> None:
    backlog = backlog_of(100)
    backlog.put(records(0, 250))
    assert len(await backlog.next()) == 100
    backlog.end()
    assert await backlog.next() == []


async def test_what_comes_while_a_batch_is_in_hand_is_the_next_one_at_once() -> None:
    backlog = backlog_of(100)
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
    backlog = backlog_of(100, room)
    full = []
    for first, number in ((0, 199), (199, 1)):
        backlog.put(records(first, number))
        full.append(backlog.is_full)
    assert not room.is_set()
    await backlog.next()
    assert room.is_set()
    assert [*full, backlog.is_full] == [False, True, False]


async def test_what_comes_after_the_end_is_dropped() -> None:
    backlog = backlog_of(100)
    backlog.end()
    backlog.put(records(0, 300))
    assert await backlog.next() == []
    assert not backlog.is_full


async def _sizes(backlog: Backlog, *seconds: float) -> list[int]:
    """How large batches become, each of which takes so long."""
    sizes = []
    for each in seconds:
        sizes.append(len(await backlog.next()))
        backlog.took(each)
    return sizes


async def test_batches_grow_while_they_are_quick_and_more_waits() -> None:
    backlog = backlog_of(100, size_max=350)
    backlog.put(records(0, 1_500))
    assert await _sizes(backlog, 0.1, 0.1, 0.1, 0.1, 0.1) == [100, 200, 350, 350, 350]


async def test_batches_that_were_not_full_do_not_make_others_larger() -> None:
    backlog = backlog_of(100)
    for _ in range(3):
        backlog.put(records(0, 50))
        await _sizes(backlog, 0.1)
    assert backlog.size == 100


async def test_slow_batches_make_the_next_ones_smaller() -> None:
    backlog = backlog_of(100)
    backlog.put(records(0, 1_000))
    assert await _sizes(backlog, 3.5, 3.5, 2.0, 0.1, 0.1) == [100, 50, 25, 25, 50]


async def test_large_records_make_small_batches_and_fill_the_backlog() -> None:
    backlog = backlog_of(100)
    quarter, full = bytes(BYTES_MAX // 4), []
    for first, number in ((0, 7), (7, 3)):
        backlog.put(records(first, number, quarter))
        full.append(backlog.is_full)
    assert await _sizes(backlog, 0.1, 0.1, 0.1) == [4, 4, 2]
    assert [*full, backlog.is_full] == [False, True, False]


async def test_one_record_larger_than_a_batch_may_be_goes_alone() -> None:
    backlog = backlog_of(100)
    backlog.put(records(0, 2, bytes(BYTES_MAX + 1)))
    assert await _sizes(backlog, 0.1, 0.1) == [1, 1]
