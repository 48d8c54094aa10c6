"""A service that is told who a debtor is and what they owe: the notifier, or legal."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from contracts import billing
from tests.support.ledger_messages import item_state
from tests.support.service_world import ACCOUNT, ServiceWorld

START = datetime(2026, 3, 10, 1, tzinfo=UTC)
"""09:00 on 10 March 2026 in Shanghai."""
_OFFSETS = "select topic, lane, next_offset from offsets"
_PARKED = "select reason from dead_letters where state = 'parked'"


class DebtorWorld(ServiceWorld):
    """What is told here waits on the bus until `run`."""

    async def run(self, until: datetime | None = None) -> None:
        """Let everything happen that is due, up to an instant; whatever then did not come was
        decided, since every message was handled.
        """
        await self.settle()
        if until is not None:
            await self.run_until(until)
        unhandled = await self._unhandled()
        assert not unhandled, unhandled

    async def _unhandled(self) -> list[str]:
        """What the service did not handle of what it was told."""
        pool, reads = self.service.pool, self.service.blueprint.reads
        read = {(topic, lane): offset for topic, lane, offset in await pool.fetch(_OFFSETS)}
        ends = await self.bus.end_offsets(list(reads))
        waiting = [
            f"{lane} is read to {read.get(lane, 0)}"
            for lane in ends
            if read.get(lane, 0) < ends[lane]
        ]
        return [*waiting, *(row["reason"] for row in await pool.fetch(_PARKED))]

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
