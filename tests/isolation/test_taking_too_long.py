"""What always takes longer than the store lets it is set aside alone, and a slow store is not."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import asyncpg
import pytest

from chassis.bus.base import PlainRecord, Record
from chassis.bus.embedded import EmbeddedBus
from chassis.clock import SimulatedClock
from chassis.runtime.instance import Instance
from chassis.runtime.routes import MessageRoute
from chassis.store.overdue import TIMES, TookTooLong, took_too_long
from chassis.store.pool import Unanswered, acquire
from chassis.store.portions import Portions
from chassis.store.stored import Stored
from chassis.store.work import Work
from contracts.codec import Message
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.toy import PATIENT, parked, total

SLOW = 999
# What the server says of a statement over its time, said at once.
_TAKES_TOO_LONG = """
create function takes_too_long() returns trigger language plpgsql as
$$ begin raise exception 'over its time' using errcode = '57014'; end $$;
create trigger slow before insert or update on {} for each row when ({})
execute function takes_too_long()"""


async def _read(bus: EmbeddedBus, service: Instance) -> dict[int, list[Record]]:
    await service.leases.refresh()
    await service.reading.reopen(list(service.leases.held))
    return await service.reading.fetch(10, 1.0)


async def _step_until_parked(service: Instance) -> Any:
    letters: Sequence[Any] = ()
    while not letters:
        with suppress(Unanswered):
            await service.step()
        letters = await parked(service)
    (letter,) = letters
    return letter


async def test_a_record_that_always_takes_too_long_is_parked_and_its_lane_goes_on(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings=PATIENT)
    await service.pool.execute(_TAKES_TOO_LONG.format("state", "new.stream = 'account-acme/slow'"))
    await toy.send(bus, "slow", toy.payment(1, "slow", 5))
    ((lane, records),) = (await _read(bus, service)).items()
    for _ in range(TIMES - 1):
        with pytest.raises(Unanswered):
            await service.consumer.consume(lane, records, service.reading.positions)
    assert not await parked(service)
    await service.consumer.consume(lane, records, service.reading.positions)
    (letter,) = await parked(service)
    assert (letter["error"], letter["message_id"]) == ("TookTooLong", "e-1")
    assert "longer than a transaction may, 3 times in a row" in letter["reason"]
    await toy.send(bus, "a", toy.payment(2, "a", 5))
    await service.step()
    assert (await total(service, "a")).payments == 1


async def test_a_letter_that_always_takes_too_long_is_not_tried_again_for_ever(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings=PATIENT)
    await toy.send(bus, "slow", toy.payment(1, "slow", toy.NEEDS_SETTING_UP))
    await service.step()
    await service.pool.execute(
        _TAKES_TOO_LONG.format("dead_letters", "new.state = 'resolved'").replace(
            "before insert or update", "before update"
        )
    )
    await toy.send(bus, "slow", toy.upserted("set up", "slow"))
    for _ in range(TIMES):
        await service.step()
    assert not service.parked.lanes_to_retry()
    assert [letter["error"] for letter in await parked(service)] == ["NotFound"]


async def test_two_slow_records_of_a_lane_are_counted_apart(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings=PATIENT)
    records = [PlainRecord(topic, 0, 0, None, b"") for topic in ("billing", "ledger")]
    ended = _cut_off(asyncpg.QueryCanceledError)
    fault = service.consumer._fault
    found = [await fault(0, [one], ended) for _ in range(TIMES) for one in records]
    assert [type(one) for one in found[-2:]] == [TookTooLong, TookTooLong]
    assert not any(found[:-2])


async def test_a_record_whose_handler_takes_longer_than_a_transaction_may_has_its_effect(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    def thinks_long(work: Work, message: Message) -> None:
        if message.data.amount == SLOW:
            time.sleep(1.5)  # the store ends a transaction that idles for one
        toy.on_payment(work, message)

    route = MessageRoute(toy.streams, thinks_long, subject=True)
    messages = {**toy.blueprint().messages, "billing.payment.received.v1": route}
    service = await open_toy(blueprint=replace(toy.blueprint(), messages=messages))
    await toy.send(bus, "a", toy.payment(1, "a", SLOW))
    ((lane, records),) = (await _read(bus, service)).items()
    await service.consumer.consume(lane, records, service.reading.positions)
    assert not await parked(service)
    assert (await total(service, "a")).payments == 1


class SlowServer:
    """A pool whose server answers nobody."""

    def acquire(self, **_: Any) -> Any:
        raise TimeoutError

    async def expire_connections(self) -> None:
        """There are none."""


def _cut_off(of: type[Exception], seconds: float = 0.1) -> Unanswered:
    error = Unanswered(seconds)
    error.__cause__ = of("over its time")
    return error


async def test_what_a_slow_server_ends_is_not_at_fault(open_toy: OpenToy) -> None:
    slow: Any = SlowServer()
    quick = (await open_toy(settings=PATIENT)).pool
    ended = _cut_off(asyncpg.QueryCanceledError)
    assert await took_too_long(quick, ended)
    assert not await took_too_long(slow, ended)


class BusyPool:
    """A pool in which everything around the unit of work takes long, by its own clock."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    @asynccontextmanager
    async def acquire(self, **_: Any) -> AsyncIterator[None]:
        self.now += 100
        yield

    async def expire_connections(self) -> None:
        self.now += 100


async def test_only_time_in_the_unit_of_work_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    pool: Any = BusyPool()
    monkeypatch.setattr("chassis.store.pool.perf_counter", pool.clock)

    async def work() -> None:
        async with acquire(pool):
            pool.now += 1
            raise asyncpg.ConnectionDoesNotExistError

    with pytest.raises(Unanswered) as unanswered:
        await work()
    assert unanswered.value.seconds == 1


@pytest.mark.parametrize(("seconds", "is_late"), [(14, False), (16, True)])
async def test_a_connection_lost_early_is_no_sign_of_taking_long(
    open_toy: OpenToy, seconds: float, *, is_late: bool
) -> None:
    pool = (await open_toy(settings=PATIENT)).pool
    for kind in (asyncpg.InterfaceError, asyncpg.ConnectionDoesNotExistError, TimeoutError):
        assert await took_too_long(pool, _cut_off(kind, seconds)) is is_late


async def test_a_wake_up_that_always_takes_too_long_is_put_off_alone(
    open_toy: OpenToy, bus: EmbeddedBus, clock: SimulatedClock
) -> None:
    service = await open_toy(settings=PATIENT)
    names: Sequence[str] = ["a", "b", "slow", "c", "d"]
    for number, name in enumerate(names):
        await toy.send(bus, name, toy.payment(number, name, 5))
    await service.step()
    woken = "new.stream = 'account-acme/slow' and new.wake_at is null"
    await service.pool.execute(_TAKES_TOO_LONG.format("state", woken))
    clock.set(toy.START.replace(day=3))
    letter = await _step_until_parked(service)
    assert (letter["stream"], letter["error"]) == ("account-acme/slow", "TookTooLong")
    await service.step()
    still = {name for name in names if (await total(service, name)).wake_at}
    assert still == {"slow"}
    clock.set(clock.now() + timedelta(hours=23))
    assert await service.step() == 0


async def test_an_event_whose_view_always_takes_too_long_is_set_aside_for_it(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings=PATIENT)
    await service.pool.execute(
        _TAKES_TOO_LONG.format("view_totals", "new.stream = 'account-acme/slow'")
    )
    for number, name in enumerate(["a", "slow", "b"]):
        await toy.send(bus, name, toy.payment(number, name, 5))
    letter = await _step_until_parked(service)
    assert (letter["source"], letter["error"]) == ("projection:totals", "TookTooLong")
    await service.step()
    shown = await service.pool.fetch("select stream from view_totals order by stream")
    assert [row[0] for row in shown] == ["account-acme/a", "account-acme/b"]


async def test_what_takes_too_long_is_left_for_the_next_time_in_a_smaller_part(
    open_toy: OpenToy,
) -> None:
    portions = Portions((await open_toy(settings=PATIENT)).pool, 200)
    sizes: list[int] = []
    aside: list[Exception] = []

    async def slow(size: int) -> int:
        sizes.append(size)
        if not aside:
            raise _cut_off(asyncpg.QueryCanceledError)
        return size

    async def fine(size: int) -> int:
        return size

    async def set_aside(error: Exception) -> int:
        aside.append(error)
        return 1

    for _ in range(5):
        with pytest.raises(Unanswered):
            await portions.next("slow", slow, set_aside)
        assert await portions.next("other", fine, set_aside) == 200
    assert await portions.next("slow", slow, set_aside) == 1
    assert [type(error) for error in aside] == [TookTooLong]
    assert [await portions.next("slow", slow, set_aside) for _ in range(9)] == [
        *(1, 2, 4, 8, 16, 32, 64, 128, 200),
    ]
    assert sizes[:6] == [200, 25, 3, 1, 1, 1]


async def test_an_event_whose_view_outlasts_its_transaction_is_set_aside_for_it(
    open_toy: OpenToy, bus: EmbeddedBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def apply(connection: Any, table: str, events: Sequence[Stored]) -> None:
        if any(getattr(stored.event, "amount", 0) == SLOW for stored in events):
            # the store ends the session, as it does one that is left idle
            await connection.execute("select pg_terminate_backend(pg_backend_pid())")
        await toy.TOTALS.apply(connection, table, events)

    view = replace(toy.TOTALS, apply=apply)
    service = await open_toy(settings=PATIENT, blueprint=replace(toy.blueprint(), views=(view,)))
    monkeypatch.setattr("chassis.store.pool.perf_counter", count(0, 1000).__next__)
    for number, (name, amount) in enumerate([("a", 5), ("slow", SLOW), ("b", 5)]):
        await toy.send(bus, name, toy.payment(number, name, amount))
    letter = await _step_until_parked(service)
    assert (letter["source"], letter["error"]) == ("projection:totals", "TookTooLong")
    await service.step()
    shown = await service.pool.fetch("select stream from view_totals order by stream")
    assert [row[0] for row in shown] == ["account-acme/a", "account-acme/b"]
