"""The log of a lane shows no gap and no reordering under concurrent writers (decision record 1)."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from asyncpg import Connection

from chassis.migrate import migrate
from chassis.pool import create_pool
from chassis.store import Store
from chassis.stored import Stored
from chassis.vault import master_key
from chassis.work import Work
from tests.chassis import toy

WRITERS = 6
EVENTS_EACH = 25


class Slow(Store):
    """Holds each transaction open for a moment after its insert, as a busy server does."""

    async def append(self, connection: Connection, work: Work) -> None:
        await super().append(connection, work)
        await asyncio.sleep(random.uniform(0, 0.006))


class Unlocked(Slow):
    """The same without the lane's lock: what the tests below must notice."""

    async def lock_lane(self, connection: Connection, lane: int) -> None:
        return


@pytest.fixture
async def stores(database: str) -> AsyncIterator[dict[str, Store]]:
    await migrate(database, "toy")
    pool = await create_pool(database, "toy", size=WRITERS + 2)
    aggregates, master = (toy.ACCOUNT, toy.TERMS), master_key(bytes(32))
    yield {
        "locked": Slow(pool, aggregates, master),
        "unlocked": Unlocked(pool, aggregates, master),
    }
    await pool.close()


async def write(store: Store, stream: str) -> None:
    async with store.pool.acquire() as connection, connection.transaction():
        work = await store.load(connection, now=toy.START, lane=0, streams=[stream])
        work.append(stream, [toy.Added(1, toy.START)])
        await store.save(connection, work)


async def follow(store: Store, total: int, finished: asyncio.Event) -> list[Stored]:
    """Read like the relay does: position after the last one seen, one statement per poll."""
    seen: list[Stored] = []
    position = 0
    while len(seen) < total:
        last_round = finished.is_set()
        async with store.pool.acquire() as connection:
            found = await store.lane_after(connection, 0, position, 50)
        seen += found
        position = found[-1].position if found else position
        if last_round and not found:
            return seen
        await asyncio.sleep(0.001)
    return seen


async def write_concurrently(store: Store) -> list[Stored]:
    finished = asyncio.Event()

    async def writer(number: int) -> None:
        for event in range(EVENTS_EACH):
            await write(store, f"account-acme/w{number}-{event % 5}")

    reader = asyncio.create_task(follow(store, WRITERS * EVENTS_EACH, finished))
    await asyncio.gather(*(writer(number) for number in range(WRITERS)))
    finished.set()
    return await reader


def complete_and_in_order(seen: list[Stored]) -> bool:
    versions: dict[str, int] = {}
    for stored in seen:
        if stored.version != versions.get(stored.stream, 0) + 1:
            return False
        versions[stored.stream] = stored.version
    return len(seen) == WRITERS * EVENTS_EACH


async def test_a_reader_of_a_lane_misses_nothing(stores: dict[str, Store]) -> None:
    assert complete_and_in_order(await write_concurrently(stores["locked"]))


async def test_without_the_lane_lock_the_same_reader_loses_events(
    stores: dict[str, Store],
) -> None:
    assert not complete_and_in_order(await write_concurrently(stores["unlocked"]))


async def first_then_second(store: Store) -> list[str]:
    """One transaction inserts and stays open, another inserts and commits; what a reader gets."""
    seen: list[str] = []
    position = 0

    async def read() -> None:
        nonlocal position
        async with store.pool.acquire() as connection:
            for stored in await store.lane_after(connection, 0, position, 50):
                seen.append(stored.stream)
                position = stored.position

    async with store.pool.acquire() as slow:
        transaction = slow.transaction()
        await transaction.start()
        work = await store.load(slow, now=toy.START, lane=0, streams=["account-acme/first"])
        work.append("account-acme/first", [toy.Added(1, toy.START)])
        await store.save(slow, work)
        quick = asyncio.create_task(write(store, "account-acme/second"))
        await asyncio.wait([quick], timeout=0.3)
        await read()
        await transaction.commit()
        await quick
    await read()
    return seen


async def test_an_event_that_commits_late_is_not_skipped(stores: dict[str, Store]) -> None:
    assert await first_then_second(stores["locked"]) == [
        "account-acme/first",
        "account-acme/second",
    ]


async def test_without_the_lane_lock_an_event_that_commits_late_is_skipped(
    stores: dict[str, Store],
) -> None:
    assert await first_then_second(stores["unlocked"]) == ["account-acme/second"]


async def test_two_writers_of_one_stream_cannot_both_win(stores: dict[str, Store]) -> None:
    store = stores["locked"]
    results = await asyncio.gather(
        *(write(store, "account-acme/one") for _ in range(4)), return_exceptions=True
    )
    won = sum(result is None for result in results)
    assert won >= 1
    assert all(result is None or type(result).__name__ == "Conflict" for result in results)
    async with store.pool.acquire() as connection:
        history = await store.history(connection, "account-acme/one")
    assert [stored.version for stored in history] == list(range(1, won + 1))
