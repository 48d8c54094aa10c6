"""A service that is told who a debtor is and what they owe: the notifier, or legal."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from contracts import billing
from tests.support.ledger_messages import item_state
from tests.support.service_world import ACCOUNT, ServiceWorld

START = datetime(2026, 3, 10, 1, tzinfo=UTC)
"""09:00 on 10 March 2026 in Shanghai."""
_PARKED = "select reason from dead_letters where state = 'parked'"


class DebtorWorld(ServiceWorld):
    """What is told here waits on the bus until `run`."""

    async def run(self, until: datetime | None = None) -> None:
        """Let everything happen that is due, up to an instant; nothing may be refused."""
        await self.settle()
        if until is not None:
            await self.run_until(until)
        parked = [row["reason"] for row in await self.service.pool.fetch(_PARKED)]
        assert not parked, parked

    async def debtor(self, account: str = ACCOUNT, **changes: Any) -> None:
        """Billing tells who the debtor is."""
        person: Mapping[str, Any] = {
            "name": "张三丰",
            "kind": "natural_person",
            "phones": ["13800138000"],
            "emails": ["zhang@example.com"],
            "addresses": ["青山县河东路18号"],
        } | changes
        data = {"account_id": account, "debtor": person}
        await self.publish(billing.AccountUpserted.model_validate(data), account)

    async def owes(
        self,
        amount: int,
        *,
        due: date = date(2026, 3, 8),
        account: str = ACCOUNT,
        overdue: bool = True,
    ) -> int:
        """The ledger says what is owed (0: nothing overdue); answers the ledger version."""
        item = item_state(
            max(amount, 1), due, due, principal=amount, overdue=overdue and amount > 0
        )
        data = self.ledger.balance(account, self.today, item)
        await self.publish(data, account)
        return data.ledger_version
