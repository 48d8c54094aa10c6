"""Whoever is answered with personal data is recorded before it leaves, and the record shows what
was done to it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from chassis.settings import Settings
from chassis.store import access
from chassis.store.pool import connected
from services.ledger.main import build
from tests.ledger.conftest import START, World
from tests.support.damage import as_administrator
from tests.support.service_world import CREDITOR
from tests.support.verified import damage

READ = "GET /v1/accounts/{account_id}/balance"
FORGED = (
    '[{"at": "1", "issuer": "i", "subject": "bob", "token": "t", "accounts": "1", '
    '"route": "GET", "status": "200"}]'
)
CUT_CHAIN = """
update access_chain set (gone, gone_hash) =
  (select number, hash from access_records where number = {})"""
CUT = "delete from access_records where number <= {}"
EARLY = "ledger: access record"
REFUND = "POST /v1/accounts/{account_id}/refunds"


@pytest.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[World]:
    async with World.open(build, database, START, tmp_path) as world:
        await world.terms()
        for account in ("1", "2"):
            await world.invoice(f"i-{account}", 100, date(2026, 2, 1), account)
        await world.pay("p-1", 500)
        yield world


async def records(world: World, **wanted: Any) -> list[dict[str, Any]]:
    async with world.client("auditor", who="audrey") as auditor:
        answer = await auditor.get("/v1/access-records", params=wanted)
    assert answer.status_code == 200
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def faults(world: World) -> list[tuple[int, str]]:
    async with connected(world.dsn, "ledger") as connection:
        portions = [one async for one in access.verify(connection, at_once=2)]
    return [(one.number, one.what) for portion in portions for one in portion.broken]


async def test_an_answer_about_a_debtor_names_its_reader(world: World) -> None:
    async with world.client("finance", who="bob") as bob:
        assert (await bob.get("/v1/accounts/1/balance")).status_code == 200
        assert (await bob.get("/v1/accounts/9/balance")).status_code == 404
        assert (await bob.get("/v1/accounts")).status_code == 200
    found = [(one["subject"], one["route"], one["accounts"]) for one in await records(world)]
    assert found == [("bob", READ, ["1"]), ("bob", "GET /v1/accounts", ["1", "2"])]
    (one,) = await records(world, account="1", subject="bob", limit=1)
    assert (one["creditor"], one["status"], one["issuer"]) == (CREDITOR, 200, "arrears-development")
    assert len(one["token_id"]) > 20
    assert datetime.fromisoformat(one["at"]) == world.clock.now().astimezone(UTC)


@pytest.mark.parametrize("creditor", [{"creditor": CREDITOR}, {}])
async def test_whoever_reads_the_record_is_in_it(world: World, creditor: dict[str, str]) -> None:
    await records(world, **creditor, account="1")
    (one,) = await records(world)
    assert (one["subject"], one["route"]) == ("audrey", "GET /v1/access-records")
    assert one["accounts"] == ["1"]


async def test_an_answer_that_was_kept_is_recorded_each_time_it_is_given(world: World) -> None:
    async with world.client("finance", who="bob") as bob:
        for _ in range(2):
            headers = {"Idempotency-Key": "k"}
            body = {"amount": 100}
            answer = await bob.post("/v1/accounts/1/refunds", json=body, headers=headers)
            assert answer.status_code == 201
    assert [(one["route"], one["accounts"]) for one in await records(world)] == [
        (REFUND, ["1"]),
        (REFUND, ["1"]),
    ]


async def test_nobody_is_given_what_cannot_be_recorded(world: World) -> None:
    await world.service.pool.execute("alter table access_records add check (subject <> 'bob')")
    async with world.client("finance", who="bob") as bob:
        answer = await bob.get("/v1/accounts/1/balance")
    assert answer.status_code == 503
    assert "balance" not in answer.text
    assert "principal" not in answer.text


async def test_records_are_listed_by_their_time_and_each_is_on_one_page(world: World) -> None:
    book, now = access.AccessBook(world.service.pool), world.clock.now()
    for minutes in (0, 0, -1, 0):  # written by instances whose clocks differ
        at = now + timedelta(minutes=minutes)
        await book.write([access.Access(at, "i", "bob", "t", CREDITOR, ["1"], READ, 200)])
    found: list[int] = []
    wanted: dict[str, Any] = {"limit": 1, "subject": "bob"}
    async with world.client("auditor", who="audrey") as auditor:
        while "cursor" not in wanted or wanted["cursor"] is not None:
            told = (await auditor.get("/v1/access-records", params=wanted)).json()
            found += [one["number"] for one in told["items"]]
            wanted["cursor"] = told["next"]
    assert found == [3, 1, 2, 4]


async def test_answers_at_once_are_one_chain(world: World) -> None:
    async with world.client("finance", who="bob") as bob:
        await asyncio.gather(*(bob.get("/v1/accounts/1/balance") for _ in range(40)))
    assert [one["number"] for one in await records(world)] == list(range(1, 41))
    assert await faults(world) == []


async def test_records_go_with_their_time_and_the_chain_stays_whole(world: World) -> None:
    now = datetime.now(UTC)
    book = access.AccessBook(world.service.pool)
    for days in (400, 399, 5):
        at = now - timedelta(days=days)
        await book.write([access.Access(at, "i", "bob", "t", CREDITOR, ["1"], READ, 200)])
    async with connected(world.dsn, "ledger") as connection:
        assert await access.expire(connection, now - timedelta(days=100)) == 2
        assert await access.expire(connection, now) == 0  # what is young stays, whoever asks
        (found,) = [one async for one in access.verify(connection)]
    assert (found.records, found.gone, found.broken) == (1, 2, [])


@pytest.mark.parametrize(
    ("deed", "expected"),
    [
        ("update access_records set subject = 'eve' where number = 2", (2, "changed")),
        ("update access_records set accounts = '{}' where number = 2", (2, "changed")),
        ("update access_records set accounts = array[null], at = 'infinity'", (1, "changed")),
        ("delete from access_records where number = 2", (2, "missing: 2")),
        ("delete from access_records where number = 1", (1, "missing: 1")),
        ("delete from access_records where number = 3", (3, "the chain ends at record 2")),
        ("truncate access_records", (3, "the chain ends at record 0")),
    ],
)
async def test_a_record_that_was_changed_or_taken_away_is_missed(
    world: World, deed: str, expected: tuple[int, str]
) -> None:
    async with world.client("finance", who="bob") as bob:
        for _ in range(3):
            await bob.get("/v1/accounts/1/balance")
    assert await faults(world) == []
    with pytest.raises(asyncpg.PostgresError, match="rows of access_records are written once"):
        await world.service.pool.execute(deed)
    await as_administrator(world.service.pool, deed)
    (number, what), *_ = await faults(world)
    assert number == expected[0]
    assert what.startswith(expected[1])


async def test_a_record_that_says_the_same_in_other_columns_is_missed(world: World) -> None:
    book = access.AccessBook(world.service.pool)
    at = world.clock.now()
    for creditor, accounts in ((CREDITOR, ["1", "2"]), (CREDITOR, []), (None, [])):
        await book.write([access.Access(at, "i", "bob", "t\nx", creditor, accounts, READ, 200)])
    assert await faults(world) == []
    for deed in (
        "update access_records set accounts = array['1 2'] where number = 1",
        "update access_records set accounts = array[''] where number = 2",
        "update access_records set creditor = '' where number = 3",
    ):
        await as_administrator(world.service.pool, deed)
    assert [number for number, _ in await faults(world)] == [1, 2, 3]


class Auditor:
    """Verifies the records of the world's ledger alone, as the command does."""

    def __init__(self, world: World, folder: Path) -> None:
        self._settings = Settings(data_dir=folder, ledger_database_url=world.dsn)
        self._place = folder / "auditor" / "place.json"
        self.told: list[str] = []

    async def verify(self, told: Callable[[str], None] | None = None) -> list[str]:
        heard = told or self.told.append
        return await damage(self._settings, ["ledger"], self._place, heard, records=True)


async def test_a_record_made_anew_is_missed_by_who_verified_it_before(
    world: World, tmp_path: Path
) -> None:
    auditor = Auditor(world, tmp_path)
    async with world.client("finance", who="bob") as bob:
        for _ in range(3):
            await bob.get("/v1/accounts/1/balance")
    assert await auditor.verify() == []
    for deed in ("truncate access_records, access_chain", f"select record_access('{FORGED}')"):
        await as_administrator(world.service.pool, deed)
    assert await faults(world) == []
    for _ in range(2):  # it is not forgotten for having been told
        assert await auditor.verify() == [
            "ledger: access record 3: seen before; the chain ends at record 1 now"
        ]


async def test_records_that_went_before_their_time_are_missed_by_who_verified_them(
    world: World, tmp_path: Path
) -> None:
    auditor, now = Auditor(world, tmp_path), datetime.now(UTC)
    book = access.AccessBook(world.service.pool)
    for days in (2000, 1500, 100, 1, 0):
        at = now - timedelta(days=days)
        await book.write([access.Access(at, "i", "bob", "t", CREDITOR, ["1"], READ, 200)])
    await as_administrator(
        world.service.pool, "update access_records set status = 1 where number = 1"
    )
    assert len(await auditor.verify()) == 1  # which keeps nobody from remembering the others
    missed = [f"{EARLY} 3: gone before its time, as are all up to 4"]
    for gone, said in ((2, []), (4, missed)):
        await as_administrator(world.service.pool, CUT_CHAIN.format(gone))
        await as_administrator(world.service.pool, CUT.format(gone))
        assert await faults(world) == []
        assert await auditor.verify() == said
    assert await auditor.verify() == missed  # again


async def test_a_verification_of_records_that_was_cut_off_goes_on_where_it_was(
    world: World, tmp_path: Path
) -> None:
    def stop(_said: str) -> None:
        raise KeyboardInterrupt

    auditor = Auditor(world, tmp_path)
    async with world.client("finance", who="bob") as bob:
        for _ in range(3):
            await bob.get("/v1/accounts/1/balance")
        deed = "update access_records set subject = 'eve' where number = 2"
        await as_administrator(world.service.pool, deed)
        with pytest.raises(KeyboardInterrupt):
            await auditor.verify(stop)
        await bob.get("/v1/accounts/1/balance")
    (said,) = await auditor.verify()
    assert "access record 2: changed" in said
    assert auditor.told == ["ledger: from record 4 on, 1 access records, 0 gone with their time"]
