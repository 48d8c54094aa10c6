"""An event that cannot be published or projected, and a wake-up that fails, stop nobody else."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from asyncpg import Connection

from chassis.bus.base import Outgoing as BusMessage
from chassis.bus.base import require_fitting
from chassis.bus.embedded import EmbeddedBus
from chassis.clock import SimulatedClock
from chassis.runtime.instance import Instance
from chassis.runtime.outgoing import Outgoing
from chassis.runtime.routes import WakeRoute
from chassis.store.stored import Stored
from chassis.store.views import View
from chassis.store.work import Work
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.toy import PATIENT, parked, total
from tests.support.damage import as_administrator

BAD = 999


class Faulty:
    """Publishes, projects and wakes as the toy does, but for events of an amount while it fails."""

    def __init__(self) -> None:
        self.fails = True

    def _check(self, stored: Stored) -> None:
        if self.fails and getattr(stored.event, "amount", 0) == BAD:
            raise ZeroDivisionError

    def publish(self, stored: Stored) -> Sequence[Outgoing]:
        self._check(stored)
        return toy.publish(stored)

    async def apply(self, connection: Connection, table: str, events: Sequence[Stored]) -> None:
        await toy.TOTALS.apply(connection, table, events)
        for stored in events:
            self._check(stored)

    def wake(self, work: Work, stream: str) -> None:
        if self.fails and work.state(stream).amount == BAD:
            raise ZeroDivisionError
        toy.on_wake(work, stream)


@pytest.fixture
def faulty() -> Faulty:
    return Faulty()


async def _pay(bus: EmbeddedBus, amounts: Sequence[int]) -> None:
    for number, amount in enumerate(amounts):
        await toy.send(bus, "a", toy.payment(number, f"a{number}", amount))


async def _published(bus: EmbeddedBus) -> list[str]:
    reader = await bus.reader({("ledger", lane): 0 for lane in range(bus.partitions)})
    records = await reader.fetch(1000, 0)
    await reader.close()
    return [record.key.decode() for record in records if record.key]


async def _relayed(service: Instance, bus: EmbeddedBus) -> None:
    for lane in range(bus.partitions):
        await service.round.relay(lane)


async def test_an_event_that_cannot_be_published_does_not_stop_the_relay(
    open_toy: OpenToy, bus: EmbeddedBus, faulty: Faulty
) -> None:
    service = await open_toy(
        settings=PATIENT, blueprint=replace(toy.blueprint(), publish=faulty.publish)
    )
    await _pay(bus, [1, BAD, 2, 3])
    await service.step()
    assert await _published(bus) == ["acme/a0", "acme/a2", "acme/a3"]
    (letter,) = await parked(service)
    assert (letter["source"], letter["stream"], letter["version"]) == (
        *("publication", "account-acme/a1", 1),
    )
    assert letter["error"] == "ZeroDivisionError"
    assert 'arrears_events_set_aside_total{service="toy",what="publication"} 1.0' in (
        service.metrics.render().decode()
    )
    assert await service.step() == 0


class NarrowBus(EmbeddedBus):
    """Takes from the service no message of more than 600 bytes."""

    async def publish(self, messages: Sequence[BusMessage]) -> None:
        require_fitting([one for one in messages if one.topic == "ledger"], 600)
        await super().publish(messages)


async def test_a_message_too_large_for_the_bus_does_not_stop_the_relay(
    open_toy: OpenToy, database: str
) -> None:
    bus = NarrowBus(database, partitions=2)
    await bus.start()

    def publish(stored: Stored) -> list[Outgoing]:
        sent = toy.publish(stored)
        if getattr(stored.event, "amount", 0) == BAD:
            sent = [replace(one, correlation="c" * 250) for one in sent]
        return sent

    service = await open_toy(
        settings=PATIENT, blueprint=replace(toy.blueprint(), publish=publish), bus=bus
    )
    await _pay(bus, [1, BAD, 2])
    await service.step()
    assert await _published(bus) == ["acme/a0", "acme/a2"]
    (letter,) = await parked(service)
    assert letter["version"] == 1
    assert "the limit is 600" in letter["reason"]
    await bus.stop()


async def test_an_event_that_cannot_be_read_stops_neither_relay_nor_views(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings=PATIENT)
    await _pay(bus, [1, 2, 3])
    await service.step()
    await service.pool.execute("update relay set position = 0")
    service.published.forget()
    await service.pool.execute("delete from view_cursors")
    await service.pool.execute("delete from view_totals")
    damage = "update events set data = 'no' where stream = 'account-acme/a1'"
    await as_administrator(service.pool, damage)
    for lane in range(bus.partitions):
        await service.round.project(lane)
    await _relayed(service, bus)
    assert await service.pool.fetchval("select count(*) from view_totals") == 2
    letters = await parked(service)
    assert sorted(letter["source"] for letter in letters) == ["projection:totals", "publication"]


async def test_an_event_a_view_fails_for_does_not_stop_the_view(
    open_toy: OpenToy, bus: EmbeddedBus, faulty: Faulty
) -> None:
    view = View(toy.TOTALS.name, toy.TOTALS.schema, faulty.apply)
    service = await open_toy(settings=PATIENT, blueprint=replace(toy.blueprint(), views=(view,)))
    await _pay(bus, [1, 2, BAD, 3, BAD, 4])
    await service.step()
    rows = await service.pool.fetch("select amount, events from view_totals order by stream")
    assert [tuple(row) for row in rows] == [(1, 1), (2, 1), (3, 1), (4, 1)]
    letters = await parked(service)
    assert [letter["stream"] for letter in letters] == ["account-acme/a2", "account-acme/a4"]
    assert {letter["source"] for letter in letters} == {"projection:totals"}


async def test_a_rebuilt_view_closes_the_letters_of_what_it_has_now(
    open_toy: OpenToy, bus: EmbeddedBus, faulty: Faulty
) -> None:
    view = View(toy.TOTALS.name, toy.TOTALS.schema, faulty.apply)
    service = await open_toy(settings=PATIENT, blueprint=replace(toy.blueprint(), views=(view,)))
    await _pay(bus, [1, BAD])
    await service.step()
    assert len(await parked(service)) == 1
    await service.rebuild(lambda _done, _total: None)
    assert len(await parked(service)) == 1
    faulty.fails = False
    await service.rebuild(lambda _done, _total: None)
    assert not await parked(service)
    assert await service.pool.fetchval("select count(*) from view_totals") == 2


async def test_a_view_that_fails_does_not_fail_a_command_that_is_committed(
    open_toy: OpenToy,
) -> None:
    service = await open_toy(settings=PATIENT)
    await service.pool.execute("drop table view_totals")

    def hold(work: Work) -> int:
        work.append("account-acme/a", [toy.Added(5, toy.START)])
        return 5

    assert await service.execute("acme/a", ["account-acme/a"], hold) == 5
    assert (await total(service, "a")).amount == 5


async def test_a_view_that_takes_for_ever_does_not_keep_a_command_that_is_committed(
    open_toy: OpenToy,
) -> None:
    filled = asyncio.Event()

    async def apply(connection: Connection, table: str, events: Sequence[Stored]) -> None:
        await filled.wait()
        await toy.TOTALS.apply(connection, table, events)

    view = View(toy.TOTALS.name, toy.TOTALS.schema, apply)
    service = await open_toy(settings=PATIENT, blueprint=replace(toy.blueprint(), views=(view,)))

    def hold(work: Work) -> int:
        work.append("account-acme/a", [toy.Added(5, toy.START)])
        return 5

    async with asyncio.timeout(60):
        assert await service.execute("acme/a", ["account-acme/a"], hold) == 5
    assert await service.pool.fetchval("select count(*) from view_totals") == 0
    filled.set()
    await service.round.project(service.lane_of("acme", "a"))
    assert await service.pool.fetchval("select amount from view_totals") == 5


async def test_a_wake_up_that_fails_does_not_stop_the_others_and_has_a_letter(
    open_toy: OpenToy, bus: EmbeddedBus, faulty: Faulty, clock: SimulatedClock
) -> None:
    wakes = {"account": WakeRoute(faulty.wake)}
    service = await open_toy(settings=PATIENT, blueprint=replace(toy.blueprint(), wakes=wakes))
    await _pay(bus, [1, BAD, 2])
    await service.step()
    clock.set(toy.START.replace(day=2))
    await service.step()
    assert [(await total(service, f"a{number}")).wake_at for number in (0, 2)] == [None, None]
    (letter,) = await parked(service)
    assert (letter["source"], letter["stream"]) == ("wake", "account-acme/a1")
    assert await service.step() == 0
    faulty.fails = False
    clock.set(toy.START.replace(day=2, hour=1))
    await service.step()
    assert (await total(service, "a1")).wake_at is None
    assert not await parked(service)


async def test_what_cannot_be_loaded_for_a_wake_up_does_not_stop_the_others(
    open_toy: OpenToy, bus: EmbeddedBus, clock: SimulatedClock
) -> None:
    service = await open_toy(settings=PATIENT)
    await _pay(bus, [1, 2, 3])
    await service.step()
    await service.pool.execute(r"update state set data = '\x00' where stream = 'account-acme/a1'")
    clock.set(toy.START.replace(day=2))
    await service.step()
    assert [(await total(service, f"a{number}")).wake_at for number in (0, 2)] == [None, None]
    assert [letter["stream"] for letter in await parked(service)] == ["account-acme/a1"]
    assert await service.step() == 0


async def test_a_worker_that_fails_does_not_stop_the_others(open_toy: OpenToy) -> None:
    worked: list[Any] = []

    async def fails(_service: Any) -> int:
        raise ZeroDivisionError

    async def works(service: Any) -> int:
        worked.append(service)
        return 0

    service = await open_toy(
        settings=PATIENT, blueprint=replace(toy.blueprint(), workers=(fails, works))
    )
    with pytest.raises(ZeroDivisionError):
        await service.round.work()
    assert worked == [service]
