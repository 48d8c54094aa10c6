"""One ledger on two PostgreSQL servers: an instance on each, traffic, and what became of it."""

import asyncio
import itertools
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio

from arrears import moving_lanes
from arrears.databases import Databases
from arrears.schemas import migrate
from chassis.bus.base import Bus, Outgoing, lane_of
from chassis.bus.embedded import EmbeddedBus
from chassis.bus.kafka import KafkaBus
from chassis.clock import WallClock
from chassis.http.dev_keys import mint_token
from chassis.runtime.instance import Instance
from chassis.servers.postgres import EmbeddedPostgres
from chassis.settings import Settings
from contracts import billing, dunning
from contracts.base import Contract
from contracts.codec import Message, decode, encode
from contracts.registry import OWNERS, TOPICS
from contracts.words.streams import key_of
from services.ledger.main import build
from tests.apart import mover
from tests.support.topics import delete_topics

PARTITIONS = 4
CREDITOR = "acme"
DAY = date(2026, 1, 5)
OF_LANES = ("events", "state", "event_chain", "proposals", "proposal_chain")
_DONE = """
select (select count(*) from events where stream like 'account-%') as events,
  (select count(*) from events e join relay r using (lane)
   where e.position > r.position) as waiting"""


@dataclass
class Apart:
    """The two databases, the instances on them, and what they were told."""

    dsns: tuple[str, str]
    bus: Bus
    folder: Path
    instances: list[Instance] = field(default_factory=list)
    owed: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    said: list[Outgoing] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def open(self, where: int, *, starts: bool = True) -> Instance:
        """An instance on one of the databases; one that does not start does nothing by itself."""
        settings = Settings(
            data_dir=self.folder,
            partitions=PARTITIONS,
            lease_seconds=2,
            instance=f"ledger-{where}-{next(self.numbers)}",
        )
        service = await build(settings, clock=WallClock(), bus=self.bus, dsn=self.dsns[where])
        self.instances.append(service)
        if starts:
            await service.start()
        return service

    async def stop(self) -> None:
        for service in self.instances:
            await service.stop()
        self.instances.clear()

    async def move(self, *lanes: int, back: bool = False) -> None:
        """Move lanes to the second database, or back to the first."""
        source, target = reversed(self.dsns) if back else self.dsns
        await moving_lanes.move(mover.settings_for(source, self.folder), "ledger", lanes, target)

    async def cut_off(self, lane: int, point: str, *, back: bool = False) -> int:
        """Move a lane in a process that kills itself at a point; returns its exit status."""
        source, target = reversed(self.dsns) if back else self.dsns
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.apart.mover"),
            *(source, target, str(self.folder), str(lane), point),
        )
        return await process.wait()

    # ---- what upstream and dunning tell

    async def terms(self, **changes: object) -> None:
        """The creditor's terms reach every lane."""
        given = {
            "creditor": CREDITOR,
            "name": "Acme",
            "time_zone": "Asia/Shanghai",
            "currency": "CNY",
            "policy": "mobile",
            "version": 1,
        } | changes
        data = dunning.TermsPublished.model_validate(given)
        for lane in range(PARTITIONS):
            await self._publish(data, "*", lane)

    async def invoice(self, account: str, amount: int, number: str | None = None) -> None:
        """An account owes more."""
        data = billing.InvoiceIssued(
            invoice_id=f"I-{next(self.numbers)}",
            account_id=account,
            item="fee",
            amount=amount,
            currency="CNY",
            issued_on=DAY,
            due_on=date(2099, 1, 1),
            number=number,
        )
        self.owed[account] += amount
        self.told[account] += 1
        await self._publish(data, account, lane_of_account(account))

    async def _publish(self, data: Contract, account: str, lane: int) -> None:
        value = encode(
            data,
            id=f"m-{next(self.numbers)}",
            source=OWNERS.get(data.TOPIC, "tests"),
            time=datetime.now(UTC),
            creditor=CREDITOR,
            subject=account,
        )
        key = key_of(CREDITOR, account).encode()
        record = Outgoing(data.TOPIC, lane, key, value, ())
        self.said.append(record)
        await self.bus.publish([record])

    async def say_all_again(self) -> None:
        """Upstream repeats everything, and something new for each account behind it."""
        await self.bus.publish(self.said)
        for account in list(self.owed):
            await self.invoice(account, 1)

    # ---- what became of it

    async def rows(self, where: int, query: str, *values: object) -> list[asyncpg.Record]:
        """What a database has; nothing while it is none of the ledger's."""
        connection = await asyncpg.connect(
            self.dsns[where], server_settings={"search_path": "ledger"}
        )
        try:
            return list(await connection.fetch(query, *values))
        except asyncpg.UndefinedTableError:
            return []
        finally:
            await connection.close()

    async def until_done(self) -> None:
        """Wait until what was told is in one of the databases and published."""
        async with asyncio.timeout(60):
            while not await self._is_done():
                await asyncio.sleep(0.05)

    async def _is_done(self) -> bool:
        count = 0
        for where in (0, 1):
            for row in await self.rows(where, _DONE):
                if row["waiting"]:
                    return False
                count += row["events"]
        return count >= self.told.total()

    async def held(self, where: int) -> set[int]:
        """The lanes that a database says it has."""
        found = await self.rows(where, "select lane from lanes where elsewhere is null")
        return {row["lane"] for row in found}

    async def check(self) -> None:
        """Each account is in the database of its lane alone, owes what it was told, and each of its
        versions was published once, in order.
        """
        held = [await self.held(0), await self.held(1)]
        assert held[0] | held[1] == set(range(PARTITIONS))
        assert not held[0] & held[1]
        shown: dict[str, int] = {}
        for where in (0, 1):
            for row in await self.rows(where, "select account, principal from view_accounts"):
                assert lane_of_account(row["account"]) in held[where]
                assert row["account"] not in shown
                shown[row["account"]] = row["principal"]
            for table in (*OF_LANES, "inbox", "offsets"):
                query = f"select distinct lane from {table}"  # noqa: S608
                found = await self.rows(where, query)
                assert {row["lane"] for row in found} <= held[where], table
        assert shown == self.owed
        assert self.versions(await self.published()) == {
            account: list(range(1, count + 1)) for account, count in self.told.items()
        }

    @staticmethod
    def versions(messages: Iterable[Message]) -> dict[str, list[int]]:
        """The account versions that were published, in the order of their first coming."""
        found: dict[str, list[int]] = {}
        seen: set[str] = set()
        for message in messages:
            if message.type == "ledger.balance.changed.v1" and message.id not in seen:
                seen.add(message.id)
                found.setdefault(message.subject, []).append(message.data.ledger_version)
        return found

    async def published(self) -> list[Message]:
        ends = await self.bus.end_offsets(["ledger"])
        reader = await self.bus.reader(dict.fromkeys(ends, 0))
        found: list[Message] = []
        while len(found) < sum(ends.values()):
            found += [decode(one.value, one.headers) for one in await reader.fetch(1000, 1.0)]
        await reader.close()
        return found

    async def ask(self, service: Instance, account: str) -> httpx.Response:
        """Ask an instance what an account owes."""
        async with self.client(service, "ann") as client:
            return await client.get(f"/v1/accounts/{account}")

    def client(self, service: Instance, who: str) -> httpx.AsyncClient:
        """Somebody who may do anything with an instance."""
        token = mint_token(self.folder, ("admin",), (CREDITOR,), who)
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=service.app),
            base_url="http://ledger",
            headers={"authorization": f"Bearer {token}"},
        )


def lane_of_account(account: str) -> int:
    return lane_of(key_of(CREDITOR, account).encode(), PARTITIONS)


def accounts_in(lane: int, number: int) -> list[str]:
    """So many accounts of a lane."""
    names = (f"P-{count}" for count in itertools.count())
    return list(itertools.islice((one for one in names if lane_of_account(one) == lane), number))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def second_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The DSN of a PostgreSQL server of its own."""
    async with EmbeddedPostgres(tmp_path_factory.mktemp("second"), durable=False) as dsn:
        yield dsn


@pytest.fixture
async def second_database(second_server: str) -> str:
    """It with no ledger."""
    connection = await asyncpg.connect(second_server)
    await connection.execute("drop schema if exists ledger cascade")
    await connection.close()
    return second_server


@pytest.fixture
async def apart(database: str, second_database: str, tmp_path: Path) -> AsyncIterator[Apart]:
    """A ledger on the first database, running, with terms."""
    bus = EmbeddedBus(database, partitions=PARTITIONS)
    async with opened((database, second_database), bus, tmp_path) as world:
        yield world


@pytest.fixture
async def apart_on_kafka(
    database: str, second_database: str, tmp_path: Path, kafka_bootstrap: str
) -> AsyncIterator[Apart]:
    """The same with its messages on Kafka."""
    await delete_topics(kafka_bootstrap)
    bus = KafkaBus(kafka_bootstrap, partitions=PARTITIONS)
    async with opened((database, second_database), bus, tmp_path) as world:
        yield world
    await delete_topics(kafka_bootstrap)


@asynccontextmanager
async def opened(dsns: tuple[str, str], bus: Bus, folder: Path) -> AsyncIterator[Apart]:
    """A ledger on the first of two databases."""
    await migrate(Databases({"ledger": dsns[0]}, dsns[0]))
    async with AsyncExitStack() as exits:
        await bus.start()
        exits.push_async_callback(bus.stop)
        await bus.ensure_topics(TOPICS)
        world = Apart(dsns, bus, folder)
        exits.push_async_callback(world.stop)
        await world.open(0)
        await world.terms()
        yield world
