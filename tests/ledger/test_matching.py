"""A creditor's open items and payments, page by page: what a bank's statement is matched with."""

from datetime import timedelta
from typing import Any

from contracts import billing
from tests.ledger.conftest import World

ITEMS = "/v1/creditors/acme/open-items"
PAYMENTS = "/v1/creditors/acme/payments"


async def invoice(world: World, account: str, number: str, amount: int = 9000) -> None:
    today = world.clock.now().date()
    issued = billing.InvoiceIssued(
        invoice_id=number,
        account_id=account,
        item="goods",
        amount=amount,
        currency="CNY",
        issued_on=today,
        due_on=today,
    )
    await world.tell(issued, account)


async def pay(
    world: World, account: str, number: str, *invoices: str, after: timedelta = timedelta()
) -> None:
    paid = billing.PaymentReceived(
        payment_id=number,
        account_id=account,
        amount=4000,
        currency="CNY",
        received_at=world.clock.now() + after,
        method="transfer",
        invoices=invoices,
    )
    await world.tell(paid, account)


async def listed(world: World, path: str, **query: str) -> list[dict[str, Any]]:
    async with world.client("finance") as client:
        answer = (await client.get(path, params={"limit": "1", **query})).json()
        found = list(answer["items"])
        while answer["next"] is not None:
            answer = (
                await client.get(path, params={"limit": "1", **query, "cursor": answer["next"]})
            ).json()
            found += answer["items"]
    return found


async def test_what_is_open_is_listed_over_all_accounts(world: World) -> None:
    await world.terms()
    await invoice(world, "1", "I-1")
    await invoice(world, "2", "I-2")
    await invoice(world, "2", "I-3", 4000)
    await pay(world, "1", "P-1", "I-1")
    await pay(world, "2", "P-2", "I-3")
    found = await listed(world, ITEMS)
    assert [(i["account_id"], i["item_id"], i["principal"]) for i in found] == [
        ("1", "I-1", 5000),
        ("2", "I-2", 9000),
    ]
    assert [i["item_id"] for i in await listed(world, ITEMS, account="2")] == ["I-2"]


async def test_payments_tell_what_they_named_and_what_is_left_of_them(world: World) -> None:
    await world.terms()
    await pay(world, "1", "P-1", "I-1", "I-2")
    await pay(world, "2", "P-2")
    await world.tell(billing.PaymentReversed(payment_id="P-1", account_id="1"))
    first, second = await listed(world, PAYMENTS)
    assert (first["payment_id"], first["amount"], first["left"]) == ("P-1", 4000, 0)
    assert first["invoices"] == ["I-1", "I-2"]
    assert len(first["taken_back_by"]) == 1
    assert (second["left"], second["taken_back_by"]) == (4000, [])


async def test_a_part_taken_back_leaves_the_rest(world: World) -> None:
    await world.terms()
    await pay(world, "1", "P-1")
    await world.tell(billing.PaymentReversed(payment_id="P-1", account_id="1", amount=1500))
    (payment,) = await listed(world, PAYMENTS)
    assert (payment["amount"], payment["left"]) == (4000, 2500)


async def test_a_payment_told_before_it_is_received_is_known(world: World) -> None:
    await world.terms()
    await pay(world, "1", "P-1", after=timedelta(days=2))
    assert [one["payment_id"] for one in await listed(world, PAYMENTS)] == ["P-1"]


async def test_another_creditors_payments_are_not_found(world: World) -> None:
    async with world.client("finance", creditors=("other",)) as client:
        assert (await client.get(PAYMENTS)).status_code in {403, 404}
        assert (await client.get(ITEMS)).status_code in {403, 404}
