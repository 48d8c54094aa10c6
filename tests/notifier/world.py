"""The notifier and what dunning asks of it."""

from pathlib import Path
from typing import Any

from contracts import dunning
from tests.support.debtor_world import DebtorWorld
from tests.support.service_world import ACCOUNT


class World(DebtorWorld):
    """A notifier with files for every channel."""

    @property
    def outbox(self) -> Path:
        """The folder in which what goes out ends."""
        return self.settings.data_dir / "outbox"

    async def request(
        self, notice_id: str = "N-1", *, account: str = ACCOUNT, version: int = 1, **changes: Any
    ) -> None:
        """Dunning asks for a notice."""
        given = {
            "notice_id": notice_id,
            "account_id": account,
            "case_id": "C-1",
            "purpose": "reminder",
            "channel": "sms",
            "template": changes.get("purpose", "reminder"),
            "ledger_version": version,
            "needs_overdue": True,
            "policy": "county-hospital",
            "version": 1,
            "step": "s1",
            "reason": "day 1 reached",
        } | changes
        await self.publish(dunning.NoticeRequested.model_validate(given), account)
