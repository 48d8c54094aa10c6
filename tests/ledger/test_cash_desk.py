"""The cash desk over HTTP: who sees receipts and collectors' cash, and what they see."""

import httpx
import pytest

from contracts import billing
from tests.ledger.conftest import World

RECEIPTS = "/v1/creditors/acme/receipts"
CASH = "/v1/creditors/acme/cash"
READERS = ("collector", "finance", "property", "manager", "auditor", "admin")
OTHERS = ("sales", "operations", "administration", "legal", "upstream", "sre")


@pytest.fixture
async def desk(world: World) -> World:
    """王强 took 80.00 of two debtors and handed 50.00 in; another creditor has a receipt too."""
    await world.terms(cash_desk=True, home_lane=0)
    await world.terms("other", cash_desk=True, home_lane=0)
    for creditor, number, amount in (("acme", 1, 3000), ("acme", 2, 5000), ("other", 3, 700)):
        paid = billing.PaymentReceived(
            payment_id=f"PAY-{number}",
            account_id=str(number),
            amount=amount,
            currency="CNY",
            received_at=world.clock.now(),
            method="cash",
            collected_by="王强",
        )
        await world.tell(paid, str(number), creditor)
    handed_in = billing.DepositMade(
        collected_by="王强", amount=5000, currency="CNY", deposited_at=world.clock.now()
    )
    await world.tell(handed_in, "*")
    return world


async def _get(
    desk: World, path: str, *roles: str, creditors: tuple[str, ...] = ("acme",)
) -> httpx.Response:
    async with desk.client(*(roles or ("finance",)), creditors=creditors) as client:
        return await client.get(path)


async def test_every_cash_payment_has_its_receipt_in_words(desk: World) -> None:
    listed = (await _get(desk, RECEIPTS)).json()["items"]
    shown = {one["payment_id"]: one for one in listed}
    assert set(shown) == {"PAY-1", "PAY-2"}
    assert (shown["PAY-1"]["amount"], shown["PAY-1"]["amount_in_figures"]) == (3000, "30.00")
    assert shown["PAY-1"]["amount_in_words"] == "人民币叁拾元整"
    one = (await _get(desk, f"{RECEIPTS}/{shown['PAY-2']['receipt']}")).json()
    assert one == shown["PAY-2"]
    assert (await _get(desk, f"{RECEIPTS}/202609-999999")).status_code == 404


async def test_receipts_are_found_by_payment_and_page_by_page(desk: World) -> None:
    found = (await _get(desk, f"{RECEIPTS}?payment=PAY-2")).json()["items"]
    assert [one["payment_id"] for one in found] == ["PAY-2"]
    first = (await _get(desk, f"{RECEIPTS}?limit=1")).json()
    second = (await _get(desk, f"{RECEIPTS}?limit=1&cursor={first['next']}")).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (1, 1, None)
    assert first["items"] != second["items"]


async def test_a_reversed_payments_receipt_is_void(desk: World) -> None:
    await desk.tell(
        billing.PaymentReversed(payment_id="PAY-1", account_id="1", reason="false_note")
    )
    found = (await _get(desk, f"{RECEIPTS}?payment=PAY-1")).json()["items"]
    assert [one["void"] for one in found] == [True]


async def test_a_receipt_says_what_of_its_payment_was_taken_back(desk: World) -> None:
    async def taken_back(amount: int) -> tuple[int, bool]:
        data = billing.PaymentReversed(payment_id="PAY-1", account_id="1", amount=amount)
        await desk.tell(data)
        (one,) = (await _get(desk, f"{RECEIPTS}?payment=PAY-1")).json()["items"]
        return one["taken_back"], one["void"]

    assert await taken_back(1000) == (1000, False)
    assert await taken_back(2000) == (3000, True)


async def test_what_a_collector_still_keeps_is_told(desk: World) -> None:
    (keeper,) = (await _get(desk, CASH)).json()["collectors"]
    assert keeper == {
        "collected_by": "王强",
        "collected": 8000,
        "deposited": 5000,
        "running": 3000,
    }


@pytest.mark.parametrize("path", [RECEIPTS, f"{RECEIPTS}/202609-000001", CASH])
async def test_the_cash_desk_is_for_its_roles_and_its_creditor(desk: World, path: str) -> None:
    assert {(await _get(desk, path, role)).status_code for role in OTHERS} == {403}
    allowed = [(await _get(desk, path, role)).status_code for role in READERS]
    assert set(allowed) <= {200, 404}
    assert (await _get(desk, path, "finance", creditors=("other",))).status_code == 403
