"""A machine on which all services run, which can be lost: its database and its folder are then
gone, a Kafka and the gateways of others stay.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from arrears.billing import Event, cloud_event
from arrears.simulation import Simulation
from arrears.stack import Stack, open_stack
from chassis.bus.base import Bus, Outgoing, lane_of
from chassis.clock import SimulatedClock
from chassis.http.dev_keys import mint_token
from chassis.settings import ServiceName, Settings
from contracts.registry import TOPICS
from services.notifier.settings import NotifierSettings
from tests.support.packs import AT_ONCE
from tests.support.sms_provider import SECRET, Provider

CREDITOR = "mobile"
KEK = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
PARTITIONS = 2
CASH_DESK = "cash_desk: {compare: day_alone, alert: cash_difference, receipts_numbered: true}\n"


def phone(account: str) -> str:
    return f"+86138{account.removeprefix('A-'):0>8}"


@dataclass
class Upstream:
    """Makes messages; the same arguments make the same message."""

    clock: SimulatedClock

    def event(self, kind: str, account: str, number: str, **data: Any) -> Event:
        return cloud_event(
            kind,
            creditor=CREDITOR,
            account=account,
            id=f"{kind}-{number}",
            at=self.clock.now(),
            data={"account_id": account, **data},
            source="upstream",
        )

    def opened(self, account: str, amount: int) -> list[Event]:
        """A debtor, and an invoice of theirs that is long overdue."""
        name = f"Zhang {account}"
        debtor = {"name": name, "kind": "natural_person", "phones": [phone(account)]}
        dates = {"issued_on": "2026-01-01", "due_on": "2026-01-31"}
        invoice = {"invoice_id": f"I-{account}", "item": "fee", "amount": amount, "currency": "CNY"}
        return [
            self.event("account.upserted.v1", account, account, debtor=debtor),
            self.event("invoice.issued.v1", account, account, **invoice, **dates),
        ]

    def paid(self, account: str, number: str, amount: int) -> Event:
        at = self.clock.now()
        money = {"amount": amount, "currency": "CNY", "method": "cash", "received_at": at}
        return self.event("payment.received.v1", account, number, payment_id=number, **money)


@dataclass
class Running:
    """The services while the machine has them."""

    stack: Stack
    clock: SimulatedClock

    async def send(self, events: Iterable[Event]) -> None:
        """Put upstream's messages on the bus; nobody works on them yet."""
        await publish(self.stack.bus, events)

    async def settle(self) -> None:
        await Simulation(self.clock, list(self.stack.services.values())).settle()

    async def run_until(self, at: datetime) -> None:
        await self.settle()
        services = list(self.stack.services.values())
        await Simulation(self.clock, services).run_until(at)

    async def call(
        self, service: ServiceName, method: str, path: str, role: str, body: object = None
    ) -> Any:
        token = mint_token(self.stack.settings.data_dir, [role])
        transport = httpx.ASGITransport(app=self.stack.services[service].app)
        async with httpx.AsyncClient(transport=transport, base_url="http://a") as client:
            headers = {"Authorization": f"Bearer {token}"}
            answer = await client.request(
                method, path, json=body, headers=headers, params={"creditor": CREDITOR}
            )
        assert answer.is_success, answer.text
        return answer.json()

    async def creditor(self) -> None:
        body = {
            "name": "M",
            "time_zone": "Asia/Shanghai",
            "currency": "CNY",
            "policy_document": AT_ONCE + CASH_DESK,
        }
        await self.call("dunning", "PUT", f"/v1/creditors/{CREDITOR}", "manager", body)
        await self.settle()

    async def promise(self, account: str, amount: int) -> None:
        """Somebody records over HTTP that a debtor will pay."""
        body = {"amount": amount, "until": "2026-03-20"}
        await self.call("dunning", "POST", f"/v1/accounts/{account}/promises", "manager", body)

    async def erase(self, account: str) -> None:
        """Somebody has a debtor erased."""
        await self.call("ledger", "POST", f"/v1/accounts/{account}/erasure", "administration")

    async def owed(self, accounts: Iterable[str]) -> dict[str, int]:
        """The principal of each account."""
        found = {}
        for account in accounts:
            path = f"/v1/accounts/{account}/balance"
            found[account] = (await self.call("ledger", "GET", path, "auditor"))["principal"]
        return found

    async def receipts(self) -> set[int]:
        """The numbers of this month's receipts."""
        found = await self.call("ledger", "GET", f"/v1/creditors/{CREDITOR}/receipts", "finance")
        return {int(one["receipt"].partition("-")[2]) for one in found["items"]}

    async def bodies(self) -> dict[tuple[str, str], set[str]]:
        """What was said under each source and id, on every topic that is there."""
        bus, found = self.stack.bus, dict[tuple[str, str], set[str]]()
        starts, ends = await bus.start_offsets(TOPICS), await bus.end_offsets(TOPICS)
        reader = await bus.reader(starts)
        left = sum(ends[place] - start for place, start in starts.items())
        while left > 0:
            for record in await reader.fetch(500, 1.0):
                left -= 1
                said = json.loads(record.value)
                body = json.dumps([said["type"], said["subject"], said["data"]])
                found.setdefault((said["source"], said["id"]), set()).add(body)
        await reader.close()
        return found


@dataclass
class Machine:
    """A database and a folder of their own."""

    settings: Settings
    clock: SimulatedClock
    provider: Provider

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Running]:
        server = await asyncio.start_server(self.provider.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        own = NotifierSettings(
            sms_url=f"http://127.0.0.1:{port}", sms_key_id="acme", sms_secret=SecretStr(SECRET)
        )
        try:
            async with open_stack(
                self.settings, clock=self.clock, strict=True, own={"notifier": own}
            ) as stack:
                yield Running(stack, self.clock)
        finally:
            server.close()
            await server.wait_closed()


def machine(
    databases: Mapping[str, str],
    folder: Path,
    clock: SimulatedClock,
    provider: Provider,
    kafka: str | None,
) -> Machine:
    """A machine that is not running yet; `databases` by the names of their settings."""
    bus = {} if kafka is None else {"bus": "kafka", "kafka_bootstrap": kafka}
    settings = Settings.model_validate(
        {
            **databases,
            "data_dir": folder,
            "partitions": PARTITIONS,
            "kek": KEK,
            "pool_size": 4,
            "lease_seconds": 86_400.0,
            **bus,
        }
    )
    return Machine(settings, clock, provider)


async def publish(bus: Bus, events: Iterable[Event]) -> None:
    messages = []
    for event in events:
        key = f"{event['creditor']}/{event['subject']}".encode()
        lane = lane_of(key, bus.partitions)
        messages.append(Outgoing("billing", lane, key, json.dumps(event).encode()))
    await bus.publish(messages)
