"""Who may read the topic `ledger`, a data warehouse say, learns what is owed and paid, and nobody's
name: neither debtors' nor those of people who collect.
"""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from contracts import billing, ledger
from contracts.words.collectors import is_coded
from services.ledger.main import build
from tests.ledger.conftest import START, World

COLLECTOR = "王强"
NAMES = (COLLECTOR, "欧阳漱玉", "诸葛静姝", "Ms Chen", "滇Z·99817", "Dulcinea/2026/7", "for Sancho")


@pytest.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[World]:
    async with World.open(build, database, START, tmp_path) as opened:
        await opened.terms(cash_desk=True, home_lane=0)
        await _told(opened)
        yield opened


async def _told(world: World) -> None:
    """Upstream tells names wherever it may, one collector takes cash of two debtors and keeps some
    of it, and one payment is taken back.
    """
    debtor = billing.DebtorPart(name="欧阳漱玉", kind="natural_person")
    guarantor = billing.GuarantorPart(name="诸葛静姝")
    account = billing.AccountUpserted(
        account_id="1",
        debtor=debtor,
        guarantors=(guarantor,),
        responsible="Ms Chen",
        number="滇Z·99817",
    )
    await world.tell(account, "1")
    invoice = billing.InvoiceIssued(
        invoice_id="I-1",
        account_id="1",
        item="fee",
        amount=9000,
        currency="CNY",
        issued_on=world.today,
        due_on=date(2026, 1, 2),
        number="Dulcinea/2026/7",
    )
    await world.tell(invoice, "1")
    for number, amount in ((1, 3000), (2, 5000)):
        paid = billing.PaymentReceived(
            payment_id=f"PAY-{number}",
            account_id="1",
            amount=amount,
            currency="CNY",
            received_at=world.clock.now(),
            method="cash",
            collected_by=COLLECTOR,
        )
        await world.tell(paid, "1")
    back = billing.PaymentReversed(payment_id="PAY-2", account_id="1", reason="for Sancho")
    await world.tell(back, "1")
    await world.go_to(date(2026, 1, 3))


async def test_no_message_names_anybody_and_the_cash_desk_still_does(world: World) -> None:
    messages = await world.published("ledger")
    said = msgspec.json.encode([one.data for one in messages]).decode()
    assert [name for name in NAMES if name in said] == []
    allocated = {one.data.collected_by for one in await world.of(ledger.PaymentAllocated)}
    found = {one.data.collected_by for one in await world.of(ledger.CashDifferenceFound)}
    assert len(allocated) == 1
    assert allocated == found
    assert all(is_coded(code) for code in allocated)
    async with world.client("finance") as client:
        counted = (await client.get("/v1/creditors/acme/cash")).json()["collectors"]
    assert [(one["collected_by"], one["running"]) for one in counted] == [(COLLECTOR, 3000)]
