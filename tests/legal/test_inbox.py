"""What other services say is remembered for a time, what upstream says for good."""

from datetime import timedelta

import pytest

from chassis.store.inbox import KEPT_FOR
from tests.legal.world import LegalWorld


async def _kept(world: LegalWorld) -> tuple[int, int]:
    """How many ids are kept, and how many of them for a time."""
    found = await world.service.pool.fetchrow("select count(*), count(at) from inbox")
    return tuple(found)


@pytest.mark.parametrize("at_once", [1, 300])
async def test_ids_of_our_own_services_are_forgotten_and_those_of_upstream_are_not(
    world: LegalWorld, at_once: int
) -> None:
    await world.run()
    await world.run_until(world.clock.now() + KEPT_FOR + timedelta(hours=1))
    await world.run()
    assert await _kept(world) == (0, 0)  # the terms'
    await world.debtor()
    for _ in range(at_once):
        await world.owes(830000)
    await world.run()
    assert await _kept(world) == (at_once + 1, at_once)
    await world.run_until(world.clock.now() + KEPT_FOR - timedelta(hours=1))
    await world.run()
    assert (await _kept(world))[1] == at_once
    await world.run_until(world.clock.now() + timedelta(hours=2))
    await world.run()
    assert await _kept(world) == (1, 0)
