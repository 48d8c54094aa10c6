"""Whoever can have a service run statements changes and removes no event and no record."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
from asyncpg import InsufficientPrivilegeError, PostgresError
from typer.testing import CliRunner

from arrears.cli import app
from arrears.roles import owner_of, role_of
from arrears.stack import open_stack
from chassis.http.dev_keys import mint_token
from chassis.runtime.instance import Instance
from chassis.settings import Settings
from chassis.store import access
from chassis.store.chaining import Chaining
from tests.ledger.conftest import World, world

__all__ = ["world"]

KEPT = {
    "events": "data",
    "event_chain": "hash",
    "access_records": "subject",
    "proposal_chain": "hash",
}
DEEDS = ("update {table} set {column} = {column}", "delete from {table}", "truncate {table}")
ON_PURPOSE = "set arrears.removal = 'on'"
ENTRY = (
    '[{"at": "1", "issuer": "i", "subject": "s", "token": "t", "creditor": "c", "accounts": "1", '
    '"route": "GET", "status": "200"}]'
)
STAND_INS = """
create temp table event_chain (like ledger.event_chain);
create temp table access_records (like ledger.access_records)"""
LOOK_ELSEWHERE_FIRST = """
select coalesce(array_agg(proname::text), '{}') from pg_proc
where prosecdef and pronamespace = 'ledger'::regnamespace
  and proconfig is distinct from array['search_path=pg_catalog, ledger, pg_temp']"""
STOOD_IN = """
select (select count(*) from pg_temp.event_chain)
  + (select count(*) from pg_temp.access_records)"""
DECOY = """
create function ledger.array_to_string(text[], text) returns text language {language} as $$
  {body} $$"""
BODIES = {
    "sql": "select ''",
    "plpgsql": "begin delete from ledger.events; return ''; end",
}
"""It fits better what the owner's functions call, and would run as the owner."""


@pytest.mark.parametrize("table", KEPT)
@pytest.mark.parametrize("deed", DEEDS)
async def test_what_is_written_once_stays(world: World, table: str, deed: str) -> None:
    with pytest.raises(PostgresError, match="written once"):
        await world.service.pool.execute(deed.format(table=table, column=KEPT[table]))


async def test_the_end_of_the_record_is_not_forgotten(world: World) -> None:
    for deed in ("delete from access_chain", "truncate access_chain"):
        with pytest.raises(PostgresError, match="written once"):
            await world.service.pool.execute(deed)


def _as(dsn: str, role: str) -> str:
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(netloc=f"{role}@{parts.netloc.rpartition('@')[2]}"))


async def _owned(database: str, folder: Path) -> Settings:
    """As docs/operations.md has it: two roles of a server that is somebody's own."""
    connection = await asyncpg.connect(database)
    await connection.execute(CliRunner().invoke(app, ["roles", "ledger", "--owners"]).output)
    await connection.close()
    return Settings(
        data_dir=folder,
        ledger_database_url=_as(database, role_of("ledger")),
        ledger_owner_database_url=_as(database, owner_of("ledger")),
        bus_database_url=database,
    )


async def refused(ledger: Instance, statement: str) -> None:
    async with ledger.pool.acquire() as connection:
        await connection.execute(ON_PURPOSE)
        with pytest.raises(InsufficientPrivilegeError):
            await connection.execute(statement)


@pytest.mark.parametrize("server", ["a server of its own", "the one that comes along"])
async def test_a_role_that_serves_does_its_work_and_changes_nothing_that_is_written(
    server: str, database: str, tmp_path: Path
) -> None:
    is_own = server == "a server of its own"
    settings = await _owned(database, tmp_path) if is_own else Settings(data_dir=tmp_path)
    if not is_own:  # as versions before laid it out: one role does all
        async with open_stack(settings, ["ledger"], durable=False) as stack:
            await stack.services["ledger"].start()
    for _ in range(2):  # who migrates again takes nothing from who serves
        async with open_stack(settings, ["ledger"]) as stack:
            await _works(stack.services["ledger"], tmp_path)
            await _changes_nothing(stack.services["ledger"])
            await _cannot_stand_in(stack.services["ledger"])


async def _changes_nothing(ledger: Instance) -> None:
    for table, column in KEPT.items():
        for deed in DEEDS:
            await refused(ledger, deed.format(table=table, column=column))
        await refused(ledger, f"alter table {table} disable trigger all")
        await refused(ledger, f"drop table {table}")
    await refused(ledger, "update access_chain set number = 0")
    await refused(ledger, "delete from access_chain")
    await refused(ledger, "insert into access_records select * from access_records")
    await refused(ledger, "insert into event_chain select * from event_chain")
    await refused(ledger, "insert into proposal_chain select * from proposal_chain")
    await refused(ledger, "select link_proposal(p) from proposals p")
    await refused(ledger, "update proposals set by = 'bob'")
    await refused(ledger, "delete from proposals")
    await refused(ledger, "alter function keep_rows() rename to gone")
    await refused(ledger, "drop schema ledger cascade")
    await refused(ledger, "set role postgres")
    for language, body in BODIES.items():
        await refused(ledger, DECOY.format(language=language, body=body))


async def _cannot_stand_in(ledger: Instance) -> None:
    """What a table is made with (a default, a check) would run as the owner."""
    async with ledger.pool.acquire() as connection:
        assert await connection.fetchval(LOOK_ELSEWHERE_FIRST) == []
        if not await connection.fetchval(
            "select has_database_privilege(current_database(), 'TEMP')"
        ):
            return
        whole = connection.transaction()
        await whole.start()
        await connection.execute(STAND_INS)
        before = await connection.fetchval("select count(*) from ledger.access_records")
        await connection.execute("select ledger.record_access($1)", ENTRY)
        await connection.execute("select ledger.link_events(0, 100)")
        assert await connection.fetchval("select count(*) from ledger.access_records") == before + 1
        assert await connection.fetchval(STOOD_IN) == 0
        await whole.rollback()


async def _works(ledger: Instance, folder: Path) -> None:
    token = mint_token(folder, ["auditor"], ["*"], "audrey")
    transport = httpx.ASGITransport(app=ledger.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://ledger") as client:
        headers = {"authorization": f"Bearer {token}"}
        assert (await client.get("/v1/access-records", headers=headers)).status_code == 200
    await Chaining(ledger.pool, lambda: 0.0).link(0)
    rebuilt = await ledger.rebuild(lambda _done, _all: None)
    assert rebuilt.different == ()
    async with ledger.pool.acquire() as connection:
        (found,) = [one async for one in access.verify(connection)]
        assert found.records
        assert found.broken == []
        assert await access.expire(connection, datetime.now(UTC)) == 0
    await ledger.start()
    await ledger.readiness()
