"""Who wants a dead person, or somebody the creditor spares, to be dunned cannot get there by a
debtor's right: it stands beside any other hold, and its end takes nothing else with it.
"""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from arrears.billing import cloud_event
from arrears.scenario.worlds import open_scenario_world
from arrears.upstream import send
from arrears.world import World
from chassis.settings import Settings

ZONE = ZoneInfo("Asia/Shanghai")
BEGIN = datetime(2026, 4, 1, 10, tzinfo=ZONE)
SPARED, DEAD, DIED_LATER = "P-1", "P-2", "P-3"
STOPPED, DEATH = {"reason": "fire"}, {"kind": "deceased"}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_scenario_world(Settings(), "embedded") as opened:
        await opened.begin(BEGIN)
        body = {"name": "Lender", "time_zone": ZONE.key, "currency": "CNY", "policy": "mobile"}
        await opened.apis.call("dunning", "PUT", "/v1/creditors/lender", json=body)
        await opened.simulation().settle()
        for account in (SPARED, DEAD, DIED_LATER):
            await owes(opened, account)
        yield opened


async def owes(world: World, account: str) -> None:
    debtor = {"name": "欧阳漱玉", "kind": "natural_person", "phone": "+8613787654321"}
    fee = {"invoice_id": f"I-{account}", "item": "fee", "amount": 9_000, "currency": "CNY"}
    days = {"issued_on": date(2026, 4, 1), "due_on": date(2026, 4, 15)}
    told: list[tuple[str, dict[str, Any]]] = [
        ("account.upserted.v1", {"debtor": debtor}),
        ("invoice.issued.v1", {**fee, **days}),
    ]
    events = [
        cloud_event(
            kind,
            creditor="lender",
            account=account,
            id=f"{kind}-{account}",
            at=world.clock.now(),
            data={"account_id": account, **data},
            source="upstream",
        )
        for kind, data in told
    ]
    assert await send(world.apis, events) == []
    await world.simulation().settle()


async def test_whatever_right_ends_nobody_is_dunned_whom_another_hold_spares(world: World) -> None:
    await asks(world, SPARED, "hold", STOPPED)
    await asks(world, SPARED, "hold", {"ground": "objection"})
    await asks(world, DEAD, "observations", DEATH)
    await asks(world, DEAD, "hold", {"ground": "restriction"})
    await asks(world, DIED_LATER, "hold", {"ground": "restriction"})
    await asks(world, DIED_LATER, "observations", DEATH)
    await asks(world, SPARED, "hold/release", {"ground": "objection"})
    await asks(world, DEAD, "hold/release", {"ground": "restriction"})
    await asks(world, DIED_LATER, "hold/release", {"ground": "restriction"})
    await passes(world, 60)
    for account in (SPARED, DEAD, DIED_LATER):
        case = await world.apis.get("dunning", f"/v1/accounts/{account}/case", creditor="lender")
        assert (account, case["paused_for"], await taken(world, account)) == (account, ["hold"], 0)
    await asks(world, SPARED, "hold/release", {})
    await passes(world, 61)
    assert await taken(world, SPARED) == 1


async def test_who_releases_another_hold_leaves_the_right_in_force(world: World) -> None:
    await asks(world, SPARED, "hold", {"ground": "restriction"})
    await asks(world, SPARED, "hold", STOPPED)
    await asks(world, SPARED, "hold/release", {})
    await passes(world, 60)
    assert await taken(world, SPARED) == 0
    await asks(world, SPARED, "hold/release", {"ground": "restriction"})
    await passes(world, 61)
    assert await taken(world, SPARED) == 1


async def asks(world: World, account: str, what: str, body: dict[str, Any]) -> None:
    await world.apis.post("dunning", f"/v1/accounts/{account}/{what}", body, creditor="lender")
    await world.simulation().settle()


async def passes(world: World, days: int) -> None:
    await world.simulation().run_until(BEGIN + timedelta(days=days))
    await world.simulation().settle()


async def taken(world: World, account: str) -> int:
    """How many steps were taken against an account."""
    path = f"/v1/accounts/{account}/timeline"
    shown = await world.apis.get("dunning", path, creditor="lender", limit=500)
    return [one["kind"] for one in shown["items"]].count("step_taken")
