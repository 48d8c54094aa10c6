"""A dead letter that cannot be tried again stops nobody."""

from chassis.bus.embedded import EmbeddedBus
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
