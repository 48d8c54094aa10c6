"""Reading many streams at once: exactly those whose names begin so, whatever sorts beside them."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from chassis.store.reads import histories_of, states, states_of
from chassis.store.store import Store
from tests.chassis import toy
from tests.chassis.store.stores import open_stores
from tests.chassis.store.suite import WRITERS, write

OF_ACME = "account-acme/"
LATER = toy.START + timedelta(days=1)


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    opened = await open_stores(database, WRITERS)
    yield opened["locked"]
    await opened["locked"].pool.close()


@pytest.fixture
async def filled(store: Store) -> Store:
    for stream in ("acme/2", "acme/1", "acme-2/1", "acme0/1", "acm/1", "acme.x/1"):
        await write(store, f"account-{stream}")
    await write(store, "account-acme/1", at=LATER)
    return store


async def test_states_of_streams_that_begin_alike_come_by_name(filled: Store) -> None:
    async with filled.pool.acquire() as connection:
        found = await states_of(connection, toy.ACCOUNT, OF_ACME)
    assert [state.amount for state in found] == [2, 1]


async def test_states_of_named_streams_leave_out_those_without_events(filled: Store) -> None:
    async with filled.pool.acquire() as connection:
        found = await states(connection, toy.ACCOUNT, ["account-acme/2", "account-acme/none"])
    assert list(found) == ["account-acme/2"]


@pytest.mark.parametrize(("until", "numbers"), [(toy.START, [1, 1]), (LATER, [2, 1])])
async def test_histories_end_at_the_instant_asked_for(
    filled: Store, until: datetime, numbers: list[int]
) -> None:
    async with filled.pool.acquire() as connection, connection.transaction():
        found = [
            (stream, len(events))
            async for stream, events in histories_of(connection, toy.ACCOUNT, OF_ACME, until)
        ]
    assert found == list(zip(("account-acme/1", "account-acme/2"), numbers, strict=True))


async def test_histories_of_nobody_are_none(store: Store) -> None:
    async with store.pool.acquire() as connection, connection.transaction():
        found = [one async for one in histories_of(connection, toy.ACCOUNT, OF_ACME, LATER)]
    assert found == []
