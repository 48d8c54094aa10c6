"""Kill −9 at the worst points, and a consumer that was paused while another took its lane: every
effect once.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from chassis.bus.base import Bus
from chassis.bus.embedded import EmbeddedBus
from chassis.bus.embedded_schema import lay_out
from chassis.runtime.instance import Instance
from chassis.store.pool import application_name
from chassis.store.saving import LaneLost
from contracts.codec import decode
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.toy_process import open_bus

ACCOUNTS = 10
PAYMENTS = 120
POINTS = (
    "consume.before_commit",
    "commit.shown",
    "consume.after_commit",
    "relay.after_publish",
)


class Rig:
    """A broker, a store, and processes of the toy service."""

    def __init__(self, dsn: str, kind: str, bus: Bus, data_dir: Path) -> None:
        self.dsn, self.kind, self.bus, self.data_dir = dsn, kind, bus, data_dir
        self.processes: list[asyncio.subprocess.Process] = []
        self.published = 0

    async def spawn(self, trap: str | None = None) -> asyncio.subprocess.Process:
        arguments = [self.dsn, self.kind, str(self.data_dir), *([trap] if trap else [])]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.chassis.toy_process", *arguments
        )
        self.processes.append(process)
        return process

    async def publish(self) -> None:
        await self.bus.ensure_topics(["billing", "ledger", "billing.dlq"])
        for number in range(self.published, self.published + PAYMENTS):
            account = f"a{number % ACCOUNTS}"
            await toy.send(self.bus, account, toy.payment(number, account, number + 1000))
        self.published += PAYMENTS

    async def drained(self) -> bool:
        """Whether everything was consumed and published (or the store is not there yet)."""
        try:
            connection = await asyncpg.connect(self.dsn, server_settings={"search_path": "toy"})
        except OSError:
            return False
        try:
            consumed = await connection.fetchval(
                "select coalesce(sum(next_offset), 0) from offsets"
            )
            waiting = await connection.fetchval(
                "select count(*) from events e join relay r using (lane) "
                "where e.position > r.position"
            )
        except asyncpg.UndefinedTableError:
            return False
        finally:
            await connection.close()
        return bool(consumed == self.published and waiting == 0)

    async def until_drained(self) -> None:
        async with asyncio.timeout(60):
            while not await self.drained():
                await asyncio.sleep(0.1)

    async def check(self) -> None:
        """Every payment added exactly once; every event published, in order, under one id each."""
        connection = await asyncpg.connect(self.dsn, server_settings={"search_path": "toy"})
        try:
            streams = await connection.fetch(
                "select stream, count(*) n, max(version) v from events group by stream"
            )
            inbox = await connection.fetchval("select count(*) from inbox")
        finally:
            await connection.close()
        assert sum(row["n"] for row in streams) == self.published == inbox
        assert all(row["n"] == row["v"] for row in streams)
        published = await self.read_ledger()
        first_seen: dict[str, list[int]] = {}
        for account, version, _ in dict.fromkeys(published):
            first_seen.setdefault(account, []).append(version)
        versions = list(range(1, self.published // ACCOUNTS + 1))
        assert dict.fromkeys(first_seen, versions) == first_seen
        assert len(first_seen) == ACCOUNTS
        assert len({identity for _, _, identity in published}) == self.published

    async def read_ledger(self) -> list[tuple[str, int, str]]:
        ends = await self.bus.end_offsets(["ledger"])
        reader = await self.bus.reader(dict.fromkeys(ends, 0))
        found: list[tuple[str, int, str]] = []
        while len(found) < sum(ends.values()):
            for record in await reader.fetch(1000, 1.0):
                message = decode(record.value, record.headers)
                found.append((message.subject, message.data.ledger_version, message.id))
        await reader.close()
        return found

    async def close(self) -> None:
        for process in self.processes:
            if process.returncode is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            await process.wait()
        await self.bus.stop()


async def delete_topics(bootstrap: str) -> None:
    """Start from an empty broker: the topics' names are fixed."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        names = {"billing", "ledger", "billing.dlq"} & set(await admin.list_topics())
        if names:
            await admin.delete_topics(sorted(names))
        while names & set(await admin.list_topics()):
            await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def stopped(pid: int) -> None:
    async with asyncio.timeout(60):
        while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            await asyncio.sleep(0.05)


class FaultSuite:
    """What must hold on any bus."""

    @pytest.mark.parametrize("point", POINTS)
    async def test_a_process_killed_in_a_batch_leaves_every_effect_once(
        self, rig: Rig, point: str
    ) -> None:
        await rig.publish()
        for number in (1, 2):
            process = await rig.spawn(f"{point}:{number}:SIGKILL")
            assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
        await rig.spawn()
        await rig.until_drained()
        await rig.check()

    async def test_a_paused_process_that_lost_its_lanes_cannot_write(self, rig: Rig) -> None:
        await rig.publish()
        zombie = await rig.spawn("consume.begin:2:SIGSTOP")
        await stopped(zombie.pid)
        heir = await rig.spawn()
        await rig.until_drained()
        zombie.send_signal(signal.SIGCONT)
        heir.terminate()
        await rig.publish()
        await rig.until_drained()  # by the one that had been paused: what it had begun is over
        await rig.check()
        assert zombie.returncode is None


async def open_rig(dsn: str, kind: str, data_dir: Path) -> Rig:
    await lay_out(dsn)
    bus = open_bus(dsn, kind)
    await bus.start()
    return Rig(dsn, kind, bus, data_dir)


class TestEmbedded(FaultSuite):
    @pytest.fixture
    async def rig(self, database: str, tmp_path: Path) -> AsyncIterator[Rig]:
        rig = await open_rig(database, "embedded", tmp_path)
        yield rig
        await rig.close()


class TestKafka(FaultSuite):
    @pytest.fixture
    async def rig(self, database: str, tmp_path: Path, kafka_bootstrap: str) -> AsyncIterator[Rig]:
        await delete_topics(kafka_bootstrap)
        rig = await open_rig(database, kafka_bootstrap, tmp_path)
        yield rig
        await rig.close()


async def take_over(old: Instance, new: Instance) -> None:
    await old.pool.execute("delete from members")
    await new.leases.refresh()
    await new.leases.refresh()


async def test_a_fenced_transaction_keeps_nothing(open_toy: OpenToy, bus: EmbeddedBus) -> None:
    zombie, heir = await open_toy(), await open_toy()
    await zombie.leases.refresh()
    await zombie.reading.reopen(list(zombie.leases.held))
    await toy.send(bus, "a", toy.payment(1, "a", 5))
    batches = await zombie.reading.fetch(10, 1.0)
    await take_over(zombie, heir)
    await zombie.pool.expire_connections()  # its sessions were ended: it comes back with new ones
    for lane, records in batches.items():
        with pytest.raises(LaneLost):
            await zombie.consumer.consume(lane, records, zombie.reading.positions)
    assert await zombie.pool.fetchval("select count(*) from events") == 0
    assert await zombie.pool.fetchval("select count(*) from inbox") == 0


async def test_locks_of_an_instance_that_is_not_seen_any_more_do_not_keep_its_lanes(
    open_toy: OpenToy, database: str
) -> None:
    zombie, heir = await open_toy(), await open_toy()
    await zombie.leases.refresh()
    session = await asyncpg.connect(
        database,
        server_settings={
            "search_path": "toy",
            "application_name": application_name("toy", zombie.settings.instance),
        },
    )
    await session.execute("begin; select 1 from lanes for share")  # as one stopped in a COPY
    await zombie.pool.execute("delete from members")
    async with asyncio.timeout(20):
        while len(heir.leases.held) < 2:
            await heir.leases.refresh()
            await asyncio.sleep(0.05)
    session.terminate()


async def test_lanes_are_shared_fairly_between_instances(open_toy: OpenToy) -> None:
    one, two = await open_toy(), await open_toy()
    await one.leases.refresh()
    assert len(one.leases.held) == 2
    await two.leases.refresh()
    await one.leases.release((await one.leases.refresh()).surplus)
    await two.leases.refresh()
    held: list[Any] = [sorted(one.leases.held), sorted(two.leases.held)]
    assert sorted(held) == [[0], [1]]
