"""A lane that decides for long holds up no other, and none waits inside a transaction."""

import asyncio
from collections.abc import Sequence
from typing import Any

from chassis.bus.base import Outgoing as BusMessage
from chassis.bus.embedded import EmbeddedBus
from chassis.runtime.instance import Instance
from chassis.runtime.turns import DecidingInTurn
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.toy import PATIENT, total

_OPEN = """
select count(*) from pg_stat_activity
where application_name like 'arrears-toy-%' and state like 'idle in transaction%'"""


async def _pay_in_each_lane(service: Instance, bus: EmbeddedBus) -> Any:
    for lane in (0, 1):
        value = toy.payment(lane, f"a{lane}", 5)
        await bus.publish([BusMessage("billing", lane, f"acme/a{lane}".encode(), value)])
    await service.leases.refresh()
    await service.reading.reopen([0, 1])
    found: dict[int, Sequence[Any]] = {}
    while len(found) < 2:
        found |= await service.reading.fetch(10, 1.0)
    return found


async def test_whoever_waits_for_a_turn_has_no_transaction_open(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    begun = asyncio.Event()

    def probe(point: str) -> None:
        if point == "consume.begin":
            begun.set()

    service = await open_toy(settings=PATIENT, probe=probe)
    service.consumer.applying.turns = DecidingInTurn(patience_seconds=3600)
    records = await _pay_in_each_lane(service, bus)
    async with service.consumer.applying.turns.next():
        waiting = asyncio.create_task(
            service.consumer.consume(0, records[0], service.reading.positions)
        )
        await begun.wait()
        for _ in range(20):  # as far as it gets
            await asyncio.sleep(0)
            assert await service.pool.fetchval(_OPEN) == 0
    await waiting
    assert (await total(service, "a0")).payments == 1


async def test_a_lane_that_decides_for_ever_stops_no_other(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings=PATIENT)
    service.consumer.applying.turns = DecidingInTurn(patience_seconds=0.01)
    records = await _pay_in_each_lane(service, bus)
    async with service.consumer.applying.turns.next(), asyncio.timeout(60):
        await service.consumer.consume(1, records[1], service.reading.positions)
    assert (await total(service, "a1")).payments == 1
