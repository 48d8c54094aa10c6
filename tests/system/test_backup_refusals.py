"""What a restore refuses, and what it says: before it has changed anything."""

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from arrears.backup import manifest
from arrears.backup.checking import checked
from arrears.backup.filling import fill
from arrears.backup.making import make
from arrears.backup.restoring import restore
from arrears.databases import Databases
from arrears.stack import open_stack
from chassis.bus.embedded_schema import lay_out
from chassis.clock import SimulatedClock
from chassis.errors import Misconfigured
from chassis.servers.postgres import database_url, ensure_database
from chassis.settings import SERVICES, Settings
from tests.support.machine import KEK, Upstream, publish

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
LOST, EMPTY = "refusals_lost", "refusals_empty"


def _settings(dsn: str, folder: Path, **given: str) -> Settings:
    values = {"database_url": dsn, "data_dir": folder, "partitions": "2", "kek": KEK, **given}
    return Settings.model_validate(values)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def made(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """A backup of a system that has heard of one debtor."""
    await ensure_database(postgres_dsn, LOST)
    folder = tmp_path_factory.mktemp("backups")
    settings = _settings(database_url(postgres_dsn, LOST), folder)
    async with open_stack(settings) as stack:
        await publish(stack.bus, Upstream(SimulatedClock(NOW)).opened("A-1", 100))
        await stack.services["ledger"].step()
        await make(settings, folder / "whole")
    yield folder / "whole"
    await _drop(postgres_dsn, LOST)


@pytest.fixture
async def empty(postgres_dsn: str) -> AsyncIterator[str]:
    await ensure_database(postgres_dsn, EMPTY)
    yield database_url(postgres_dsn, EMPTY)
    await _drop(postgres_dsn, EMPTY)


async def _drop(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def test_a_backup_is_whole(made: Path) -> None:
    assert set(checked(made).services) == set(SERVICES)


def test_a_file_that_was_cut_off_is_named(copy: Path) -> None:
    file = copy / "ledger" / "events.gz"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(Misconfigured, match=r"ledger/events\.gz has \d+ bytes, it was written"):
        checked(copy)


def test_a_file_that_was_changed_is_named(copy: Path) -> None:
    file = copy / "legal" / "store_meta.gz"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"legal/store_meta\.gz is not as it was written"):
        checked(copy)


def test_a_file_that_is_missing_is_named(copy: Path) -> None:
    (copy / "notifier" / "state.gz").unlink()
    with pytest.raises(Misconfigured, match=r"notifier/state\.gz of the backup: No such file"):
        checked(copy)


def test_a_backup_that_was_not_finished_is_none(copy: Path) -> None:
    (copy / manifest.NAME).unlink()
    with pytest.raises(Misconfigured, match="is no backup, or one that was not finished"):
        checked(copy)


def test_a_manifest_that_was_cut_off_is_named(copy: Path) -> None:
    file = copy / manifest.NAME
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(Misconfigured, match=r"manifest\.json cannot be read"):
        checked(copy)


def test_a_backup_of_another_format_is_said_to_be_one(copy: Path) -> None:
    file = copy / manifest.NAME
    file.write_bytes(file.read_bytes().replace(b'"format": 1', b'"format": 9'))
    with pytest.raises(Misconfigured, match="is of format 9, this version reads 1"):
        checked(copy)


async def test_a_backup_of_a_later_version_is_refused(copy: Path, empty: str) -> None:
    file = copy / manifest.NAME
    file.write_bytes(file.read_bytes().replace(b'"dunning_0', b'"dunning_9'))
    with pytest.raises(Misconfigured, match="dunning store this version does not know"):
        await restore(_settings(empty, copy), copy)


async def test_another_key_is_refused_before_anything_is_made(made: Path, empty: str) -> None:
    other = base64.b64encode(bytes(32)).decode()
    with pytest.raises(Misconfigured, match="is not the one the backup of ledger is sealed with"):
        await restore(_settings(empty, made, kek=other), made)
    assert await _schemas(empty) == set()


async def test_a_missing_key_is_refused_and_none_is_made(
    made: Path, empty: str, tmp_path: Path
) -> None:
    settings = _settings(empty, tmp_path).model_copy(update={"kek": None})
    with pytest.raises(Misconfigured, match="there is no key-encryption key"):
        await restore(settings, made)
    assert not settings.kek_file.exists()


async def test_another_number_of_partitions_is_refused(made: Path, empty: str) -> None:
    with pytest.raises(Misconfigured, match="set ARREARS_PARTITIONS=2"):
        await restore(_settings(empty, made, partitions="3"), made)


async def test_a_store_with_data_is_left_alone(
    made: Path, postgres_dsn: str, tmp_path: Path
) -> None:
    settings = _settings(database_url(postgres_dsn, LOST), tmp_path)
    with pytest.raises(Misconfigured, match="there is a store of ledger already, with data"):
        await restore(settings, made)


async def test_a_backup_does_not_overwrite(made: Path, postgres_dsn: str, tmp_path: Path) -> None:
    settings = _settings(database_url(postgres_dsn, LOST), tmp_path)
    with pytest.raises(Misconfigured, match="is there already and not empty"):
        await make(settings, made)


async def test_where_no_store_is_there_is_nothing_to_back_up(empty: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="there is no store of ledger, dunning"):
        await make(_settings(empty, tmp_path), tmp_path / "none")
    assert list(tmp_path.glob("*none*")) == []


async def test_a_bus_that_is_not_the_one_of_the_stores_is_not_backed_up(
    empty: str, tmp_path: Path
) -> None:
    settings = _settings(empty, tmp_path)
    async with open_stack(settings):
        pass
    connection = await asyncpg.connect(empty)
    await connection.execute("drop schema bus cascade")
    await connection.close()
    await lay_out(empty)
    with pytest.raises(Misconfigured, match="is not the one these stores were filled from"):
        await make(settings, tmp_path / "none")
    assert not (tmp_path / "none").exists()


async def test_a_store_whose_restore_was_interrupted_starts_nothing(
    made: Path, empty: str, tmp_path: Path
) -> None:
    settings = _settings(empty, tmp_path)
    databases = Databases(dict.fromkeys(SERVICES, empty), empty)
    await fill(settings, databases, made, checked(made), new_bus=False)
    async with open_stack(settings) as stack:
        with pytest.raises(Misconfigured, match="let `arrears restore` come to its end"):
            await stack.start()

    await restore(settings, made)
    async with open_stack(settings) as stack:
        await stack.start()
        await asyncio.sleep(0)


async def _schemas(dsn: str) -> set[str]:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("select nspname from pg_namespace")
    finally:
        await connection.close()
    return {row["nspname"] for row in rows} & {*SERVICES}
