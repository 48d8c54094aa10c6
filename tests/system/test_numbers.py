"""Numbers as people write them stand beside ids wherever people look, and find what has them."""

from collections.abc import Mapping
from datetime import date, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from arrears.billing import cloud_event
from arrears.upstream import send
from arrears.world import World

# The bus carries them like all else.
pytestmark = pytest.mark.parametrize("settings", ["embedded"], indirect=True)
ZONE = ZoneInfo("Asia/Shanghai")
CREDITOR = "lender"
_SENT = count(1)
PLATE, INVOICE, PAYMENT = "京A12345", "INV/2024/00007", "收据 0042"
DEBTOR = {
    "name": "张三",
    "kind": "natural_person",
    "phones": ["+8613800138000"],
    "emails": ["zhang@example.com"],
    "addresses": ["人民路1号"],
}


@pytest.fixture
async def told(world: World) -> World:
    """A debt that a letter, a call and a lawyer's letter were about, in part paid."""
    await world.begin(datetime(2026, 3, 1, 8, tzinfo=ZONE))
    body = {
        "name": "Lender",
        "time_zone": ZONE.key,
        "currency": "CNY",
        "policy": "service-company",
    }
    await world.apis.call("dunning", "PUT", f"/v1/creditors/{CREDITOR}", json=body)
    await _tell(world, "account.upserted.v1", debtor=DEBTOR, number=PLATE)
    await _tell(world, "account.upserted.v1", segment="parking")
    await _tell(
        world,
        "invoice.issued.v1",
        invoice_id="i-7",
        number=INVOICE,
        item="service_fee",
        amount=50_000,
        currency="CNY",
        issued_on=date(2026, 3, 1),
        due_on=date(2026, 3, 8),
    )
    await world.simulation().run_until(datetime(2026, 4, 8, tzinfo=ZONE))
    await _tell(
        world,
        "payment.received.v1",
        payment_id="p-42",
        number=PAYMENT,
        amount=10_000,
        currency="CNY",
        received_at=world.clock.now(),
        method="transfer",
    )
    return world


async def _tell(world: World, kind: str, **data: Any) -> None:
    event = cloud_event(
        kind,
        creditor=CREDITOR,
        account="a-1",
        id=f"e-{next(_SENT)}",
        at=world.clock.now(),
        data={"account_id": "a-1", **data},
        source="upstream",
    )
    assert await send(world.apis, [event]) == []
    await world.simulation().settle()


async def test_the_ledger_shows_them_beside_the_ids(told: World) -> None:
    async def seen(path: str) -> Any:
        return await told.apis.get("ledger", path, creditor=CREDITOR)

    assert (await seen("/v1/accounts"))["items"][0]["number"] == PLATE
    assert (await seen("/v1/accounts/a-1"))["number"] == PLATE
    items = await seen("/v1/accounts/a-1/items")
    assert (items["number"], items["items"][0]["number"]) == (PLATE, INVOICE)
    lines = (await seen("/v1/accounts/a-1/statement"))["lines"]
    assert {line["reference"]: line["number"] for line in lines if line["number"]} == {
        "i-7": INVOICE,
        "p-42": PAYMENT,
    }
    open_items = await seen(f"/v1/creditors/{CREDITOR}/open-items")
    assert open_items["items"][0]["number"] == INVOICE
    payments = await seen(f"/v1/creditors/{CREDITOR}/payments")
    assert payments["items"][0]["number"] == PAYMENT


async def test_a_number_finds_what_it_belongs_to(told: World) -> None:
    path = f"/v1/creditors/{CREDITOR}/numbers"
    for number, kind, id_ in (
        ("京a12345", "account", "a-1"),
        ("inv/2024/00007", "invoice", "i-7"),
        (PAYMENT, "payment", "p-42"),
    ):
        (one,) = (await told.apis.get("ledger", path, number=number))["items"]
        assert (one["kind"], one["id"], one["account_id"]) == (kind, id_, "a-1")
    assert (await told.apis.get("ledger", path, number="INV/2024/00008"))["items"] == []


async def test_cases_show_the_number_and_are_found_by_it(told: World) -> None:
    async def cases(number: str) -> list[Mapping[str, Any]]:
        page = await told.apis.get("dunning", "/v1/cases", creditor=CREDITOR, number=number)
        found: list[Mapping[str, Any]] = page["items"]
        return found

    assert [case["number"] for case in await cases(PLATE.lower())] == [PLATE]
    assert await cases("京A54321") == []


async def test_notices_and_documents_name_what_the_debtor_knows(told: World) -> None:
    written = [path.read_text("utf-8") for path in told.outbox.rglob("*.txt")]
    assert written
    assert all(PLATE in text for text in written)
    assert any(f"服务费 {INVOICE}：" in text for text in written)
    page = await told.apis.get("legal", "/v1/documents", creditor=CREDITOR)
    document = page["items"][0]["document_id"]
    text = (await told.apis.get("legal", f"/v1/documents/{document}"))["text"]
    assert INVOICE in text
