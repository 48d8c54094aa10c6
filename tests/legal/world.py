"""The legal service and what dunning asks of it."""

from datetime import date
from pathlib import Path
from typing import Any

from contracts import dunning
from tests.support.debtor_world import DebtorWorld
from tests.support.service_world import ACCOUNT


class LegalWorld(DebtorWorld):
    """A legal service that knows the creditor's terms."""

    @property
    def documents(self) -> Path:
        """The folder in which documents end."""
        return self.settings.data_dir / "documents"

    async def asks(
        self, request_id: str = "L-1", *, account: str = ACCOUNT, version: int = 1, **changes: Any
    ) -> None:
        """Dunning asks for a document."""
        given = {
            "request_id": request_id,
            "account_id": account,
            "case_id": "C-1",
            "document": "complaint",
            "ledger_version": version,
            "currency": "CNY",
            "principal": 830000,
            "late_fee": 0,
            "total": 830000,
            "items": [
                {
                    "item_id": "INV-1",
                    "item": "medical_fee",
                    "due_on": date(2026, 3, 8),
                    "principal": 830000,
                    "late_fee": 0,
                }
            ],
            "policy": "county-hospital",
            "version": 1,
            "step": "s4",
            "reason": "day 30 reached",
        } | changes
        await self.publish(dunning.LegalRequested.model_validate(given), account)

    async def case_closes(self) -> None:
        """Dunning closes the case."""
        data = {"account_id": ACCOUNT, "case_id": "C-1", "reason": "cleared"}
        await self.publish(dunning.CaseClosed.model_validate(data))

    async def told(self) -> list[str]:
        """The types the service published, in order."""
        return [one.type.removeprefix("legal.") for one in await self.published("legal")]
