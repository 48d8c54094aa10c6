"""The real ledger on a real store, an embedded bus and a simulated clock."""

import itertools
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
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
from contracts import billing, dunning
from contracts.base import Contract
from contracts.codec import Message, decode, encode
from services.ledger.main import build

ZONE = ZoneInfo("Asia/Shanghai")
PARTITIONS = 2


class World:
    """The ledger and everything around it, on one simulated clock."""

    def __init__(self, service: Instance, clock: SimulatedClock, data_dir: Path) -> None:
        self.service = service
        self.clock = clock
        self.data_dir = data_dir
        self._numbers = itertools.count(1)

    def client(self, *roles: str, creditors: tuple[str, ...] = ("acme",)) -> httpx.AsyncClient:
        """An HTTP client with a token."""
        token = mint_token(self.data_dir, roles, creditors)
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.service.app),
            base_url="http://ledger",
            headers={"authorization": f"Bearer {token}"},
        )

    async def terms(self, creditor: str = "acme", **more: Any) -> None:
        """Set a creditor up."""
        data = dunning.TermsPublished(
            creditor=creditor,
            time_zone="Asia/Shanghai",
            currency="CNY",
            policy="test",
            version=1,
            **more,
        )
        await self.say(data, creditor, "*", every_lane=True)

    async def say(
        self, data: Contract, creditor: str = "acme", account: str = "1", every_lane: bool = False
    ) -> None:
        """Publish a message as its writer would, and let the ledger work."""
        key = f"{creditor}/{account}".encode()
        lanes = range(PARTITIONS) if every_lane else [lane_of(key, PARTITIONS)]
        copies = [
            encode(
                data,
                id=f"m-{next(self._numbers)}",
                source="test",
                time=self.clock.now(),
                creditor=creditor,
                subject=account,
            )
            for _ in lanes
        ]
        await self.service.bus.publish(
            [
                Outgoing(data.TOPIC, lane, key, value, ())
                for lane, value in zip(lanes, copies, strict=True)
            ]
        )
        await self.settle()

    async def invoice(self, item_id: str, amount: int, due: date, account: str = "1") -> None:
        """An invoice arrives."""
        data = billing.InvoiceIssued(
            invoice_id=item_id,
            account_id=account,
            item="fee",
            amount=amount,
            currency="CNY",
            issued_on=self.clock.now().astimezone(ZONE).date(),
            due_on=due,
        )
        await self.say(data, account=account)

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
        await self.say(data, account=account)

    async def settle(self) -> None:
        """Let the ledger work until nothing is left to do."""
        while await self.service.step():
            pass

    async def go_to(self, day: date, hour: int = 10) -> None:
        """Let time pass up to a local hour, waking whatever is due on its way."""
        until = datetime(day.year, day.month, day.day, hour, tzinfo=ZONE).astimezone(UTC)
        while (due := await self.service.next_wake()) is not None and due <= until:
            self.clock.set(max(due, self.clock.now()))
            await self.settle()
        self.clock.set(until)

    async def published(self) -> list[Message]:
        """Everything on the ledger's topic, lane by lane."""
        starts = {("ledger", lane): 0 for lane in range(PARTITIONS)}
        ends = await self.service.bus.end_offsets(["ledger"])
        reader = await self.service.bus.reader(starts)
        found: list[Message] = []
        while len(found) < sum(ends.values()):
            records = await reader.fetch(500, 1.0)
            found += [decode(record.value, record.headers) for record in records]
        await reader.close()
        return found


@pytest.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[World]:
    bus = EmbeddedBus(database, partitions=PARTITIONS)
    await bus.start()
    await bus.ensure_topics(["billing", "ledger", "dunning", "legal"])
    clock = SimulatedClock(datetime(2026, 1, 1, 2, tzinfo=UTC))
    settings = Settings(data_dir=tmp_path)
    service = await build(settings, clock=clock, bus=bus, dsn=database, strict=True)
    yield World(service, clock, tmp_path)
    await service.stop()
    await bus.stop()
