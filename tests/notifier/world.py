"""A notifier on a real store, a simulated clock and an embedded bus, and what others tell it."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx

from chassis.bus.base import Outgoing, lane_of
from chassis.bus.embedded import EmbeddedBus
from chassis.clock import SimulatedClock
from chassis.http.dev_keys import mint_token
from chassis.runtime.instance import Instance
from chassis.settings import Settings
from contracts import billing, dunning, ledger
from contracts.base import Contract
from contracts.codec import decode, encode
from contracts.registry import TOPICS

CREDITOR = "acme"
ACCOUNT = "P-1"


@dataclass
class World:
    """One service, the messages it is sent, and what it published."""

    service: Instance
    clock: SimulatedClock
    bus: EmbeddedBus
    settings: Settings
    outbox: Path
    versions: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def publish(self, data: Contract, account: str = ACCOUNT) -> None:
        """Put a message of somebody else on the bus."""
        key = f"{CREDITOR}/{account}".encode()
        every = account == "*"
        lanes = range(self.bus.partitions) if every else [lane_of(key, self.bus.partitions)]
        for lane in lanes:
            value = encode(
                data,
                id=f"m{next(self.ids)}",
                source="test",
                time=self.clock.now(),
                creditor=CREDITOR,
                subject=account,
            )
            await self.bus.publish([Outgoing(data.TOPIC, lane, key, value)])

    async def run(self, until: datetime | None = None) -> None:
        """Let everything happen that is due, up to an instant."""
        while await self.service.step():
            pass
        while until is not None:
            wake = await self.service.next_wake()
            if wake is None or wake > until:
                self.clock.set(until)
                while await self.service.step():
                    pass
                return
            self.clock.set(max(wake, self.clock.now()))
            while await self.service.step():
                pass

    async def published(self, topic: str) -> list[Any]:
        """Every message of a topic, in the order of its lanes."""
        found = []
        ends = await self.bus.end_offsets([topic])
        for (name, lane), end in sorted(ends.items()):
            reader = await self.bus.reader({(name, lane): 0})
            while end > 0:
                records = await reader.fetch(500, 1)
                found += [decode(one.value, one.headers) for one in records]
                if not records or records[-1].offset + 1 >= end:
                    break
            await reader.close()
        return found

    def client(self, *roles: str) -> httpx.AsyncClient:
        """A caller of the API with roles."""
        token = mint_token(self.settings.data_dir, roles or ("admin",), creditors=[CREDITOR])
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.service.app),
            base_url="http://notifier",
            headers={"Authorization": f"Bearer {token}"},
        )

    async def terms(self, **changes: Any) -> None:
        """The creditor's terms reach every lane."""
        given = {
            "creditor": CREDITOR,
            "name": "青山县人民医院",
            "time_zone": "Asia/Shanghai",
            "currency": "CNY",
            "policy": "county-hospital",
            "version": 1,
            "languages": ["zh"],
        } | changes
        await self.publish(dunning.TermsPublished.model_validate(given), "*")

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
        version = next(self.versions)
        item = {
            "item_id": "INV-1",
            "item": "medical_fee",
            "amount": max(amount, 1),
            "due_on": due,
            "original_due_on": due,
            "issued_on": due,
            "principal": amount,
            "overdue": overdue and amount > 0,
            "state": "open" if amount else "settled",
        }
        data = {
            "account_id": account,
            "ledger_version": version,
            "as_of": self.clock.now().date(),
            "currency": "CNY",
            "principal": amount,
            "overdue": amount if overdue else 0,
            "late_fee": 0,
            "prepaid": 0,
            "oldest_due_on": due if overdue and amount else None,
            "reason": "test",
            "items": [item],
        }
        await self.publish(ledger.BalanceChanged.model_validate(data), account)
        return version

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


async def prepared(bus: EmbeddedBus) -> None:
    """All topics exist, whoever writes them."""
    await bus.ensure_topics(TOPICS)
