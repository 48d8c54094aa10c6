"""Where and when what is owed for took place stands in the notice, and sealed in the store."""

from datetime import date, timedelta

import pytest

from contracts import billing, dunning
from tests.notifier.world import World
from tests.support.papers import text_of
from tests.support.service_world import ACCOUNT
from tests.support.stored import data_of

PLACE, TIME = "体育馆北停车场", "2026-03-01 08:12"


async def _invoice(world: World, **attributes: str) -> None:
    invoice = billing.InvoiceIssued(
        invoice_id="INV-1",
        account_id=ACCOUNT,
        item="parking_fee",
        amount=4500,
        currency="CNY",
        issued_on=date(2026, 3, 1),
        attributes=attributes,
    )
    await world.publish(invoice)


@pytest.mark.parametrize("channel", ["sms", "letter"])
async def test_a_notice_tells_time_and_place(world: World, channel: str) -> None:
    await world.debtor()
    await _invoice(world, place=PLACE, time=TIME, meter="7")
    await world.request(version=await world.owes(4500), purpose="demand", channel=channel)
    await world.run()
    (file,) = (one for one in world.outbox.rglob("N-1*") if one.is_file())
    text = file.read_text() if channel == "sms" else text_of(file.read_bytes())
    assert PLACE in text
    assert TIME in text
    for table in ("events", "state"):
        rows = await world.service.pool.fetch(f"select data from {table}")  # noqa: S608
        assert not [row for row in rows if PLACE.encode() in row["data"]]


async def test_an_invoice_that_says_neither_leaves_nothing(world: World) -> None:
    await world.debtor()
    await _invoice(world, meter="7")
    await world.run()
    events = await world.service.pool.fetch("select data from events")
    assert not [data for data in data_of(events) if b"invoice_detailed" in data]


async def test_the_hours_are_those_where_the_debtor_is(world: World) -> None:
    """It is 09:00 in Shanghai and 03:00 in Berlin."""
    await world.debtor(time_zone="Europe/Berlin")
    await world.request(version=await world.owes(830000))
    await world.run()
    async with world.client("manager") as client:
        assert (await client.get("/v1/notices/N-1")).json()["reason"] == "hours"
        await world.run(world.clock.now() + timedelta(hours=7))
        assert (await client.get("/v1/notices/N-1")).json()["state"] == "sent"


def test_a_time_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no such time zone"):
        billing.DebtorPart(name="n", kind="company", time_zone="Mars/Olympus")


async def test_what_an_agency_did_counts_and_what_it_tells_late_does_not(world: World) -> None:
    await world.debtor()
    for number in range(8):
        days = 1 if number < 7 else 30
        at = world.clock.now() - timedelta(days=days)
        told = {"account_id": ACCOUNT, "contact_id": f"k{number}", "agency": "north"}
        reported = dunning.ContactReported(**told, channel="sms", day=at.date(), at=at)
        await world.publish(reported)
    await world.request(version=await world.owes(830000))
    await world.run()
    async with world.client("manager") as client:
        assert (await client.get("/v1/notices/N-1")).json()["reason"] == "frequency"
        await world.run(world.clock.now() + timedelta(days=6))
        assert (await client.get("/v1/notices/N-1")).json()["state"] == "sent"
