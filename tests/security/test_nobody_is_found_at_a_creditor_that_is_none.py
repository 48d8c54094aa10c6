"""Who was told of too early, of a creditor that is not set up, waits in messages that were set
aside: an erasure takes them there too, and the creditor finds nobody when it comes.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from arrears.billing import cloud_event
from arrears.scenario.worlds import open_scenario_world
from arrears.upstream import send
from arrears.world import World
from chassis.settings import SERVICES, Settings
from contracts.words.streams import Subject
from tests.system import traces

ZONE = ZoneInfo("Asia/Shanghai")
LI = Subject("lender", "A-1")
NAME = "Scheherazade of Samarkand"
PATH = f"/v1/accounts/{LI.account}/erasure"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_scenario_world(Settings(), "embedded") as opened:
        await opened.begin(datetime(2026, 4, 1, 10, tzinfo=ZONE))
        yield opened


async def shown(world: World) -> set[str]:
    """In which services' messages somebody can read the name."""
    found: set[str] = set()
    for name in SERVICES:
        for row in (await world.apis.get(name, "/v1/dead-letters", state=""))["items"]:
            letter = await world.apis.get(name, f"/v1/dead-letters/{row['id']}")
            found |= {name} if NAME in (letter["text"] or "") else set()
    return found


async def test_an_erasure_before_the_creditor_is_set_up_leaves_nobody(world: World) -> None:
    told = cloud_event(
        "account.upserted.v1",
        creditor=LI.creditor,
        account=LI.account,
        id="early",
        at=world.clock.now(),
        data={"account_id": LI.account, "debtor": {"name": NAME, "kind": "natural_person"}},
        source="upstream",
    )
    assert await send(world.apis, [told]) == []
    await world.simulation().settle()
    assert "dunning" in await shown(world)
    await world.apis.post("ledger", PATH, {}, creditor=LI.creditor)
    await world.simulation().settle()
    assert await shown(world) == set()
    for name in SERVICES:
        assert (await world.stack.services[name].keys([LI])).is_erased(LI), name
    body = {"name": "Lender", "time_zone": ZONE.key, "currency": "CNY", "policy": "mobile"}
    await world.apis.call("dunning", "PUT", f"/v1/creditors/{LI.creditor}", json=body)
    await world.simulation().settle()
    said = await traces.topics(world) | {"tables": await traces.tables(world)}
    assert traces.found([NAME], said) == set()
    assert await shown(world) == set()
