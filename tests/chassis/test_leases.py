"""How the lanes are shared by instances that come and go."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
from hypothesis import given
from hypothesis import strategies as st

from chassis.bus.base import lane_of
from chassis.bus.embedded import EmbeddedBus
from chassis.runtime.blueprint import Blueprint
from chassis.runtime.instance import Instance
from chassis.runtime.leases import shares
from chassis.runtime.live import Live
from chassis.runtime.service import Service
from chassis.store.work import Work
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.test_metrics import measured
from tests.chassis.toy import PATIENT, total

NAMES = st.sampled_from("abcdefgh")
HOUR = PATIENT | {"lease_seconds": 3600.0}
"""Whoever does not hear what is told waits for an hour."""


def give_and_take(holding: dict[str, int], lanes: int) -> int:
    """Everybody gives and takes what its share says; returns how many lanes were given back."""
    wanted = shares(lanes, holding)
    moved = sum(max(0, held - wanted[name]) for name, held in holding.items())
    holding |= wanted
    return moved


@given(st.integers(1, 70), st.lists(NAMES, max_size=30))
def test_shares_differ_by_one_and_as_few_lanes_move_as_possible(
    lanes: int, changes: list[str]
) -> None:
    holding: dict[str, int] = {}
    for name in changes:
        if name in holding:
            del holding[name]  # its lanes are free
        else:
            holding[name] = 0
        before = dict(holding)
        moved = give_and_take(holding, lanes)
        if not holding:
            continue
        assert sum(holding.values()) == lanes
        each, over = divmod(lanes, len(holding))
        assert sorted(holding.values()) == [each] * (len(holding) - over) + [each + 1] * over
        least = sorted(before.values(), reverse=True)
        assert moved == sum(max(0, held - each - (n < over)) for n, held in enumerate(least))
        assert give_and_take(holding, lanes) == 0


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():
            await asyncio.sleep(0.01)


def _held(*services: Instance) -> list[int]:
    return [len(service.leases.held) for service in services]


class TestThreeOnFourLanes:
    async def test_who_joins_gets_its_lanes_and_who_leaves_hands_them_over_at_once(
        self, open_toy: OpenToy, four_lanes: EmbeddedBus
    ) -> None:
        one, two, three = [await open_toy(bus=four_lanes, settings=HOUR) for _ in range(3)]
        await one.start()
        assert _held(one) == [4]
        await two.start()
        await _until(lambda: _held(one, two) == [2, 2])
        await three.start()
        await _until(lambda: sorted(_held(one, two, three)) == [1, 1, 2])
        assert len({*one.leases.held, *two.leases.held, *three.leases.held}) == 4
        kept = [dict(two.leases.held), dict(three.leases.held)]
        await one.leave()
        await _until(lambda: _held(two, three) == [2, 2])
        for service, before in zip((two, three), kept, strict=True):
            assert before.items() <= service.leases.held.items()

    async def test_nothing_moves_while_nobody_comes_or_goes(
        self, open_toy: OpenToy, four_lanes: EmbeddedBus
    ) -> None:
        services = [await open_toy(bus=four_lanes, settings=HOUR) for _ in range(3)]
        for service in services:
            await service.start()
        await _until(lambda: sorted(_held(*services)) == [1, 1, 2])
        held = [dict(service.leases.held) for service in services]
        for _ in range(3):
            for service in services:
                found = await service.leases.refresh()
                assert not any(found)
        assert [service.leases.held for service in services] == held

    async def test_who_gets_no_lane_says_that_it_owns_none(
        self, open_toy: OpenToy, four_lanes: EmbeddedBus, database: str
    ) -> None:
        """No lane owned by anybody must be told from nobody being asked."""
        one = await open_toy(bus=four_lanes, settings=HOUR)
        locker = await asyncpg.connect(database, server_settings={"search_path": "toy"})
        await locker.execute("begin; select 1 from lanes for share")
        await one.start()
        assert measured(one, "lanes_owned") == 0
        await locker.close()
        await _until(lambda: measured(one, "lanes_owned") == 4)

    async def test_who_lost_its_ear_hears_again(
        self, open_toy: OpenToy, four_lanes: EmbeddedBus, database: str
    ) -> None:
        one = await open_toy(bus=four_lanes, settings=HOUR)
        await one.start()
        await deafen(database)
        two = await open_toy(bus=four_lanes, settings=HOUR)
        await two.start()
        await _until(lambda: _held(one, two) == [2, 2])

    async def test_a_lane_whose_row_is_locked_for_a_moment_is_taken_soon_after(
        self, open_toy: OpenToy, four_lanes: EmbeddedBus, database: str
    ) -> None:
        one = await open_toy(bus=four_lanes, settings=HOUR)
        locker = await asyncpg.connect(database, server_settings={"search_path": "toy"})
        await locker.execute("begin; select 1 from lanes where lane = 2 for share")
        await one.start()
        assert sorted(one.leases.held) == [0, 1, 3]
        await locker.close()
        await _until(lambda: _held(one) == [4])


_END_LISTENING = """
select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN%lanes%'"""


async def deafen(database: str) -> None:
    connection = await asyncpg.connect(database)
    assert await connection.fetch(_END_LISTENING)
    await connection.close()


async def test_a_lane_that_moves_has_no_other_lane_read_anew(
    open_toy: OpenToy, four_lanes: EmbeddedBus
) -> None:
    opened: list[Any] = []
    reader = four_lanes.reader

    async def counted(positions: Any) -> Any:
        opened.append(positions)
        return await reader(positions)

    four_lanes.reader = counted  # type: ignore[method-assign]
    one = await open_toy(bus=four_lanes, settings=HOUR)
    await one.start()
    await _until(lambda: len(opened) == 1)
    accounts = {lane_of(f"acme/{name}".encode(), 4): name for name in "abcdefghijkl"}
    for number, account in enumerate(accounts.values()):
        await toy.send(four_lanes, account, toy.payment(number, account, 5))
    two = await open_toy(bus=four_lanes, settings=HOUR)
    await two.start()
    await _until(lambda: _held(one, two) == [2, 2])
    for number, account in enumerate(accounts.values(), start=100):
        await toy.send(four_lanes, account, toy.payment(number, account, 5))
    async with asyncio.timeout(60):
        for account in accounts.values():
            while (await total(one, account)).payments < 2:
                await asyncio.sleep(0.01)
    assert len(opened) == 2  # each its own, once


async def test_a_batch_that_hangs_holds_back_no_other_lane(
    open_toy: OpenToy, four_lanes: EmbeddedBus
) -> None:
    one = await open_toy(bus=four_lanes, settings=HOUR)
    two = await open_toy(bus=four_lanes, settings=HOUR)
    live = Live(one.round, one.settings, one.metrics)
    await live.start()
    async with one.round._alone(1):  # as a batch does
        await two.start()
        leaving = asyncio.create_task(live.stop())
        await _until(lambda: sorted(two.leases.held) == [0, 2, 3])
    await leaving
    await _until(lambda: _held(two) == [4])


async def test_what_a_lane_has_is_published_before_it_is_given_back(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings=PATIENT)
    lane = lane_of(b"acme/a", bus.partitions)
    await service.leases.refresh()
    await service.execute("acme/a", [STREAM], _add)
    await service.round.give_back(lane, publish_seconds=60)
    assert sum((await bus.end_offsets(["ledger"])).values()) == 1
    assert lane not in service.leases.held


async def test_a_lane_is_given_back_although_the_bus_takes_nothing(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    async def hang(_messages: object) -> None:
        await asyncio.Event().wait()

    service, heir = await open_toy(settings=PATIENT), await open_toy(settings=PATIENT)
    lane = lane_of(b"acme/a", bus.partitions)
    await service.leases.refresh()
    await service.execute("acme/a", [STREAM], _add)
    bus.publish, publish = hang, bus.publish  # type: ignore[method-assign,assignment]
    await service.round.give_back(lane, publish_seconds=0.01)
    bus.publish = publish  # type: ignore[method-assign]
    await heir.leases.refresh()
    assert await heir.round.relay(lane) == 1


async def test_a_round_of_the_gateways_ends_before_an_instance_has_left(open_toy: OpenToy) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def call(_service: Service) -> int:
        ended.clear()
        begun.set()
        await asyncio.sleep(0.1)  # the gateway's answer
        ended.set()
        return 0

    calls = Blueprint(**(vars(toy.blueprint()) | {"workers": (call,)}))
    service = await open_toy(settings=PATIENT, blueprint=calls)
    await service.start()
    async with asyncio.timeout(60):
        await begun.wait()
    await service.leave()
    assert ended.is_set()


STREAM = "account-acme/a"


def _add(work: Work) -> None:
    work.append(STREAM, [toy.Added(5, toy.START)])
