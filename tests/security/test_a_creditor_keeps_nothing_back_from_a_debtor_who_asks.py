"""What a creditor keeps of a debtor cannot be kept from them: it is in the copy they ask for."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from arrears.billing import Event, cloud_event
from arrears.errors import UsageError
from arrears.scenario.worlds import open_scenario_world
from arrears.subject.gathering import gather
from arrears.subject.paper import SECTIONS, pdf
from arrears.upstream import send
from arrears.world import World
from chassis.bus.base import Outgoing, lane_of
from chassis.documents.typeset import typesetter
from chassis.settings import Settings

ZONE = ZoneInfo("Asia/Shanghai")
BEGIN = datetime(2026, 4, 1, 10, tzinfo=ZONE)
CREDITOR, ACCOUNT, OTHER = "lender", "A-1", "A-2"
UNKNOWN, NAME = "not-set-up", "Isfahan Carpets"
SEGMENT, WISH, OTHERS_WISH = "known to the bailiff", "moved to Isfahan", "moved to Samarkand"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_scenario_world(Settings(), "embedded") as opened:
        await opened.begin(BEGIN)
        body = {"name": "Lender", "time_zone": ZONE.key, "currency": "CNY", "policy": "mobile"}
        await opened.apis.call("dunning", "PUT", f"/v1/creditors/{CREDITOR}", json=body)
        await opened.simulation().settle()
        yield opened


def event(world: World, kind: str, account: str, **data: object) -> Event:
    return cloud_event(
        kind,
        creditor=CREDITOR,
        account=account,
        id=f"{kind}-{account}",
        at=world.clock.now(),
        data={"account_id": account, **data},
        source="upstream",
    )


async def asks_on_the_bus(world: World, account: str, reason: str) -> None:
    """Upstream asks for an erasure, which waits for a person."""
    key = f"{CREDITOR}/{account}".encode()
    told = event(world, "account.erased.v1", account, reason=reason)
    lane = lane_of(key, world.bus.partitions)
    await world.bus.publish([Outgoing("billing", lane, key, json.dumps(told).encode())])
    await world.simulation().settle()


async def test_a_label_and_a_request_to_erase_are_in_the_copy(world: World) -> None:
    debtor = {"name": "Ms Li", "kind": "natural_person"}
    for account in (ACCOUNT, OTHER):
        told = event(world, "account.upserted.v1", account, debtor=debtor, segment=SEGMENT)
        assert await send(world.apis, [told]) == []
    await world.simulation().settle()
    await asks_on_the_bus(world, OTHER, OTHERS_WISH)
    await asks_on_the_bus(world, ACCOUNT, WISH)
    refusal = {"reason": "the limitation period runs"}
    path = f"/v1/accounts/{ACCOUNT}/erasure/refusal"
    await world.apis.post("ledger", path, refusal, creditor=CREDITOR)
    await world.simulation().settle()
    copy = await gather(world.apis, CREDITOR, ACCOUNT, world.clock.now())
    assert copy["debtor"]["segment"] == SEGMENT
    asked = [(one["status"], one["asked_reason"], one["reason"]) for one in copy["erasures"]]
    assert asked == [("refused", WISH, refusal["reason"])]
    assert set(copy) == set(SECTIONS)
    for language in ("zh", "en"):
        assert pdf(typesetter(), copy, language, world.clock.now()).startswith(b"%PDF")


async def test_what_was_set_aside_of_an_account_that_is_none_yet_is_in_the_copy(
    world: World,
) -> None:
    told = event(world, "account.upserted.v1", ACCOUNT, debtor={"name": NAME, "kind": "company"})
    assert await send(world.apis, [told | {"creditor": UNKNOWN}]) == []
    await world.simulation().settle()
    copy = await gather(world.apis, UNKNOWN, ACCOUNT, world.clock.now())
    assert any(NAME in one["text"] for one in copy["set_aside"])
    assert pdf(typesetter(), copy, "en", world.clock.now()).startswith(b"%PDF")
    with pytest.raises(UsageError, match="has no account"):
        await gather(world.apis, UNKNOWN, OTHER, world.clock.now())
