"""What a service ignores costs no transaction, and where it stands is never said too far."""

from datetime import date
from typing import Any

from chassis.bus.base import lane_of
from chassis.bus.embedded import EmbeddedBus
from chassis.runtime.instance import Instance
from contracts.billing import InvoiceCancelled
from contracts.codec import encode
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.test_faults import take_over
from tests.chassis.toy import PATIENT, total


def ignored(number: int) -> bytes:
    """A message of a topic that the toy reads, and of a type that it does nothing with."""
    data = InvoiceCancelled(invoice_id=f"I{number}", account_id="a", cancelled_on=date(2026, 3, 1))
    return encode(
        data, id=f"i-{number}", source="upstream", time=toy.START, creditor="acme", subject="a"
    )


async def opened(open_toy: OpenToy, bus: EmbeddedBus) -> tuple[Instance, int]:
    service = await open_toy(settings=PATIENT)
    await service.leases.refresh()
    await service.reading.reopen([*service.leases.held])
    return service, lane_of(b"acme/a", bus.partitions)


async def consume(service: Instance, number: int) -> None:
    """Read so many messages and apply them."""
    read = 0
    while read < number:
        for lane, records in (await service.reading.fetch(10, 1.0)).items():
            read += await service.round.consume(lane, records)


async def stored(service: Instance, lane: int) -> Any:
    return await service.pool.fetchval(
        "select next_offset from offsets where topic = 'billing' and lane = $1", lane
    )


async def test_it_is_saved_with_others_of_the_same_time(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service, lane = await opened(open_toy, bus)
    await toy.send(bus, "a", ignored(1), ignored(2))
    await consume(service, 2)
    place = ("billing", lane)
    assert (await stored(service, lane), service.reading.positions[place]) == (None, 2)
    await service.round.save_places()
    assert await stored(service, lane) == 2
    await toy.send(bus, "a", ignored(3))
    await consume(service, 1)
    assert await stored(service, lane) == 2
    await service.round.save_places()
    assert await stored(service, lane) == 3


async def test_it_is_saved_with_the_next_batch_that_has_an_effect(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service, lane = await opened(open_toy, bus)
    await toy.send(bus, "a", ignored(1))
    await consume(service, 1)
    await toy.send(bus, "a", toy.payment(1, "a", 5))
    await consume(service, 1)
    assert await stored(service, lane) == 2
    assert service.consumer.places.lanes() == set()
    assert (await total(service, "a")).amount == 5


async def test_it_is_read_again_after_a_crash(open_toy: OpenToy, bus: EmbeddedBus) -> None:
    dead, lane = await opened(open_toy, bus)
    await toy.send(bus, "a", toy.payment(1, "a", 5), ignored(1))
    await consume(dead, 2)
    await toy.send(bus, "a", ignored(2))
    await consume(dead, 1)
    heir = await open_toy(settings=PATIENT)
    await take_over(dead, heir)
    await heir.reading.reopen([*heir.leases.held])
    await toy.send(bus, "a", toy.payment(2, "a", 7))
    await consume(heir, 2)
    assert await stored(heir, lane) == 4
    assert (await total(heir, "a")).amount == 12


async def test_who_lost_the_lane_saves_nothing(open_toy: OpenToy, bus: EmbeddedBus) -> None:
    zombie, lane = await opened(open_toy, bus)
    await toy.send(bus, "a", ignored(1))
    await consume(zombie, 1)
    heir = await open_toy(settings=PATIENT)
    await take_over(zombie, heir)
    await zombie.pool.expire_connections()  # its sessions were ended
    await zombie.round.save_places()
    assert await stored(heir, lane) is None
    assert zombie.consumer.places.lanes() == set()


async def test_a_lane_that_is_given_back_is_saved_before(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service, lane = await opened(open_toy, bus)
    await toy.send(bus, "a", ignored(1))
    await consume(service, 1)
    service.reading.forget(lane)  # as its task does when it ends
    await service.round.give_back(lane, 0.0)
    assert await stored(service, lane) == 1


async def test_nothing_is_deleted_that_the_store_has_not_passed(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    """What is told to the bus decides what an erasure may take off it."""
    service, lane = await opened(open_toy, bus)
    await toy.send(bus, "a", ignored(1))
    await consume(service, 1)
    told = service.consumer.places.in_store(service.reading.positions)
    assert told["billing", lane] == 0
    await service.round.save_places()
    told = service.consumer.places.in_store(service.reading.positions)
    assert told["billing", lane] == 1
