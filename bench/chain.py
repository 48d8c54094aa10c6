"""The chain from an overdue invoice to its text message, all four services in this process on a
real Kafka and a durable PostgreSQL, fed by an upstream in another one.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from arrears.apis import Apis
from arrears.stack import Stack, open_stack
from bench.debtors import NOTIFIED, PACKS, PARTITIONS, RESTRICTED, Kind, debtor_of_notice
from bench.meter import Meter, Usage
from bench.upstream import WAIT_SECONDS_MAX, Pay, Publish, Upstream
from chassis import postgres
from chassis.http import dev_keys
from chassis.runtime.garbage import spare_collections
from chassis.servers.postgres import ensure_database
from chassis.settings import ServiceName, Settings
from chassis.store.offsets import Positions
from contracts.words.streams import terms_stream
from services.notifier.settings import NotifierSettings

_LOOK_SECONDS = 0.5
_SETTLE_SECONDS = 2.0  # what was consumed is published, projected and saved by then
_TERMS: tuple[ServiceName, ...] = ("ledger", "notifier", "legal")
"""Who is told a creditor's terms."""
_SHAPE = {"name": "Bench", "time_zone": "Asia/Shanghai", "currency": "CNY"}
_FLUSH = "select pg_stat_force_next_flush()"
_COUNTS = """
select xact_commit + xact_rollback as transactions, tup_inserted as rows
from pg_stat_database where datname = $1"""
_DATABASE = "arrears"


@dataclass(frozen=True)
class Counts:
    """Transactions and inserted rows, as PostgreSQL counts them."""

    transactions: int
    rows: int


@dataclass(frozen=True)
class Passage:
    """What some invoices came to: the seconds from each to its notice, those from the first invoice
    to the last notice, and what was used.
    """

    latencies: Sequence[float]
    seconds: float
    usage: Usage
    counts: Counts

    @property
    def number(self) -> int:
        return len(self.latencies)


@dataclass
class Chain:
    """The running services and their upstream."""

    stack: Stack
    upstream: Upstream
    outbox: Path
    dsn: str
    server_pid: int
    notices: int = 0
    """How many there must be by now."""
    _debtors: int = 0
    _ends: Positions = field(default_factory=dict)

    async def set_up(self) -> None:
        """Set both creditors up, and wait until all who need them know their terms: an invoice
        before that would be one of a creditor nobody knows.
        """
        transport = httpx.ASGITransport(app=self.stack.services["dunning"].app)
        async with httpx.AsyncClient(transport=transport, base_url="http://dunning") as client:
            apis = Apis(self.stack.settings, {"dunning": client})
            for creditor, pack in PACKS.items():
                path = f"/v1/creditors/{creditor}"
                await apis.call("dunning", "PUT", path, json={**_SHAPE, "policy_document": pack})
        await self._until(self._are_known)

    async def _are_known(self) -> bool:
        for name, creditor, lane in itertools.product(_TERMS, PACKS, range(PARTITIONS)):
            _, version = await self.stack.services[name].read(terms_stream(creditor, lane))
            if not version:
                return False
        return True

    async def passage(self, number: int, per_second: float) -> Passage:
        """The notices of so many new debtors, whose invoices come at so many a second or, with 0,
        all at once.
        """
        return await self.notify(await self.new_debtors(number), number, per_second)

    async def notify(self, first: int, number: int, per_second: float) -> Passage:
        """Publish an overdue invoice of each of so many debtors, and wait for the notices."""
        before = await self._count()
        meter = Meter(self.server_pid)
        published = await self.upstream.do(Publish("invoice", NOTIFIED, first, number, per_second))
        self.notices += number
        await self._until(self._are_sent)
        await asyncio.sleep(_SETTLE_SECONDS)  # what a notice leads to is counted with it
        usage = meter.read(number)
        after = await self._count()
        sent = self._sent(first)
        debtors = range(first, first + number)
        return Passage(
            latencies=[sent[one] - at for one, at in zip(debtors, published, strict=True)],
            seconds=max(sent.values()) - min(published),
            usage=usage,
            counts=Counts(after.transactions - before.transactions, after.rows - before.rows),
        )

    async def restorations(self, number: int, per_second: float) -> Sequence[float]:
        """The seconds from the payment of each of so many debtors, whose services were restricted
        before, to the request to restore them.
        """
        first = await self.new_debtors(number, RESTRICTED)
        await self._publish("invoice", RESTRICTED, first, number)
        return await self.upstream.do(Pay(RESTRICTED, first, number, per_second))

    async def new_debtors(self, number: int, creditor: str = NOTIFIED) -> int:
        """Have so many debtors known to all; returns the first."""
        first, self._debtors = self._debtors, self._debtors + number
        await self._publish("account", creditor, first, number)
        return first

    async def _publish(self, kind: Kind, creditor: str, first: int, number: int) -> None:
        """Publish something of some debtors, and wait until nothing of it is left to do."""
        await self.upstream.do(Publish(kind, creditor, first, number))
        self._ends = {}
        await self._until(self._is_consumed)
        await asyncio.sleep(_SETTLE_SECONDS)

    async def _is_consumed(self) -> bool:
        """Whether every service has read up to the end, which is where it was before."""
        before, self._ends = self._ends, {}
        for service in self.stack.services.values():
            ends = await service.reading.ends()
            if service.reading.behind(ends):
                return False
            self._ends.update(ends)
        return self._ends == before

    async def _are_sent(self) -> bool:
        return len(self._files()) >= self.notices

    async def _until(self, is_so: Callable[[], Awaitable[bool]]) -> None:
        """Look again and again; raises when a service stops or it takes too long."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while not await is_so():
            for service in self.stack.services.values():
                service.check()
            if time.monotonic() > deadline:
                raise RuntimeError(f"{len(self._files())} of {self.notices} notices came")
            await asyncio.sleep(_LOOK_SECONDS)

    def _files(self) -> list[Path]:
        return list(self.outbox.glob("*/*/sms/*.txt"))

    def _sent(self, first: int) -> Mapping[int, float]:
        """When the notice of each debtor from one on was written; every one has one."""
        files = self._files()
        found = {debtor_of_notice(path.read_bytes()): path.stat().st_mtime for path in files}
        if not len(found) == len(files) == self.notices:
            raise RuntimeError(f"{len(files)} notices to {len(found)} debtors, not {self.notices}")
        return {debtor: at for debtor, at in found.items() if debtor >= first}

    async def _count(self) -> Counts:
        """What was counted so far, but for the asking itself."""
        ours = await self._flush()
        connection = await postgres.connect(self.dsn)
        try:
            row = await connection.fetchrow(_COUNTS, _DATABASE)
        finally:
            await connection.close()
        return Counts(row["transactions"] - ours, row["rows"])

    async def _flush(self) -> int:
        """Have the services' idle sessions report what they counted, which they do after seconds
        else; returns in how many transactions.
        """
        done = 0
        for service in self.stack.services.values():
            idle = [await service.pool.acquire() for _ in range(service.pool.get_idle_size())]
            for connection in idle:
                await connection.execute(_FLUSH)
                await service.pool.release(connection)
            done += len(idle)
        return done

    async def require_complete(self) -> None:
        """A figure counts only when nothing was set aside."""
        for name, service in self.stack.services.items():
            parked = await service.pool.fetchval("select count(*) from dead_letters")
            if parked:
                raise RuntimeError(f"{parked} dead letters of {name}")


@asynccontextmanager
async def open_chain(
    folder: Path, bootstrap: str, dsn: str, server_pid: int
) -> AsyncIterator[Chain]:
    """Yield the chain, running, with both creditors set up."""
    settings = Settings(
        data_dir=folder, bus="kafka", kafka_bootstrap=bootstrap, partitions=PARTITIONS
    ).without_databases()
    settings = settings.model_copy(update={"database_url": await ensure_database(dsn, _DATABASE)})
    dev_keys.ensure(folder)
    outbox = folder / "outbox"
    no_gateways = {"outbox": outbox, "smtp_host": "", "sms_url": ""}
    own: dict[ServiceName, Any] = {"notifier": NotifierSettings().model_copy(update=no_gateways)}
    noted = await ensure_database(dsn, "upstream")
    async with open_stack(settings, own=own) as stack, Upstream.open(bootstrap, noted) as upstream:
        await stack.start()
        spare_collections()  # as `arrears up` does
        chain = Chain(stack, upstream, outbox, dsn, server_pid)
        await chain.set_up()
        yield chain
        await chain.require_complete()
