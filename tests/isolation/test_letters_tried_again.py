"""A dead letter that cannot be tried again stops nobody."""

import pytest

from chassis.bus.base import lane_of
from chassis.bus.embedded import EmbeddedBus
from chassis.errors import Conflict, Transient
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.toy import parked, total


async def test_a_letter_of_an_erased_debtor_does_not_stop_the_batch_that_would_help_it(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    await toy.send(bus, "a", toy.erased("gone", "a"))
    await service.step()
    await toy.send(bus, "a", toy.payment(1, "a", toy.NEEDS_SETTING_UP))
    await service.step()
    assert [letter["error"] for letter in await parked(service)] == ["NotFound"]
    await toy.send(bus, "a", toy.upserted("set up", "a"), toy.payment(2, "a", 7))
    await service.step()
    await toy.send(bus, "a", toy.payment(3, "a", 2))
    await service.step()
    assert (await total(service, "a")).amount == 9


async def test_ten_dozen_letters_of_one_account_do_not_keep_its_lane_from_going_on(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings=toy.PATIENT)
    waiting = [toy.payment(n, "a", toy.NEEDS_SETTING_UP) for n in range(1, 121)]
    await toy.send(bus, "a", *waiting)
    await service.step()
    await toy.send(bus, "a", toy.payment(121, "a", 5))
    lane = lane_of(b"acme/a", bus.partitions)
    records = (await service.reading.fetch(10, 1.0))[lane]
    await service.round.consume(lane, records)
    assert (await total(service, "a")).amount == 5
    assert service.parked.lanes_to_retry() == {lane}
    await toy.send(bus, "a", toy.upserted("set up", "a"))
    await service.step()
    assert not service.parked.lanes_to_retry()
    assert not await parked(service)
    assert (await total(service, "a")).amount == 5 + 120 * toy.NEEDS_SETTING_UP


async def test_whoever_ended_between_the_commit_and_the_next_try_leaves_it_to_its_successor(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    def ended(point: str) -> None:
        if ending and point == "consume.after_commit":
            raise Transient("the store ended")

    ending = False
    service = await open_toy(settings=toy.PATIENT, probe=ended)
    await toy.send(bus, "a", toy.payment(1, "a", toy.NEEDS_A_PAYMENT_BEFORE))
    await service.step()
    ending = True
    await toy.send(bus, "a", toy.payment(2, "a", 7))
    with pytest.raises(Transient):
        await service.step()
    await service.leases.leave()
    successor = await open_toy(settings=toy.PATIENT)
    await successor.step()
    assert not await parked(successor)
    assert (await total(successor, "a")).amount == 7 + toy.NEEDS_A_PAYMENT_BEFORE


async def test_a_conflict_on_the_way_does_not_lose_the_next_try(
    open_toy: OpenToy, bus: EmbeddedBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = await open_toy(settings=toy.PATIENT)
    await toy.send(bus, "a", toy.payment(1, "a", toy.NEEDS_A_PAYMENT_BEFORE))
    await service.step()
    retry, tries = service.parked.retry, []

    async def once_in_conflict(letter: int) -> bool:
        tries.append(letter)
        if len(tries) == 1:
            raise Conflict("somebody was faster")
        return await retry(letter)

    monkeypatch.setattr(service.parked, "retry", once_in_conflict)
    await toy.send(bus, "a", toy.payment(2, "a", 7))
    await service.step()
    await service.step()
    assert len(tries) == 2
    assert not await parked(service)
