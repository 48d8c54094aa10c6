"""What every PostgreSQL under the store must give, whoever runs it (decision record 1)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from chassis.errors import Conflict, Misconfigured
from chassis.store.migrate import migrate
from chassis.store.store import Store
from chassis.store.stored import Stored
from chassis.store.work import Work
from contracts.words.streams import Subject
from tests.chassis import toy
from tests.chassis.store.stores import open_stores

WRITERS = 6
EVENTS_EACH = 25
_ONE_WAITS = """
select exists (select from pg_stat_activity
               where datname = current_database() and wait_event_type = 'Lock')"""


async def write(
    store: Store, stream: str, *, at: Any = toy.START, wake: Any = toy.START, lane: int = 0
) -> None:
    async with store.pool.acquire() as connection, connection.transaction():
        work = await store.load(connection, now=at, lane=lane, streams=[stream])
        work.append(stream, [toy.Added(1, wake)])
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
        await done_or_kept_waiting(quick, store)
        await read()
        await transaction.commit()
        await quick
    await read()
    return seen


async def done_or_kept_waiting(writing: "asyncio.Task[None]", store: Store) -> None:
    """Until a transaction is through, or PostgreSQL says that it waits for another one."""
    while not writing.done():
        if await store.pool.fetchval(_ONE_WAITS):
            return
        await asyncio.sleep(0.01)


class StoreConformance:
    """Inherited once per way of running PostgreSQL; `dsn` is the subclass's."""

    @pytest.fixture(params=[Store.few_max, 0], ids=["one call", "copy"])
    async def stores(self, dsn: str, request: Any) -> AsyncIterator[dict[str, Store]]:
        stores = await open_stores(dsn, WRITERS)
        for store in stores.values():
            store.few_max = request.param
        yield stores
        await stores["locked"].pool.close()

    @pytest.fixture
    def store(self, stores: dict[str, Store]) -> Store:
        return stores["locked"]

    async def test_a_reader_of_a_lane_misses_nothing(self, stores: dict[str, Store]) -> None:
        assert complete_and_in_order(await write_concurrently(stores["locked"]))

    async def test_without_the_lane_lock_the_same_reader_loses_events(
        self, stores: dict[str, Store]
    ) -> None:
        await stores["unlocked"].open(4)
        assert not complete_and_in_order(await write_concurrently(stores["unlocked"]))

    async def test_an_event_that_commits_late_is_not_skipped(
        self, stores: dict[str, Store]
    ) -> None:
        seen = await first_then_second(stores["locked"])
        assert seen == ["account-acme/first", "account-acme/second"]

    async def test_without_the_lane_lock_an_event_that_commits_late_is_skipped(
        self, stores: dict[str, Store]
    ) -> None:
        await stores["unlocked"].open(4)
        assert await first_then_second(stores["unlocked"]) == ["account-acme/second"]

    async def test_an_old_transaction_elsewhere_turns_no_order_round(self, store: Store) -> None:
        """Two versions of a stream with a transaction open in between that has an id of its own."""
        async with store.pool.acquire() as bystander:
            transaction = bystander.transaction()
            await transaction.start()
            await bystander.fetchval("select pg_current_xact_id()")
            for _ in range(2):
                await write(store, "account-acme/one")
            async with store.pool.acquire() as connection:
                seen = await store.lane_after(connection, 0, 0, 50)
            await transaction.rollback()
        assert [stored.version for stored in seen] == [1, 2]

    async def test_a_stream_stays_in_the_lane_it_began_in(self, store: Store) -> None:
        for name, lane in (("stray", 1), ("stray", 0), ("stray", 1), ("home", 0)):
            await write(store, f"account-acme/{name}", lane=lane)
        async with store.pool.acquire() as connection:
            home, stray = [await store.lane_after(connection, lane, 0, 50) for lane in (0, 1)]
        assert [stored.stream for stored in home] == ["account-acme/home"]
        assert [stored.version for stored in stray] == [1, 2, 3]

    async def test_writers_of_several_lanes_streams_do_not_wait_for_one_another_in_a_circle(
        self, store: Store
    ) -> None:
        pairs = [["account-acme/a0", "account-acme/a1"], ["account-acme/b1", "account-acme/b0"]]
        for stream in (*pairs[0], *pairs[1]):
            await write(store, stream, lane=int(stream[-1]))

        async def write_both(pair: list[str]) -> None:
            for _ in range(EVENTS_EACH):
                async with store.pool.acquire() as connection, connection.transaction():
                    work = await store.load(connection, now=toy.START, lane=0, streams=pair)
                    for stream in pair:
                        work.append(stream, [toy.Added(1, toy.START)])
                    await store.save(connection, work)

        await asyncio.gather(*map(write_both, pairs))
        work = await load(store, [*pairs[0], *pairs[1]])
        assert {entry.version for entry in work.entries.values()} == {EVENTS_EACH + 1}

    async def test_two_writers_of_one_stream_cannot_both_win(self, store: Store) -> None:
        results = await asyncio.gather(
            *(write(store, "account-acme/one") for _ in range(4)), return_exceptions=True
        )
        won = results.count(None)
        assert won >= 1
        assert all(result is None or isinstance(result, Conflict) for result in results)
        async with store.pool.acquire() as connection:
            history = await store.history(connection, "account-acme/one")
        assert [stored.version for stored in history] == list(range(1, won + 1))

    async def test_what_was_written_is_read_back(self, store: Store) -> None:
        await write(store, "account-acme/one")
        work = await load(store, ["account-acme/one", "account-acme/new"])
        assert work.state("account-acme/one") == toy.Total(1, 1, toy.START)
        assert (work.version("account-acme/one"), work.version("account-acme/new")) == (1, 0)
        assert work.state("account-acme/new") == toy.Total()

    async def test_a_history_ends_at_the_instant_asked_for(self, store: Store) -> None:
        for days in range(3):
            await write(store, "account-acme/one", at=toy.START + timedelta(days=days))
        async with store.pool.acquire() as connection:
            events = await store.history(
                connection, "account-acme/one", toy.START + timedelta(days=1)
            )
        assert [stored.version for stored in events] == [1, 2]

    async def test_a_transaction_that_fails_leaves_nothing(self, store: Store) -> None:
        with pytest.raises(RuntimeError):  # noqa: PT012 - the failure is inside the transaction
            async with store.pool.acquire() as connection, connection.transaction():
                work = await load(store, ["account-acme/one"])
                work.append("account-acme/one", [toy.Added(1, toy.START)])
                work.seal(Subject("acme", "one"), "name", "note")
                await store.save(connection, work)
                raise RuntimeError
        for table in ("events", "state", "subject_keys"):
            assert await store.pool.fetchval(f"select count(*) from {table}") == 0  # noqa: S608

    async def test_a_key_made_twice_at_once_is_a_conflict(self, store: Store) -> None:
        one = await load(store, [], [Subject("acme", "one")])
        two = await load(store, [], [Subject("acme", "one")])
        for work in (one, two):
            work.seal(Subject("acme", "one"), "name", "note")
        async with store.pool.acquire() as connection:
            await store.save(connection, one)
            with pytest.raises(Conflict):
                await store.save(connection, two)

    async def test_an_erased_debtor_stays_erased(self, store: Store) -> None:
        subject = Subject("acme", "one")
        work = await load(store, [], [subject])
        sealed = work.seal(subject, {"name": "Li"}, "note")
        await save(store, work)
        assert (await load(store, [], [subject])).open(subject, sealed, "note") == {"name": "Li"}
        work = await load(store, [], [subject])
        work.erase(subject)
        await save(store, work)
        work = await load(store, [], [subject])
        assert work.open(subject, sealed, "note") is None
        assert work.seal(subject, "again", "note") == b""

    async def test_the_earliest_wake_up_is_found(self, store: Store) -> None:
        for name, days in (("late", 5), ("early", 2)):
            await write(store, f"account-acme/{name}", wake=toy.START + timedelta(days=days))
        assert await store.next_wake() == toy.START + timedelta(days=2)

    async def test_another_number_of_partitions_is_refused(self, store: Store) -> None:
        await store.open(4)
        with pytest.raises(Misconfigured, match="4 partitions, not 6"):
            await store.open(6)
        await store.open(4)

    async def test_a_second_migration_changes_nothing(self, store: Store, dsn: str) -> None:
        await write(store, "account-acme/one")
        await migrate(dsn, "toy")
        assert await store.pool.fetchval("select count(*) from events") == 1


async def load(store: Store, streams: list[str], subjects: list[Subject] | None = None) -> Work:
    async with store.pool.acquire() as connection:
        return await store.load(
            connection, now=toy.START, lane=0, streams=streams, subjects=subjects or []
        )


async def save(store: Store, work: Work) -> None:
    async with store.pool.acquire() as connection, connection.transaction():
        await store.save(connection, work)
