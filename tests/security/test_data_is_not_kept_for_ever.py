"""What a creditor needs no longer cannot be stolen: closed accounts are erased after its period."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from arrears.billing import cloud_event
from arrears.scenario.worlds import open_scenario_world
from arrears.upstream import send
from arrears.world import World
from chassis.settings import Settings
from tests.system import traces

ZONE = ZoneInfo("Asia/Shanghai")
BEGIN = datetime(2026, 4, 1, 10, tzinfo=ZONE)
PAID, OWING, PREPAID, STOPPED = "P-1", "P-2", "P-3", "P-4"
NAMES = {PAID: "欧阳漱玉", OWING: "慕容清越", PREPAID: "司马长风", STOPPED: "诸葛静姝"}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_scenario_world(Settings(), "embedded") as opened:
        await opened.begin(BEGIN)
        yield opened


async def tell(world: World, kind: str, account: str, **data: object) -> None:
    event = cloud_event(
        kind,
        creditor="lender",
        account=account,
        id=f"{kind}-{account}-{len(data)}",
        at=world.clock.now(),
        data={"account_id": account, **data},
        source="upstream",
    )
    assert await send(world.apis, [event]) == []
    await world.simulation().settle()


async def tell_of_debtor(world: World, account: str, **more: object) -> None:
    debtor = {"name": NAMES[account], "kind": "natural_person"}
    await tell(world, "account.upserted.v1", account, debtor=debtor, **more)


async def passes(world: World, days: int) -> None:
    await world.simulation().run_until(BEGIN + timedelta(days=days))
    await world.simulation().settle()


async def pays(world: World, account: str, amount: int) -> None:
    money = {"amount": amount, "currency": "CNY", "method": "transfer"}
    at = world.clock.now()
    await tell(
        world, "payment.received.v1", account, payment_id=f"M-{account}", received_at=at, **money
    )


async def test_closed_accounts_are_erased_after_the_creditors_period_and_no_other(
    world: World,
) -> None:
    body = {"name": "Lender", "time_zone": ZONE.key, "currency": "CNY", "policy": "mobile"}
    path = "/v1/creditors/lender"
    await world.apis.call("dunning", "PUT", path, json=body | {"retention_days": 60})
    assert (await world.apis.get("dunning", path))["retention_days"] == 60
    await world.simulation().settle()
    for account in NAMES:
        await tell_of_debtor(world, account)
        invoice = {"item": "fee", "amount": 9_000, "currency": "CNY"}
        days = {"issued_on": date(2026, 4, 1), "due_on": date(2026, 4, 15)}
        await tell(
            world, "invoice.issued.v1", account, invoice_id=f"I-{account}", **invoice, **days
        )
    await passes(world, 20)
    for account, amount in ((PAID, 9_000), (PREPAID, 9_500), (STOPPED, 9_000)):
        await pays(world, account, amount)
    stop = {"ground": "restriction", "reason": "wants the file for a court"}
    await world.apis.post("dunning", f"/v1/accounts/{STOPPED}/hold", stop, creditor="lender")
    await passes(world, 75)
    assert {PAID, OWING} <= await named(world)
    await tell_of_debtor(world, PAID, department="east")  # as upstream does for all, every night
    await passes(world, 90)
    assert await named(world) == {OWING, PREPAID, STOPPED}
    listed = await world.apis.get("ledger", f"{path}/erasures")
    assert [(row["account_id"], row["answered_by"]) for row in listed["items"]] == [
        (PAID, "retention")
    ]
    assert "for the 60 days" in listed["items"][0]["reason"]


async def named(world: World) -> set[str]:
    """The accounts whose debtor is named anywhere: in a table, on a topic, in a file, an answer."""
    said = await traces.topics(world) | traces.files(world)
    for account in NAMES:
        said |= {
            f"{account} {place}": text
            for place, text in (await traces.answers(world, "lender", account)).items()
        }
    text = "\n".join(said.values()) + await traces.tables(world)
    return {account for account, name in NAMES.items() if name in text}
