"""The real ledger, its neighbours played by the test."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import ClassVar

import pytest

from contracts import billing
from services.ledger.main import build
from tests.support.service_world import ZONE, ServiceWorld

START = datetime(2026, 1, 1, 2, tzinfo=UTC)


class World(ServiceWorld):
    """The ledger and what upstream tells it."""

    account_id: ClassVar[str] = "1"

    async def invoice(self, item_id: str, amount: int, due: date, account: str = "1") -> None:
        """An invoice arrives."""
        data = billing.InvoiceIssued(
            invoice_id=item_id,
            account_id=account,
            item="fee",
            amount=amount,
            currency="CNY",
            issued_on=self.today,
            due_on=due,
        )
        await self.tell(data, account)

    async def pay(
        self, payment_id: str, amount: int, account: str = "1", received: date | None = None
    ) -> None:
        """A payment arrives, received now or at ten o'clock of another day."""
        at = self.clock.now()
        if received is not None:
            at = datetime(received.year, received.month, received.day, 10, tzinfo=ZONE)
        data = billing.PaymentReceived(
            payment_id=payment_id,
            account_id=account,
            amount=amount,
            currency="CNY",
            received_at=at,
            method="transfer",
        )
        await self.tell(data, account)

    async def go_to(self, day: date, hour: int = 10) -> None:
        """Let time pass up to a local hour."""
        await self.run_until(datetime(day.year, day.month, day.day, hour, tzinfo=ZONE))


@pytest.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[World]:
    async with World.open(build, database, START, tmp_path) as opened:
        yield opened
