"""Every service by itself: a process, a database and, where it is embedded, a bus of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from chassis.errors import Misconfigured
from chassis.servers.postgres import database_url, ensure_database
from chassis.settings import SERVICES, Settings
from tests.support.processes import System
from tests.support.topics import delete_topics
from tests.system.chain import PHONE, notice, send_an_overdue_invoice

PARTITIONS = 2
BUS = "bus"
_SCHEMAS = "select nspname from pg_namespace where nspname = any($1::text[])"


@pytest.fixture
async def databases(postgres_dsn: str) -> AsyncIterator[dict[str, str]]:
    """One for each service, and one for the bus."""
    names = {name: f"apart_{name}" for name in (*SERVICES, BUS)}
    for name in names.values():
        await ensure_database(postgres_dsn, name)
    yield {service: database_url(postgres_dsn, name) for service, name in names.items()}
    connection = await asyncpg.connect(postgres_dsn)
    for name in names.values():
        await connection.execute(f"drop database {name} with (force)")
    await connection.close()


@pytest.fixture
def embedded(databases: dict[str, str], tmp_path: Path) -> System:
    return _apart(databases, tmp_path)


@pytest.fixture
async def on_kafka(
    databases: dict[str, str], kafka_bootstrap: str, tmp_path: Path
) -> AsyncIterator[System]:
    await delete_topics(kafka_bootstrap)
    del databases[BUS]
    yield _apart(databases, tmp_path, bus="kafka", kafka_bootstrap=kafka_bootstrap)
    await delete_topics(kafka_bootstrap)


def _apart(databases: dict[str, str], folder: Path, **more: str) -> System:
    urls = {f"{name}_database_url": url for name, url in databases.items()}
    return System(folder, **urls, partitions=str(PARTITIONS), **more)


@pytest.fixture(params=["embedded", pytest.param("on_kafka", marks=pytest.mark.kafka)])
def system(request: pytest.FixtureRequest) -> System:
    found: System = request.getfixturevalue(request.param)
    return found


async def _schemas(dsn: str) -> set[str]:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(_SCHEMAS, [*SERVICES, BUS])
    finally:
        await connection.close()
    return {row["nspname"] for row in rows}


async def test_an_invoice_becomes_a_notice_across_four_databases(
    system: System, databases: dict[str, str]
) -> None:
    early = system.arrears("serve", "ledger")
    assert early.returncode == 1
    assert "arrears migrate" in early.stderr
    for part in databases:
        assert system.arrears("migrate", part).returncode == 0
    with system.running(*(f"serve {name}" for name in SERVICES)):
        send_an_overdue_invoice(system)
        assert f"To: {PHONE}" in notice(system)
    found = {name: await _schemas(dsn) for name, dsn in databases.items()}
    assert found == {name: {name} for name in databases}


def test_the_bus_of_services_apart_must_be_named() -> None:
    settings = Settings(database_url="postgresql://one", legal_database_url="postgresql://other")
    with pytest.raises(Misconfigured, match="ARREARS_LEGAL_DATABASE_URL") as refused:
        settings.bus_database()
    assert "ARREARS_BUS_DATABASE_URL" in str(refused.value)
    assert settings.database_of("legal") == "postgresql://other"
    assert settings.database_of("ledger") == "postgresql://one"


def test_a_simulation_leaves_every_database_alone_that_is_named() -> None:
    settings = Settings(
        database_url="a",
        ledger_database_url="b",
        dunning_database_url="c",
        notifier_database_url="d",
        legal_database_url="e",
        bus_database_url="f",
    ).without_databases()
    assert {settings.database_of(name) for name in SERVICES} == {None}
    assert settings.bus_database() is None
