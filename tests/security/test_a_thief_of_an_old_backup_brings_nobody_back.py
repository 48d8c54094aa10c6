"""Who restores a backup does not bring back who was erased after it: the list of erasures is apart,
and read before anything is served.
"""

import asyncio
import contextlib
import gzip
import resource
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from arrears.backup.again import export
from arrears.backup.making import make
from arrears.backup.restoring import restore
from chassis.bus.base import lane_of
from chassis.clock import SimulatedClock
from chassis.errors import Misconfigured
from chassis.runtime import erasure_journal
from chassis.runtime.live import LOOPS
from chassis.servers.postgres import database_url, ensure_database
from chassis.settings import SERVICES
from chassis.store import proposals, verifying_proposals
from chassis.store.proposals import Proposal
from contracts.words.streams import Subject, key_of
from tests.support.dump import dump_over
from tests.support.machine import CREDITOR, Machine, Upstream, machine, phone
from tests.support.sms_provider import Provider
from tests.system import traces

START = datetime(2026, 3, 10, 2, tzinfo=UTC)
KEPT, ERASED, LATER = "A-1", "A-2", "A-3"
_SEALED_FOR = "select account from {schema}.subject_keys where wrapped is not null"


@pytest.fixture
async def machines(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[tuple[Machine, Machine]]:
    clock, made = SimulatedClock(START), []
    for name in ("lost", "empty"):
        await ensure_database(postgres_dsn, f"erased_{name}")
        database = {"database_url": database_url(postgres_dsn, f"erased_{name}")}
        made.append(machine(database, tmp_path / name, clock, Provider(), None))
    yield made[0], made[1]
    connection = await asyncpg.connect(postgres_dsn)
    for name in ("lost", "empty"):
        await connection.execute(f"drop database erased_{name} with (force)")
    await connection.close()


async def test_the_erasure_after_the_backup_holds_after_the_restore(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    lost, empty = machines
    upstream = Upstream(lost.clock)
    before = [one for name in (KEPT, ERASED) for one in upstream.opened(name, 1000)]
    after = upstream.opened(LATER, 1000)
    async with lost.running() as running:
        await running.creditor()
        await running.send(before)
        await running.settle()
        await _propose(lost, KEPT, ERASED)
        await make(lost.settings, tmp_path / "backup")
        await running.send(after)
        await running.settle()
        for name in (ERASED, LATER):
            await running.erase(name)
        await running.settle()
        await make(lost.settings, tmp_path / "after")
    _has_nobody(tmp_path / "after", [ERASED, LATER])
    noted = lost.settings.erasures
    assert sorted(erasure_journal.read(noted)) == [
        Subject(CREDITOR, ERASED),
        Subject(CREDITOR, LATER),
    ]
    assert noted.stat().st_mode & 0o777 == 0o600
    copy = tmp_path / "copy"
    assert [await export(lost.settings, copy, START) for _ in range(2)] == [2, 0]
    assert set(erasure_journal.read(copy)) == set(erasure_journal.read(noted))

    with pytest.raises(Misconfigured, match="there is no list of erasures"):
        await restore(empty.settings, tmp_path / "backup", erasures=tmp_path / "nothing")
    found = await restore(empty.settings, tmp_path / "backup", clock=empty.clock, erasures=noted)
    assert (found.erased, found.listed) == (2, 2)
    assert await _opens(empty) == {KEPT}
    assert await _proposed(empty) == {KEPT: "waiting", ERASED: "rejected"}
    async with empty.running() as running:
        await running.send([*before, *after])  # the bus is lost, so upstream says it again
        await running.settle()
        owed = await running.owed((KEPT, ERASED, LATER))
        await running.settle()
    assert owed == {KEPT: 1000, ERASED: 1000, LATER: 1000}
    assert await _opens(empty) == {KEPT}
    everything = await _everything(empty)
    assert f"Zhang {KEPT}" in everything  # what is looked through would have them
    for text in (f"Zhang {ERASED}", f"Zhang {LATER}", phone(ERASED), phone(LATER)):
        assert text not in everything


async def test_who_was_erased_a_moment_before_the_end_is_on_the_list(
    machines: tuple[Machine, Machine],
) -> None:
    lost, _ = machines
    async with lost.running() as running:
        await running.creditor()
        await running.send(Upstream(lost.clock).opened(ERASED, 1000))
        await running.settle()
        ledger = running.stack.services["ledger"]
        await ledger.start({*LOOPS} - {"workers"})  # who ends has not noted anybody by the way
        await running.erase(ERASED)
        async with asyncio.timeout(60):
            while key_of(CREDITOR, ERASED).encode() not in ledger.consumer.applying.erased:
                await asyncio.sleep(0.05)
    assert erasure_journal.read(lost.settings.erasures) == [Subject(CREDITOR, ERASED)]


def test_a_list_that_was_cut_off_loses_nobody(tmp_path: Path) -> None:
    path = tmp_path / "erasures"
    assert erasure_journal.add(path, [b"a/1", b"a/2"], START) == 2
    path.write_bytes(path.read_bytes()[:-9])
    assert erasure_journal.read(path) == [Subject("a", "1")]
    assert erasure_journal.add(path, [b"a/1", b"a/2", b"b/1"], START) == 2
    assert erasure_journal.add(path, [b"a/1", b"a/2", b"b/1"], START) == 0
    assert erasure_journal.read(path) == [Subject("a", "1"), Subject("a", "2"), Subject("b", "1")]
    path.write_text('{"creditor":"a"}\n')
    with pytest.raises(Misconfigured, match="no list of erasures"):
        erasure_journal.read(path)


def test_what_is_no_list_of_erasures_does_not_stand_for_one_of_nobody(tmp_path: Path) -> None:
    path, packed = tmp_path / "erasures", tmp_path / "erasures.gz"
    erasure_journal.add(path, [b"a/1"], START)
    path.write_bytes(path.read_bytes().replace(b"\n", b" \r\n"))
    assert erasure_journal.read(path) == [Subject("a", "1")]
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(Misconfigured, match="no list of erasures"):
        erasure_journal.read(packed)
    path.write_text("creditor,account\na,1\n")
    with pytest.raises(Misconfigured, match="no list of erasures"):
        erasure_journal.read(path)


def test_a_list_that_finds_no_room_says_so_and_loses_nobody(tmp_path: Path) -> None:
    path, many = tmp_path / "erasures", [b"a/%d" % number for number in range(100)]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, before[1]))
    try:
        with pytest.raises(OSError, match="in part"):
            erasure_journal.add(path, many, START)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    noted = len(erasure_journal.read(path))
    assert erasure_journal.add(path, many, START) == 100 - noted
    assert len(erasure_journal.read(path)) == 100


def _has_nobody(backup: Path, erased: Sequence[str]) -> None:
    """A backup made after the erasures has their accounts, and neither names nor numbers, in clear
    or as a hash that anybody can compute.
    """
    content = {
        path.name: gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
        for path in backup.rglob("*")
        if path.is_file() and (packed := path.read_bytes())
    }
    whole = {name: one.decode("latin-1") + one.hex() for name, one in content.items()}
    texts = [text for name in erased for text in (f"Zhang {name}", phone(name))]
    for name in erased:
        assert any(f"{CREDITOR}/{name}" in one for one in whole.values())
    assert traces.found(texts, whole) | traces.guessable(texts, whole) == set()


async def _propose(machine: Machine, *accounts: str) -> None:
    """A refund of each waits for a second person when the backup is made."""
    async with _connected(machine) as connection:
        await connection.execute("set search_path to ledger")
        for account in accounts:
            told = (f"p-{account}", START, CREDITOR, account, "refund", 5, b"sealed")
            one = Proposal(*told, "eve", "https://issuer", "eve")
            lane = lane_of(key_of(CREDITOR, account).encode(), machine.settings.partitions)
            await proposals.add(connection, one, lane)


async def _proposed(machine: Machine) -> dict[str, str]:
    """What became of it, with all its links."""
    async with _connected(machine) as connection:
        await connection.execute("set search_path to ledger")
        lanes = range(machine.settings.partitions)
        done = await verifying_proposals.verify(connection, lanes, {})
        assert (done.links, done.damage) == (3, [])
        rows = await connection.fetch("select account, state from proposals")
    return {row["account"]: row["state"] for row in rows}


async def _opens(machine: Machine) -> set[str]:
    """The accounts of which some service still has a key."""
    async with _connected(machine) as connection:
        rows = [await connection.fetch(_SEALED_FOR.format(schema=name)) for name in SERVICES]
    found = {row["account"] for each in rows for row in each}
    return {one for one in found if one in (KEPT, ERASED, LATER)}


async def _everything(machine: Machine) -> str:
    async with _connected(machine) as connection:
        return await dump_over(connection)


@contextlib.asynccontextmanager
async def _connected(machine: Machine) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(machine.settings.database_of("ledger"))
    try:
        yield connection
    finally:
        await connection.close()
