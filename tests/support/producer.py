"""Whoever can write to the topics of the bus itself, past every door, in a simulated world."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from arrears.world import World
from chassis.bus.base import Outgoing, lane_of
from chassis.settings import SERVICES, ServiceName
from chassis.store import dead_letters
from chassis.store.pool import acquire
from contracts.base import Contract
from contracts.billing import InvoiceIssued
from contracts.codec import encode
from contracts.words.streams import key_of

BEGIN = datetime(2026, 4, 1, 2, tzinfo=UTC)


@dataclass
class Producer:
    """Writes messages under any source to any topic, and lets the services work."""

    world: World
    ids: Any = field(default_factory=lambda: count(1))

    async def begin(self, *creditors: str) -> None:
        """An empty world with some creditors."""
        await self.world.begin(BEGIN)
        for creditor in creditors:
            body = {
                "name": creditor,
                "time_zone": "Asia/Shanghai",
                "currency": "CNY",
                "policy": "debt-recovery",
            }
            await self.world.apis.call("dunning", "PUT", f"/v1/creditors/{creditor}", json=body)
        await self.settle()

    async def write(
        self,
        data: Contract,
        *,
        creditor: str,
        account: str = "A-1",
        source: str = "upstream",
        topic: str | None = None,
        id: str | None = None,  # noqa: A002 - the attribute's name in CloudEvents
    ) -> None:
        """Put one message on a topic, its own where none is named."""
        value = encode(
            data,
            id=id or f"m-{next(self.ids)}",
            source=source,
            time=self.world.clock.now(),
            creditor=creditor,
            subject=account,
        )
        await self.put(topic or data.TOPIC, value, creditor, account)

    async def put(self, topic: str, value: bytes, creditor: str, account: str) -> None:
        """Put bytes on a topic."""
        key = key_of(creditor, account).encode()
        lane = lane_of(key, self.world.bus.partitions)
        await self.world.bus.publish([Outgoing(topic, lane, key, value)])
        await self.settle()

    async def invoice(self, number: str, *, creditor: str, **how: Any) -> None:
        """An invoice of 1000 for the account."""
        data = InvoiceIssued(
            invoice_id=number,
            account_id=how.get("account", "A-1"),
            item="fee",
            amount=1000,
            currency="CNY",
            issued_on=date(2026, 3, 1),
            due_on=date(2026, 5, 1),
        )
        await self.write(data, creditor=creditor, **how)

    async def owed(self, creditor: str, account: str = "A-1") -> int:
        """What the ledger says an account owes."""
        path = f"/v1/accounts/{account}/balance"
        answer = await self.world.apis.get("ledger", path, creditor=creditor)
        return int(answer["principal"])

    async def settle(self) -> None:
        """Let the services work until nothing is left."""
        await self.world.simulation().settle()

    async def letters(self, service: ServiceName) -> Sequence[Any]:
        """What a service has parked."""
        async with acquire(self.world.stack.services[service].pool) as connection:
            return await dead_letters.listing(connection, state="parked")

    async def reasons(self) -> dict[str, list[str]]:
        """Why messages are parked, by service; services that parked nothing are left out."""
        found = {
            name: [str(one["reason"]) for one in await self.letters(name)] for name in SERVICES
        }
        return {name: reasons for name, reasons in found.items() if reasons}
