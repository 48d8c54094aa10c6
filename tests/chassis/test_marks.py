"""How far a lane has read and published is marked by its owner alone, and after the deed."""

import contextlib
from collections.abc import Sequence

import pytest

from chassis.bus.base import Outgoing
from chassis.bus.embedded import EmbeddedBus
from chassis.errors import Transient
from chassis.store import offsets
from tests.chassis import toy
from tests.chassis.conftest import OpenToy


async def test_who_reads_from_an_old_place_cannot_move_the_lane(open_toy: OpenToy) -> None:
    service = await open_toy()
    place = ("billing", 0)
    async with service.pool.acquire() as connection:
        await offsets.move(connection, 0, {place: 0}, {place: 5})
        with pytest.raises(Transient, match="not where this consumer left them"):
            await offsets.move(connection, 0, {place: 0}, {place: 3})
        assert await offsets.of_lane(connection, 0, ["billing"]) == {place: 5}


class Refusing(EmbeddedBus):
    """A bus that takes nothing while it is told to."""

    refuses = False

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        if self.refuses:
            raise Transient("the bus does not answer")
        await super().publish(messages)


async def test_what_the_bus_did_not_take_is_published_later(
    open_toy: OpenToy, database: str
) -> None:
    bus = Refusing(database, partitions=2)
    await bus.start()
    service = await open_toy(bus=bus)
    await toy.send(bus, "a", toy.payment(1, "a", 5))
    bus.refuses = True
    with contextlib.suppress(Transient):
        await service.step()
    bus.refuses = False
    await service.step()
    ends = await bus.end_offsets(["ledger"])
    await bus.stop()
    assert sum(ends.values()) == 1
