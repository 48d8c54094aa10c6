"""Dunning on a real store and a real bus, with the messages of its neighbours made by hand."""

import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from chassis.bus.base import Outgoing, lane_of
from chassis.bus.embedded import EmbeddedBus
from chassis.clock import SimulatedClock
from chassis.http.dev_keys import mint_token
from chassis.runtime.instance import Instance
from chassis.settings import Settings
from contracts import billing, ledger
from contracts.base import Contract
from contracts.codec import Message, decode, encode
from services.dunning.main import build

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 1, tzinfo=ZONE)
CREDITOR = "acme"
PARTITIONS = 2


def local(month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


@dataclass
class Desk:
    """Dunning, its clock and its neighbours."""

    service: Instance
    clock: SimulatedClock
    bus: EmbeddedBus
    client: httpx.AsyncClient
    data_dir: Path
    dsn: str
    ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    versions: dict[str, int] = field(default_factory=dict)
    falling_due: list[ledger.ItemOverdue] = field(default_factory=list)

    def headers(self, *roles: str, creditors: Sequence[str] = ("*",), who: str = "ann") -> Any:
        token = mint_token(self.data_dir, roles, creditors, who)
        return {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, *roles: str, **query: Any) -> httpx.Response:
        query.setdefault("creditor", CREDITOR)
        return await self.client.get(
            path, params=query, headers=self.headers(*(roles or ("admin",)))
        )

    async def post(
        self, path: str, body: Any, *roles: str, who: str = "ann", **query: Any
    ) -> httpx.Response:
        query.setdefault("creditor", CREDITOR)
        headers = self.headers(*(roles or ("admin",)), who=who)
        answer = await self.client.post(path, json=body, params=query, headers=headers)
        await self.settle()
        return answer

    async def set_up(
        self, policy: str | None = "county-hospital", **changes: Any
    ) -> httpx.Response:
        body = {
            "name": "Acme",
            "time_zone": ZONE.key,
            "currency": "CNY",
            "policy": policy,
            **changes,
        }
        headers = self.headers("manager")
        answer = await self.client.put(f"/v1/creditors/{CREDITOR}", json=body, headers=headers)
        await self.settle()
        return answer

    async def tell(self, data: Contract, account: str = "P-1") -> None:
        key = f"{CREDITOR}/{account}".encode()
        value = encode(
            data,
            id=f"m-{next(self.ids)}",
            source="tests",
            time=self.clock.now(),
            creditor=CREDITOR,
            subject=account,
        )
        headers = (("content-type", b"application/cloudevents+json"),)
        lane = lane_of(key, PARTITIONS)
        await self.bus.publish([Outgoing(data.TOPIC, lane, key, value, headers)])
        await self.settle()

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
        version = self.versions[account] = self.versions.get(account, 0) + 1
        today = self.clock.now().astimezone(ZONE).date()
        state = ledger.ItemState(
            item_id=item,
            item="medical_fee",
            amount=amount,
            due_on=due,
            original_due_on=due,
            issued_on=due - timedelta(days=7),
            principal=principal,
            overdue=due < today and principal > 0,
            state="open" if principal else "settled",
        )
        await self.tell(
            ledger.BalanceChanged(
                account_id=account,
                ledger_version=version,
                as_of=today,
                currency=currency,
                principal=principal,
                overdue=principal if due < today else 0,
                late_fee=0,
                prepaid=0,
                reason="told",
                items=(state,),
            ),
            account,
        )
        if principal and due >= today:
            self.falling_due.append(
                ledger.ItemOverdue(
                    account_id=account,
                    ledger_version=version,
                    as_of=due + timedelta(days=1),
                    item_id=item,
                    item="medical_fee",
                    due_on=due,
                    outstanding=principal,
                    currency=currency,
                )
            )

    async def knows(self, name: str, account: str = "P-1", **more: Any) -> None:
        debtor = billing.DebtorPart(name=name, kind="natural_person")
        await self.tell(billing.AccountUpserted(account_id=account, debtor=debtor, **more), account)

    async def run_until(self, at: datetime) -> None:
        """Let time pass; the ledger says at 00:00 which items became overdue."""
        for message in sorted(self.falling_due, key=lambda m: m.due_on):
            midnight = datetime.combine(message.due_on + timedelta(days=1), time(), ZONE)
            if midnight <= at:
                await self._wake_until(midnight)
                self.falling_due.remove(message)
                await self.tell(message, message.account_id)
        await self._wake_until(at)

    async def _wake_until(self, at: datetime) -> None:
        while (wake := await self.service.next_wake()) is not None and wake <= at:
            self.clock.set(max(wake, self.clock.now()))
            await self.settle()
        self.clock.set(max(at, self.clock.now()))
        await self.settle()

    async def settle(self) -> None:
        while await self.service.step():
            pass

    async def timeline(self, account: str = "P-1") -> list[dict[str, Any]]:
        answer = await self.get(f"/v1/accounts/{account}/timeline")
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def published(self) -> list[Message]:
        """Everything dunning told, in the order of each lane."""
        ends = await self.bus.end_offsets(["dunning"])
        reader = await self.bus.reader(dict.fromkeys(ends, 0))
        found: list[Message] = []
        try:
            while len(found) < sum(ends.values()):
                records = await reader.fetch(500, 1.0)
                found += [decode(r.value, r.headers) for r in records]
        finally:
            await reader.close()
        return found


@pytest.fixture
async def desk(database: str, tmp_path: Path) -> AsyncIterator[Desk]:
    clock = SimulatedClock(START.astimezone(UTC))
    bus = EmbeddedBus(database, partitions=PARTITIONS)
    await bus.start()
    settings = Settings(data_dir=tmp_path, partitions=PARTITIONS, lease_seconds=3600)
    service = await build(settings, clock=clock, bus=bus, dsn=database, strict=True)
    transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://dunning") as client:
        yield Desk(service, clock, bus, client, tmp_path, database)
    await service.stop()
    await bus.stop()
