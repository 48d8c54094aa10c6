"""Two instances of the version before are replaced by two of today's, one after the other, while
accounts fall overdue and are paid: nothing is lost, nothing is done twice.
"""

import asyncio
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from arrears.stack import open_stack
from chassis.bus.base import Outgoing, lane_of
from chassis.bus.embedded import EmbeddedBus
from chassis.clock import SimulatedClock
from chassis.settings import ServiceName, Settings
from contracts.base import Contract
from contracts.billing import AccountUpserted, InvoiceIssued, PaymentReceived
from contracts.codec import encode
from contracts.words.streams import key_of
from tests.rolling.asking import approved_alone, balances
from tests.support.packs import AT_ONCE
from tests.support.processes import ARREARS, System

PARTITIONS = 4
READS: Mapping[ServiceName, Sequence[str]] = {
    "ledger": ("billing", "dunning"),
    "dunning": ("billing", "ledger", "notifier"),
    "notifier": ("billing", "ledger", "dunning"),
}
"""The services that run, and what they read of one another."""
SECONDS_MAX = 300.0
PACE_SECONDS = 0.5
AT_FIRST = 4
NOW = datetime(2026, 6, 1, tzinfo=UTC)
_BEHIND = """
select count(*) from {0}.events e join {0}.relay r using (lane) where e.position > r.position"""
_LETTERS = "select reason from {0}.dead_letters"
_READ = "select topic, lane, next_offset from {0}.offsets"
_PACKED = "select exists (select from {0}.events where get_byte(data, 0) < 32)"
_STORY = "select stream, type from {0}.events where stream like '%mobile/A%'"


class Running:
    """A process of the three services, of one version."""

    def __init__(self, name: str, code: Path | None, folder: Path, database: str) -> None:
        self.system = System(
            folder, database_url=database, partitions=str(PARTITIONS), instance=name
        )
        if code is not None:
            self.system.environment["PYTHONPATH"] = str(code)
        with self.system.log.open("a") as log:
            self.process = subprocess.Popen(
                [*ARREARS, "serve", *READS],
                env=self.system.environment,
                stdout=log,
                stderr=log,
                cwd=folder,
            )

    async def ready(self) -> None:
        await until(lambda: all(self._is_ready(name) for name in READS), self)

    def _is_ready(self, service: str) -> bool:
        assert self.process.poll() is None, self.system.log.read_text()
        return bool(self.system.readiness(service))

    async def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        await until(lambda: self.process.poll() is not None, self)
        assert self.process.returncode == 0, self.system.log.read_text()


async def until(is_so: Callable[[], bool], running: Running) -> None:
    """Look again and again, while the loop turns."""
    async with asyncio.timeout(SECONDS_MAX):
        while not await asyncio.to_thread(is_so):
            await asyncio.sleep(0.1)
            assert running.system.log.exists()


class Traffic:
    """Accounts that fall overdue at once, each paid twice in part."""

    def __init__(self, bus: EmbeddedBus) -> None:
        self._bus = bus
        self._ids = count(1)
        self._payments: Counter[int] = Counter()
        self.accounts = 0

    async def open(self) -> None:
        self.accounts += 1
        name = f"A{self.accounts}"
        await self.register(name)
        invoice = InvoiceIssued(
            invoice_id=f"I{self.accounts}",
            account_id=name,
            item="fee",
            amount=1000,
            currency="CNY",
            issued_on=date(2026, 1, 1),
            due_on=date(2026, 1, 31),
        )
        await self._send(name, invoice)

    async def register(self, name: str) -> None:
        phone = f"+86138001{self.accounts:05}"
        debtor = {"name": "Zhang", "kind": "natural_person", "phones": [phone]}
        await self._send(name, AccountUpserted(account_id=name, debtor=debtor))

    async def pay(self, account: int) -> None:
        self._payments[account] += 1
        name = f"A{account}"
        payment = PaymentReceived(
            payment_id=f"P{account}-{self._payments[account]}",
            account_id=name,
            amount=100,
            currency="CNY",
            received_at=NOW,
            method="cash",
        )
        await self._send(name, payment)

    async def go_on(self) -> None:
        """An account more each time, and a payment for one of those before, for ever."""
        while True:
            await self.open()
            for account in (self.accounts - AT_FIRST, self.accounts - 2 * AT_FIRST):
                if account > 0:
                    await self.pay(account)
            await asyncio.sleep(PACE_SECONDS)

    async def pay_what_is_left(self) -> None:
        for account in range(1, self.accounts + 1):
            while self._payments[account] < 2:
                await self.pay(account)

    async def _send(self, account: str, data: Contract) -> None:
        key = key_of("mobile", account).encode()
        value = encode(
            data,
            id=f"m-{next(self._ids)}",
            source="test",
            time=NOW,
            creditor="mobile",
            subject=account,
        )
        lane = lane_of(key, PARTITIONS)
        await self._bus.publish([Outgoing("billing", lane, key, value)])


@pytest.fixture
async def running(database: str, tmp_path: Path) -> AsyncIterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(name: str, code: Path | None = None) -> Running:
        started.append(Running(name, code, tmp_path, database))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()


@pytest.fixture
async def bus(database: str) -> AsyncIterator[EmbeddedBus]:
    bus = EmbeddedBus(database, partitions=PARTITIONS)
    yield bus
    await bus.stop()


async def _stories(connection: Any) -> dict[str, Counter[tuple[str, str, str]]]:
    """By account, what each service did for it."""
    found: dict[str, Counter[tuple[str, str, str]]] = {}
    for service in READS:
        for stream, kind in await connection.fetch(_STORY.format(service)):
            about, _, account = stream.partition("mobile/")
            account = account.partition("/")[0]
            found.setdefault(account, Counter())[service, about, kind] += 1
    return {account: _tried_once(story) for account, story in found.items()}


def _tried_once(story: Counter[tuple[str, str, str]]) -> Counter[tuple[str, str, str]]:
    """The same where a sending was cut off with its process (the version before does not wait for
    its end): an attempt that was found to have led to nothing is not one.
    """
    tried, doubted, put_off = (
        ("notifier", "account-", kind)
        for kind in ("notice_attempted", "notice_in_doubt", "notice_deferred")
    )
    story[tried] -= story.pop(put_off, 0)
    story.pop(doubted, None)
    return story


async def _idle(connection: Any, bus: EmbeddedBus) -> bool:
    """Whether every service has read and published all there is."""
    for service, topics in READS.items():
        ends = await bus.end_offsets(topics)
        rows = await connection.fetch(_READ.format(service))
        read = {(topic, lane): offset for topic, lane, offset in rows}
        if any(read.get(place, 0) < end for place, end in ends.items()):
            return False
        if await connection.fetchval(_BEHIND.format(service)):
            return False
    return True


async def _until_idle(connection: Any, bus: EmbeddedBus) -> None:
    """One that is idle may be given something to do by one that was asked later: so twice."""
    async with asyncio.timeout(SECONDS_MAX):
        for _ in range(2):
            while not await _idle(connection, bus):
                await asyncio.sleep(0.2)


async def test_each_instance_is_replaced_while_accounts_fall_overdue(
    database: str, bus: EmbeddedBus, before: Path, running: Callable[..., Running], tmp_path: Path
) -> None:
    await _lay_out(database, tmp_path, before)
    old = [running("old-1", before), running("old-2", before)]
    for each in old:
        await each.ready()
    await _lay_out(database, tmp_path)
    await bus.start()
    creditor = {"name": "M", "time_zone": "Asia/Shanghai", "currency": "CNY"}
    body = {**creditor, "policy_document": AT_ONCE}
    old[0].system.call("dunning", "PUT", "/v1/creditors/mobile", "manager", body)
    connection = await asyncpg.connect(database)
    traffic = Traffic(bus)
    await traffic.register("B1")
    await _until_idle(connection, bus)
    for _ in range(AT_FIRST):
        await traffic.open()
    going_on = asyncio.create_task(traffic.go_on())
    new = [running("new-1")]
    await new[0].ready()
    for asked, deciding, purpose in ((new[0], old[0], "relief"), (old[0], new[0], "hardship")):
        systems = asked.system, deciding.system
        status = await asyncio.to_thread(approved_alone, *systems, purpose)
        assert status == 409  # codes of persons are one for both
    await old[0].stop()
    new.append(running("new-2"))
    await new[1].ready()
    await old[1].stop()
    going_on.cancel()
    await asyncio.gather(going_on, return_exceptions=True)
    await traffic.pay_what_is_left()

    await _until_idle(connection, bus)
    owed = await asyncio.to_thread(balances, new[1].system, traffic.accounts)
    for each in new:
        await each.stop()
    await _find_out(database, tmp_path)
    stories = await _stories(connection)
    letters = [await connection.fetch(_LETTERS.format(service)) for service in READS]
    packed = [await connection.fetchval(_PACKED.format(service)) for service in READS]
    await connection.close()
    assert letters == [[]] * len(READS)
    assert packed == [True] * len(READS)
    assert stories == dict.fromkeys((f"A{n + 1}" for n in range(traffic.accounts)), stories["A1"])
    assert owed == dict.fromkeys(stories, 800)


async def _lay_out(database: str, folder: Path, code: Path | None = None) -> None:
    system = System(folder, database_url=database, partitions=str(PARTITIONS))
    if code is not None:
        system.environment["PYTHONPATH"] = str(code)
    done = await asyncio.to_thread(system.arrears, "migrate", *READS, "bus")
    assert done.returncode == 0, done.stderr


async def _find_out(database: str, folder: Path) -> None:
    """Some minutes later it is asked what became of what was cut off, and sent what was not."""
    settings = Settings(
        database_url=database, partitions=PARTITIONS, data_dir=folder / "data", instance="later"
    )
    clock = SimulatedClock(datetime.now(UTC))
    async with open_stack(settings, tuple(READS), clock=clock) as stack:
        for _ in range(2):
            clock.set(clock.now() + timedelta(minutes=5))
            while sum([await service.step() for service in stack.services.values()]):
                pass
