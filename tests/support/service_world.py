"""One real service on a real store, a real bus and a simulated clock, its neighbours played by the
test.
"""

import itertools
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

import httpx

from arrears.databases import Databases
from arrears.schemas import migrate
from arrears.simulation import Simulation
from chassis.bus.base import Outgoing, lane_of
from chassis.bus.embedded import EmbeddedBus
from chassis.clock import SimulatedClock
from chassis.http.dev_keys import mint_token
from chassis.runtime.instance import Instance
from chassis.settings import Settings, service_named
from contracts import dunning
from contracts.base import Contract
from contracts.codec import Message, decode, encode
from contracts.registry import OWNERS, TOPICS
from tests.support.ledger_messages import LedgerMessages

CREDITOR, ACCOUNT = "acme", "P-1"
EVERYBODY = "*"
ZONE = ZoneInfo("Asia/Shanghai")
PARTITIONS = 2

Build = Callable[..., Coroutine[Any, Any, Instance]]


@dataclass
class ServiceWorld:
    """The service, the messages it is sent, and what it published."""

    account_id: ClassVar[str] = ACCOUNT
    """The account of a test that needs only one."""

    service: Instance
    clock: SimulatedClock
    bus: EmbeddedBus
    settings: Settings
    dsn: str
    ledger: LedgerMessages = field(default_factory=LedgerMessages)
    ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    traceparent: str | None = None
    """The trace that the next messages belong to."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls, build: Build, dsn: str, start: datetime, folder: Path, **parts: Any
    ) -> AsyncIterator[Self]:
        """A service as its `build` makes it; `parts` are what else that is given."""
        settings = Settings(data_dir=folder, partitions=PARTITIONS, lease_seconds=3600)
        clock = SimulatedClock(start.astimezone(UTC))
        name = build.__module__.split(".")[1]
        await migrate(Databases({service_named(name): dsn}, dsn))
        bus = EmbeddedBus(dsn, partitions=PARTITIONS)
        await bus.start()
        try:
            await bus.ensure_topics(TOPICS)
            service = await build(settings, clock=clock, bus=bus, dsn=dsn, strict=True, **parts)
            try:
                yield cls(service, clock, bus, settings, dsn)
            finally:
                await service.stop()
        finally:
            await bus.stop()

    # ---- what the neighbours tell

    async def publish(
        self,
        data: Contract,
        account: str | None = None,
        creditor: str = CREDITOR,
        *,
        to_every_lane: bool = False,
    ) -> None:
        """Put a message on the bus, on the lane of its account."""
        subject = account or self.account_id
        key = f"{creditor}/{subject}".encode()
        for lane in range(PARTITIONS) if to_every_lane else [lane_of(key, PARTITIONS)]:
            value = encode(
                data,
                id=f"m-{next(self.ids)}",
                source=OWNERS.get(data.TOPIC, "tests"),
                time=self.clock.now(),
                creditor=creditor,
                subject=subject,
                traceparent=self.traceparent,
            )
            await self.bus.publish([Outgoing(data.TOPIC, lane, key, value, ())])

    async def tell(
        self, data: Contract, account: str | None = None, creditor: str = CREDITOR
    ) -> None:
        """Put a message on the bus and let the service work."""
        await self.publish(data, account, creditor)
        await self.settle()

    async def terms(self, creditor: str = CREDITOR, **changes: Any) -> None:
        """A creditor's terms reach every lane."""
        given = {
            "creditor": creditor,
            "name": "青山县人民医院",
            "time_zone": ZONE.key,
            "currency": "CNY",
            "policy": "county-hospital",
            "version": 1,
            "languages": ["zh"],
        } | changes
        data = dunning.TermsPublished.model_validate(given)
        await self.publish(data, EVERYBODY, creditor, to_every_lane=True)
        await self.settle()

    # ---- time

    @property
    def today(self) -> date:
        """The local day."""
        return self.clock.now().astimezone(ZONE).date()

    async def settle(self) -> None:
        """Let the service work until nothing is left to do.

        What it then did not do it did not want to do: it has handled every message there is.
        """
        await Simulation(self.clock, [self.service]).settle()
        waiting = await self._waiting()
        assert not waiting, waiting

    async def _waiting(self) -> dict[tuple[str, int], int]:
        """How many messages the service has yet to handle, by topic and lane."""
        ends = await self.bus.end_offsets(self.service.blueprint.reads)
        rows = await self.service.pool.fetch("select topic, lane, next_offset from offsets")
        handled = {(row["topic"], row["lane"]): row["next_offset"] for row in rows}
        waiting = {place: end - handled.get(place, 0) for place, end in ends.items()}
        return {place: count for place, count in waiting.items() if count}

    async def run_until(self, at: datetime) -> None:
        """Let time pass up to an instant, that one included."""
        await self.settle()
        await Simulation(self.clock, [self.service]).run_until(at)

    # ---- what can be looked at

    async def published(self, topic: str) -> list[Message]:
        """Every message of a topic, lane by lane."""
        found: list[Message] = []
        for (name, lane), end in sorted((await self.bus.end_offsets([topic])).items()):
            found += await self._read(name, lane, end)
        return found

    async def of(self, kind: type[Contract]) -> list[Message]:
        """What was published of one type."""
        return [one for one in await self.published(kind.TOPIC) if one.type == kind.TYPE]

    async def _read(self, topic: str, lane: int, end: int) -> list[Message]:
        reader = await self.bus.reader({(topic, lane): 0})
        found: list[Message] = []
        position = 0
        while position < end and (records := await reader.fetch(500, 1.0)):
            found += [decode(record.value, record.headers) for record in records]
            position = records[-1].offset + 1
        await reader.close()
        return found

    def client(
        self, *roles: str, creditors: Sequence[str] = (CREDITOR,), who: str = "ann"
    ) -> httpx.AsyncClient:
        """A caller of the service's API; one without roles is an `admin`."""
        token = mint_token(self.settings.data_dir, roles or ("admin",), creditors, who)
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.service.app),
            base_url=f"http://{self.service.blueprint.name}",
            headers={"authorization": f"Bearer {token}"},
        )
