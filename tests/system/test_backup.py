"""A machine is lost after its backup: on an empty one all comes back, and nothing is doubled."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from arrears.backup.making import make
from arrears.backup.restoring import Restored, restore
from arrears.billing import Event
from arrears.databases import Databases
from arrears.stack import open_bus
from chassis.clock import SimulatedClock
from chassis.errors import Misconfigured
from chassis.servers.postgres import database_url, ensure_database
from chassis.settings import SERVICES
from services.ledger.domain.cash.receipts import GAP
from tests.support.machine import Machine, Running, Upstream, machine, phone, publish
from tests.support.sms_provider import Provider
from tests.support.topics import delete_topics

START = datetime(2026, 3, 10, 2, tzinfo=UTC)
BEFORE = ("A-1", "A-2", "A-3")
ON_THE_WAY = "A-4"
AFTER = ("A-5", "A-6")
LATE = "A-7"
ERASED = "A-2"
PROMISING = "A-1"
ACCOUNTS = (*BEFORE, ON_THE_WAY, *AFTER, LATE)
_WRAPPED = "select wrapped from {schema}.subject_keys where account = $1"


@dataclass
class Story:
    """What happens to a machine that is lost, and to one that never is."""

    lost: Machine
    empty: Machine
    never_lost: Machine
    backup: Path
    bus_survives: bool
    sent: list[Event] = field(default_factory=list)
    since: list[Event] = field(default_factory=list)

    @property
    def upstream(self) -> Upstream:
        return Upstream(self.lost.clock)

    async def until_it_is_lost(self) -> None:
        async with self.lost.running() as running:
            await self._before(running)
            await make(self.lost.settings, self.backup)
            await self._after(running)
        self.lost.clock.set(START + timedelta(days=1))

    async def _before(self, running: Running) -> None:
        """Three debtors are reminded; one is on its way, and a promise is not yet published."""
        await running.creditor()
        self.sent += [one for account in BEFORE for one in self.upstream.opened(account, 1000)]
        await running.send(self.sent)
        await running.settle()
        arriving = self.upstream.opened(ON_THE_WAY, 2000)
        self.sent += arriving
        await running.send(arriving)
        await running.stack.services["ledger"].step()
        await running.promise(PROMISING, 300)

    async def _after(self, running: Running) -> None:
        """Two more are reminded, one pays, one is erased; somebody records a promise."""
        new = [one for account in AFTER for one in self.upstream.opened(account, 3000)]
        self.since += [*new, self.upstream.paid("A-3", "P-1", 400)]
        await running.send(self.since)
        await running.settle()
        await running.erase(ERASED)
        await running.promise("A-5", 500)
        await running.settle()

    async def restored(self) -> Restored:
        """The machine comes back on another one, while upstream goes on sending."""
        late = [*self.upstream.opened(LATE, 700), self.upstream.paid("A-6", "P-2", 100)]
        self.since += late
        if not self.bus_survives:
            return await self._restored_with_a_new_bus()
        async with open_bus(self.lost.settings, Databases({}, None)) as bus:
            found, _ = await asyncio.gather(
                restore(self.empty.settings, self.backup, clock=self.empty.clock),
                publish(bus, late),
            )
        return found

    async def _restored_with_a_new_bus(self) -> Restored:
        settings, clock = self.empty.settings, self.empty.clock
        if settings.bus == "embedded":
            return await restore(settings, self.backup, clock=clock)
        await delete_topics(settings.kafka_bootstrap)
        with pytest.raises(Misconfigured, match="restore with --new-bus"):
            await restore(settings, self.backup, clock=clock)
        return await restore(settings, self.backup, clock=clock, new_bus=True)

    @contextlib.asynccontextmanager
    async def going_on(self) -> AsyncIterator[Running]:
        """The restored services, at rest; where the bus is lost too, upstream sends once more."""
        async with self.empty.running() as running:
            if not self.bus_survives:
                await running.send([*self.sent[-2:], *self.since])
                await running.erase(ERASED)
            await running.settle()
            yield running

    async def balances_never_lost(self) -> dict[str, int]:
        async with self.never_lost.running() as running:
            await running.creditor()
            await running.send([*self.sent, *self.since])
            await running.settle()
            return await running.owed(ACCOUNTS)


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("kafka", marks=pytest.mark.kafka),
        pytest.param("kafka and four databases", marks=pytest.mark.kafka),
        pytest.param("kafka lost too", marks=pytest.mark.kafka),
    ]
)
def what(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def kafka(request: pytest.FixtureRequest, what: str) -> str | None:
    return None if what == "embedded" else request.getfixturevalue("kafka_bootstrap")


@pytest.fixture
async def databases(what: str, postgres_dsn: str) -> AsyncIterator[list[dict[str, str]]]:
    """Those of each machine, by the names of their settings."""
    apart = "four databases" in what
    settings = [f"{name}_database_url" for name in SERVICES] if apart else ["database_url"]
    made = [{one: f"machine_{number}_{one}" for one in settings} for number in range(2)]
    made.append({"database_url": "machine_never_lost"})
    names = [name for one in made for name in one.values()]
    for name in names:
        await ensure_database(postgres_dsn, name)
    yield [{one: database_url(postgres_dsn, name) for one, name in each.items()} for each in made]
    connection = await asyncpg.connect(postgres_dsn)
    for name in names:
        await connection.execute(f"drop database {name} with (force)")
    await connection.close()


@pytest.fixture
async def story(
    what: str, kafka: str | None, databases: list[dict[str, str]], tmp_path: Path
) -> AsyncIterator[Story]:
    if kafka is not None:
        await delete_topics(kafka)
    clock, provider = SimulatedClock(START), Provider()
    told = Story(
        machine(databases[0], tmp_path / "lost", clock, provider, kafka),
        machine(databases[1], tmp_path / "empty", clock, provider, kafka),
        machine(databases[2], tmp_path / "never", clock, Provider(), None),
        tmp_path / "backup",
        bus_survives=kafka is not None and "lost" not in what,
    )
    await told.until_it_is_lost()
    yield told
    if kafka is not None:
        await delete_topics(kafka)


async def _keys(machine: Machine, account: str) -> set[bytes | None]:
    found = []
    for name in SERVICES:
        connection = await asyncpg.connect(machine.settings.database_of(name))
        rows = await connection.fetch(_WRAPPED.format(schema=name), account)
        await connection.close()
        found += [row["wrapped"] for row in rows]
    assert len(found) >= 3
    return set(found)


async def test_nothing_is_lost_and_nothing_is_doubled(story: Story) -> None:
    book = story.lost.provider
    assert sorted(book.log) == [phone(one) for one in (*BEFORE, ON_THE_WAY, *AFTER)]
    found = await story.restored()
    if story.bus_survives:
        assert await _keys(story.empty, ERASED) == {None}
        assert [one.subject for one in found.since.by_people] == ["A-5"]
        assert len(found.since.sent) == 3
    async with story.going_on() as running:
        assert await running.owed(ACCOUNTS) == await story.balances_never_lost()
        assert [said for said in (await running.bodies()).values() if len(said) > 1] == []
        unknown = 0 if story.bus_survives else GAP  # numbers that may be on paper
        assert await running.receipts() == {unknown + 1, unknown + 2}
    assert await _keys(story.empty, ERASED) == {None}
    assert set(book.log) == {phone(one) for one in ACCOUNTS}
    before_it_was_lost = Counter(book.log)[phone(BEFORE[0])]
    assert before_it_was_lost == 1
    if story.bus_survives:  # else nothing tells any more what went out after the backup
        assert len(book.log) == len(ACCOUNTS)
