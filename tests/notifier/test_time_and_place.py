"""Where and when what is owed for took place stands in the notice, and sealed in the store."""

from datetime import date

import pytest

from contracts import billing
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
