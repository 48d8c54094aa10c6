"""States folded stream by stream are those that were written event by event."""

import asyncio
from typing import Any

import pytest

from chassis.bus.embedded import EmbeddedBus
from chassis.runtime.instance import Instance
from chassis.store.rebuild import rebuild_states
from chassis.store.replaying import fold_streams, reached
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.support.tables import rows

_BESIDE = "create table beside (like state including all)"


async def _pay(service: Instance, bus: EmbeddedBus, first: int, number: int) -> None:
    for each in range(first, first + number):
        account = f"a{each % 7}"
        await toy.send(bus, account, toy.payment(each, account, each + 1_000))
    await toy.send(bus, "a1", toy.upserted(f"up-{first}", "a1"))  # an aggregate more
    await service.step()


async def _fold(
    service: Instance, through: dict[int, int], kinds: Any, at_once: int = 500
) -> list[bytes]:
    async with service.pool.acquire() as connection:
        await connection.execute(_BESIDE)
        passed: list[int] = []
        await fold_streams(
            service.store, connection, kinds, through, "beside", passed.append, at_once
        )
        assert all(0 < one <= at_once for one in passed)
        found = await rows(connection, "beside")
        await connection.execute("drop table beside")
    return found


async def _kept(service: Instance) -> list[bytes]:
    async with service.pool.acquire() as connection:
        return await rows(connection, "state")


async def _reached(service: Instance) -> dict[int, int]:
    async with service.pool.acquire() as connection:
        return await reached(connection)


@pytest.mark.parametrize("at_once", [1, 2, 3, 500])
async def test_are_byte_identical_however_many_events_are_read_at_once(
    open_toy: OpenToy, bus: EmbeddedBus, at_once: int
) -> None:
    service = await open_toy()
    await _pay(service, bus, 0, 30)
    kinds = service.store.aggregates
    kept = await _kept(service)
    assert len(kept) == 8
    assert await _fold(service, await _reached(service), kinds, at_once) == kept


async def test_are_those_of_a_position_whatever_came_since(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    kinds = service.store.aggregates
    await _pay(service, bus, 0, 30)
    before, kept = await _reached(service), await _kept(service)
    assert len(before) == 2
    await _pay(service, bus, 30, 30)
    assert await _fold(service, before, kinds) == kept != await _kept(service)
    assert await _fold(service, {}, kinds) == []


async def test_are_of_the_aggregates_asked_for_alone(open_toy: OpenToy, bus: EmbeddedBus) -> None:
    service = await open_toy()
    await _pay(service, bus, 0, 30)
    found = await _fold(service, await _reached(service), ["terms"])
    assert [row.partition(b"@")[0] for row in found] == [b"(terms-acme"]


async def test_are_swapped_in_beside_writers_who_go_on(open_toy: OpenToy, bus: EmbeddedBus) -> None:
    service = await open_toy(settings=toy.PATIENT)
    await _pay(service, bus, 0, 30)
    async with service.pool.acquire() as connection:
        async with asyncio.TaskGroup() as tasks:
            folding = tasks.create_task(
                rebuild_states(
                    service.store, connection, service.store.aggregates, lambda _number: None
                )
            )
            written = 30
            while not folding.done():
                await _pay(service, bus, written, 10)
                written += 10
        assert folding.result() is False
        assert await connection.fetchval("select sum(version) from state") == (
            await connection.fetchval("select count(*) from events")
        )
    assert (await toy.total(service, "a1")).payments == len(range(1, written, 7))
