"""A role per service: it migrates and runs, and no other sees what it has."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from typer.testing import CliRunner

from arrears import schemas
from arrears.cli import app
from arrears.databases import BUS, open_databases
from arrears.roles import role_of
from arrears.stack import open_stack
from chassis.runtime.leases import Leases
from chassis.settings import SERVICES, Settings
from chassis.store.pool import application_name, create_pool

EVERYBODY = (*SERVICES, BUS)
_OTHERS = [(name, other) for name in EVERYBODY for other in EVERYBODY if name != other]


def _as(dsn: str, name: str) -> str:
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(netloc=f"{role_of(name)}@{parts.netloc.rpartition('@')[2]}"))


async def _run(dsn: str, statement: str, *values: Any) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(statement, *values)
    finally:
        await connection.close()


async def _apply(dsn: str) -> None:
    printed = CliRunner().invoke(app, ["roles", *EVERYBODY]).output
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(printed)
    finally:
        await connection.close()


def _settings(dsn: str, folder: Path) -> Settings:
    urls: dict[str, Any] = {f"{name}_database_url": _as(dsn, name) for name in EVERYBODY}
    return Settings(data_dir=folder, **urls)


@pytest.fixture
async def settings(database: str, tmp_path: Path) -> Settings:
    """Each service and the bus under a role of its own, laid out."""
    await _apply(database)
    settings = _settings(database, tmp_path)
    async with open_databases(settings) as databases:
        await schemas.migrate(databases)
    return settings


async def test_every_service_runs_under_its_role(settings: Settings) -> None:
    async with open_stack(settings) as stack:
        await stack.start()
        for service in stack.services.values():
            await service.readiness()


async def test_no_role_reads_what_another_has(settings: Settings, database: str) -> None:
    for name, other in _OTHERS:
        table = "topics" if other == BUS else "events"
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=f"schema {other}"):
            await _run(_as(database, name), f"table {other}.{table}")


@pytest.mark.parametrize("name", EVERYBODY)
@pytest.mark.parametrize("statement", ["create schema mine", "create table public.mine (n int)"])
async def test_a_role_makes_nothing_beside_its_schema(
    settings: Settings, database: str, name: str, statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _run(_as(database, name), statement)


async def test_lanes_are_taken_from_sessions_of_the_same_role_and_past_those_of_another(
    settings: Settings, database: str
) -> None:
    named = {"application_name": application_name("ledger", "one-that-hangs")}
    ours = await asyncpg.connect(_as(database, "ledger"), server_settings=named)
    theirs = await asyncpg.connect(_as(database, "dunning"), server_settings=named)
    pool = await create_pool(_as(database, "ledger"), "ledger")
    taken = Leases(pool, "next", settings.partitions)
    await taken.join()
    await _run(database, "update ledger.lanes set owner = 'one-that-hangs'")
    await taken.refresh()
    assert len(taken.held) == settings.partitions
    async with asyncio.timeout(30):
        while not ours.is_closed():
            await asyncio.sleep(0.01)
    assert await theirs.fetchval("select 1") == 1
    await theirs.close()
    await pool.close()


async def test_what_one_role_of_all_has_laid_out_is_handed_over(
    database: str, tmp_path: Path
) -> None:
    async with open_databases(Settings(data_dir=tmp_path, database_url=database)) as databases:
        await schemas.migrate(databases)
    await _apply(database)
    await _apply(database)
    async with open_stack(_settings(database, tmp_path)) as stack:
        await stack.start()
    left = await _run(
        database,
        "select oid::regclass::text from pg_class where relnamespace::regnamespace::text = any($1)"
        " and pg_get_userbyid(relowner) <> 'arrears_' || relnamespace::regnamespace::text",
        list(EVERYBODY),
    )
    assert left == []
