"""A debtor's right and another hold, beside each other: what is shown, and what others hear."""

from datetime import date

import pytest

from contracts import dunning
from tests.dunning.app.world import World, local

PATH = "/v1/accounts/P-1"
ORDERS = [("", "restriction"), ("restriction", "")]


@pytest.mark.parametrize("placed", ORDERS)
@pytest.mark.parametrize("released", ORDERS)
async def test_others_hear_that_the_account_goes_on_once_neither_stands(
    world: World, placed: tuple[str, str], released: tuple[str, str]
) -> None:
    await world.set_up("mobile")
    await world.owes(30_000, date(2026, 3, 8))
    await world.run_until(local(3, 18))
    for ground in placed:
        await place(world, ground)
    begun = {one.data.hold_id for one in await world.of(dunning.HoldPlaced)}
    await release(world, released[0])
    assert (await world.get(f"{PATH}/case")).json()["paused_for"] == ["hold"]
    assert await world.of(dunning.HoldReleased) == []
    await release(world, released[1])
    assert (await world.get(f"{PATH}/case")).json()["paused_for"] == []
    (ended,) = await world.of(dunning.HoldReleased)
    assert (len(begun), ended.data.hold_id in begun) == (2, True)
    shown = [one["fields"] for one in await world.timeline() if one["kind"] == "hold_released"]
    assert ([one.get("standing") for one in shown], shown[1]["hold_id"]) == (
        [ended.data.hold_id, None],
        ended.data.hold_id,
    )


@pytest.mark.parametrize("released", ORDERS)
async def test_the_creditors_period_begins_anew_with_the_end_of_the_last(
    world: World, released: tuple[str, str]
) -> None:
    await world.set_up("mobile", retention_days=30)
    await world.owes(30_000, date(2026, 3, 8))
    await world.run_until(local(3, 18))
    await world.owes(30_000, date(2026, 3, 8), left=0)
    await world.run_until(local(4, 20))
    assert await ended(world) == 1
    for ground in ORDERS[0]:
        await place(world, ground)
    await release(world, released[0])
    await world.run_until(local(6, 1))
    await release(world, released[1])
    await world.run_until(local(6, 30))
    assert await ended(world) == 1
    await world.run_until(local(7, 3))
    assert await ended(world) == 2


async def place(world: World, ground: str) -> None:
    body = {"ground": ground} if ground else {"reason": "fire"}
    assert (await world.post(f"{PATH}/hold", body)).status_code == 201


async def release(world: World, ground: str) -> None:
    body = {"ground": ground} if ground else {}
    assert (await world.post(f"{PATH}/hold/release", body)).status_code == 201


async def ended(world: World) -> int:
    """How often the debtor's erasure was asked for since the creditor's period was over."""
    return len(await world.of(dunning.RetentionEnded))
