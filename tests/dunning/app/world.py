"""Dunning, people who work with it, and what its neighbours tell it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import httpx

from chassis.http.dev_keys import mint_token
from contracts import billing, ledger
from tests.support.ledger_messages import item_state
from tests.support.service_world import CREDITOR, ZONE, ServiceWorld

START = datetime(2026, 3, 1, tzinfo=ZONE)


def local(month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


@dataclass
class World(ServiceWorld):
    """`falling_due` is what the ledger has yet to say of invoices, each at the start of the day
    after its due date.
    """

    http: httpx.AsyncClient = field(init=False)
    falling_due: list[ledger.ItemOverdue] = field(default_factory=list)

    def __post_init__(self) -> None:
        transport = httpx.ASGITransport(self.service.app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://dunning")

    # ---- people

    def headers(self, *roles: str, creditors: Sequence[str] = ("*",), who: str = "ann") -> Any:
        token = mint_token(self.settings.data_dir, roles, creditors, who)
        return {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, *roles: str, **query: Any) -> httpx.Response:
        query.setdefault("creditor", CREDITOR)
        headers = self.headers(*(roles or ("admin",)))
        return await self.http.get(path, params=query, headers=headers)

    async def post(
        self, path: str, body: Any, *roles: str, who: str = "ann", **query: Any
    ) -> httpx.Response:
        query.setdefault("creditor", CREDITOR)
        headers = self.headers(*(roles or ("admin",)), who=who)
        answer = await self.http.post(path, json=body, params=query, headers=headers)
        await self.settle()
        return answer

    async def set_up(
        self, policy: str | None = "county-hospital", **changes: Any
    ) -> httpx.Response:
        given = {"name": "Acme", "time_zone": ZONE.key, "currency": "CNY", "policy": policy}
        headers = self.headers("manager")
        answer = await self.http.put(
            f"/v1/creditors/{CREDITOR}", json=given | changes, headers=headers
        )
        await self.settle()
        return answer

    # ---- neighbours

    async def owes(
        self,
        amount: int,
        due: date,
        *,
        account: str = "P-1",
        item: str = "INV-1",
        left: int | None = None,
        currency: str = "CNY",
    ) -> None:
        """The ledger tells of an item; `left` is the principal still owed of it."""
        principal = amount if left is None else left
        state = item_state(amount, due, self.today, item_id=item, principal=principal)
        balance = self.ledger.balance(account, self.today, state, currency=currency)
        await self.tell(balance, account)
        if principal and due >= self.today:
            self.falling_due.append(self.ledger.fell_due(account, state, currency=currency))

    async def pays(
        self, amount: int, payment_id: str = "PAY-1", item: str = "INV-1", **changes: Any
    ) -> None:
        """The ledger tells of a payment; what is left of the item is told by `owes`."""
        account = changes.pop("account", "P-1")
        given = {"payment_id": payment_id, "as_of": self.today} | changes
        paid = self.ledger.allocated(account, self.clock.now(), {item: amount}, **given)
        await self.tell(paid, account)

    async def knows(self, name: str, account: str = "P-1", **more: Any) -> None:
        """Billing tells who the debtor of an account is."""
        debtor = billing.DebtorPart(name=name, kind="natural_person")
        await self.tell(billing.AccountUpserted(account_id=account, debtor=debtor, **more), account)

    # ---- time

    async def run_until(self, at: datetime) -> None:
        """Let time pass; the ledger says at 00:00 which items became overdue."""
        for message in sorted(self.falling_due, key=lambda m: m.due_on):
            midnight = datetime.combine(message.due_on + timedelta(days=1), time(), ZONE)
            if midnight <= at:
                await super().run_until(midnight)
                self.falling_due.remove(message)
                await self.tell(message, message.account_id)
        await super().run_until(at)
        await self.settle()

    async def timeline(self, account: str = "P-1") -> list[dict[str, Any]]:
        answer = await self.get(f"/v1/accounts/{account}/timeline")
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items
