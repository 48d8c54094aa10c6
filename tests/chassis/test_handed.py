"""What was committed is handed to the relay in memory; the store is read only for what was not."""

from datetime import timedelta
from typing import Any

import pytest
from asyncpg import Connection

from chassis.bus.embedded import EmbeddedBus
from chassis.clock import SimulatedClock
from chassis.runtime.handed import Handed
from chassis.runtime.instance import Instance
from chassis.store.stored import Stored
from contracts.codec import decode
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.test_faults import take_over
from tests.chassis.test_places import consume, opened


def at(*positions: int) -> list[Stored]:
    return [Stored("s", n, "added", toy.START, None, None, 0, n) for n in positions]


def positions(found: list[Stored] | None) -> list[int] | None:
    return None if found is None else [stored.position for stored in found]


def test_what_follows_without_a_gap_is_taken_in_order() -> None:
    handed = Handed()
    handed.put(0, 3, at(5, 6))
    handed.put(0, 6, at(9))
    assert positions(handed.next(0, 3, 2)) == [5, 6]
    assert positions(handed.next(0, 6, 2)) == [9]
    assert (positions(handed.next(0, 9, 2)), handed.last(0)) == ([], 9)


def test_what_was_told_in_another_order_is_put_right() -> None:
    handed = Handed()
    handed.put(0, 6, at(9))
    handed.put(0, 3, at(5, 6))
    assert positions(handed.next(0, 3, 5)) == [5, 6, 9]


@pytest.mark.parametrize("before", [3, 7])
def test_behind_a_gap_only_the_store_knows(before: int) -> None:
    handed = Handed()
    if before == 7:  # somebody else's event 7 lies between
        handed.put(0, 3, at(5))
    handed.put(0, before, at(8))
    assert handed.next(0, before - 1, 5) is None
    assert positions(handed.next(0, before, 5)) == [8]


def test_of_too_much_nothing_is_kept() -> None:
    handed = Handed(events_max=2)
    handed.put(0, 0, at(1, 2, 3))
    assert handed.next(0, 0, 5) is None


class NotRead:
    """A store's way to a lane's events that nobody may go."""

    async def __call__(self, *_: Any) -> list[Stored]:
        raise AssertionError("the store was read")


async def published(bus: EmbeddedBus) -> list[tuple[str, int]]:
    ends = await bus.end_offsets(["ledger"])
    reader = await bus.reader(dict.fromkeys(ends, 0))
    found: list[tuple[str, int]] = []
    while len(found) < sum(ends.values()):
        for record in await reader.fetch(100, 1.0):
            message = decode(record.value, record.headers)
            found.append((message.id, message.data.ledger_version))
    await reader.close()
    return found


async def saved(service: Instance, lane: int) -> Any:
    return await service.pool.fetchval("select position from relay where lane = $1", lane)


async def test_the_relay_does_not_read_what_it_was_handed(
    open_toy: OpenToy, bus: EmbeddedBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, lane = await opened(open_toy, bus)
    await service.round.relay(lane)  # it learns where the lane stands
    monkeypatch.setattr(service.store, "lane_after", NotRead())
    for number in (1, 2):
        await toy.send(bus, "a", toy.payment(number, "a", 5))
    await consume(service, 2)
    await service.round.relay(lane)
    assert [version for _, version in await published(bus)] == [1, 2]


async def test_what_another_instance_wrote_in_between_is_published_in_its_place(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service, lane = await opened(open_toy, bus)
    other = await open_toy()
    await toy.send(bus, "a", toy.payment(1, "a", 5))
    await consume(service, 1)
    stream = "account-acme/a"
    await other.execute(
        "acme/a", [stream], lambda work: work.append(stream, [toy.Added(7, toy.START)])
    )
    await toy.send(bus, "a", toy.payment(2, "a", 5))
    await consume(service, 1)
    await service.round.relay(lane)
    assert [version for _, version in await published(bus)] == [1, 2, 3]


async def test_how_far_it_came_is_saved_with_the_next_batch_or_after_a_while(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service, lane = await opened(open_toy, bus)
    places = []
    for number in (1, 2):
        await toy.send(bus, "a", toy.payment(number, "a", 5))
        await consume(service, 1)
        await service.round.relay(lane)
        places.append((await saved(service, lane), service.published.at(lane)))
    assert places[1][0] == places[0][1] > places[0][0]
    await service.round.save_places()
    assert await saved(service, lane) == places[1][1] > places[1][0]


async def test_after_a_crash_it_is_published_again_under_the_same_ids(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    dead, lane = await opened(open_toy, bus)
    await toy.send(bus, "a", toy.payment(1, "a", 5))
    await consume(dead, 1)
    await dead.round.relay(lane)
    heir = await open_toy()
    await take_over(dead, heir)
    await heir.round.relay(lane)
    assert len(await published(bus)) == 2
    assert len(set(await published(bus))) == 1


async def test_who_lost_the_lane_saves_nothing(open_toy: OpenToy, bus: EmbeddedBus) -> None:
    zombie, lane = await opened(open_toy, bus)
    await toy.send(bus, "a", toy.payment(1, "a", 5))
    await consume(zombie, 1)
    await zombie.round.relay(lane)
    await take_over(zombie, await open_toy())
    await zombie.pool.expire_connections()
    await zombie.round.save_places()
    assert await saved(zombie, lane) == 0


async def shown(service: Instance) -> Any:
    return await service.pool.fetchval("select amount from view_totals where stream like '%/a'")


async def test_the_views_have_a_small_batch_with_its_commit(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service, lane = await opened(open_toy, bus)
    await toy.send(bus, "a", toy.payment(1, "a", 5))
    await consume(service, 1)
    assert await shown(service) == 5
    assert lane not in service.signals.unprojected
    assert await service.projector.project(lane) == 0


async def test_a_view_that_fails_does_not_stop_the_commit(
    open_toy: OpenToy, bus: EmbeddedBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, lane = await opened(open_toy, bus)
    tried: list[int] = []

    async def fail(_connection: Connection, events: list[Stored]) -> None:
        tried.append(len(events))
        raise ValueError("no row for this")

    monkeypatch.setattr(service.projector, "show", fail)
    await toy.send(bus, "a", toy.payment(1, "a", 5))
    await consume(service, 1)
    assert (tried, (await toy.total(service, "a")).amount) == ([1], 5)
    assert lane in service.signals.unprojected
    await service.projector.project(lane)
    assert await shown(service) == 5


async def test_a_lane_that_has_much_for_the_views_leaves_the_others_their_turn(
    open_toy: OpenToy, bus: EmbeddedBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, lane = await opened(open_toy, bus)

    async def fail(_connection: Connection, _events: list[Stored]) -> None:
        raise ValueError("later")

    monkeypatch.setattr(service.projector, "show", fail)
    service.projector.batch_size = 1
    for number in range(1, 6):
        await toy.send(bus, "a", toy.payment(number, "a", 1))
        await consume(service, 1)
    assert await service.round.project(lane, at_most=3) == 3
    assert (await shown(service), lane in service.signals.unprojected) == (3, True)
    assert await service.round.project(lane, at_most=3) == 2
    assert (await shown(service), lane in service.signals.unprojected) == (5, False)


async def due_in(service: Instance, bus: EmbeddedBus, clock: SimulatedClock) -> None:
    """One account of the lane is due."""
    await toy.send(bus, "a", toy.payment(1, "a", 5))
    await consume(service, 1)
    clock.set(toy.START + timedelta(days=1))


async def looked_at(service: Instance) -> Any:
    return await service.pool.fetchval("select events from view_totals where stream like '%/a'")


async def test_the_views_and_the_relay_have_what_a_wake_up_wrote_without_the_store(
    open_toy: OpenToy, bus: EmbeddedBus, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, lane = await opened(open_toy, bus)
    await due_in(service, bus, clock)
    await service.round.relay(lane)
    monkeypatch.setattr(service.store, "lane_after", NotRead())
    assert await service.round.fire(lane) == 1
    assert await looked_at(service) == 2
    assert await service.round.relay(lane) == 1


async def test_a_view_that_fails_does_not_stop_a_wake_up(
    open_toy: OpenToy, bus: EmbeddedBus, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, lane = await opened(open_toy, bus)
    await due_in(service, bus, clock)

    async def fail(_connection: Connection, _events: list[Stored]) -> None:
        raise ValueError("no row for this")

    monkeypatch.setattr(service.projector, "show", fail)
    assert await service.round.fire(lane) == 1
    assert (await toy.total(service, "a")).wake_at is None
    assert await looked_at(service) == 1
    assert not await toy.parked(service)
    await service.projector.project(lane)
    assert await looked_at(service) == 2
