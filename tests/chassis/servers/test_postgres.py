"""The embedded server keeps what was committed, whatever happens to its processes."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import asyncpg
import pytest

from chassis.errors import Misconfigured
from chassis.servers.postgres import EmbeddedPostgres, database_url, ensure_database
from chassis.servers.postgres_host import pid_file, servers_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


async def run(dsn: str, sql: str) -> str | None:
    connection = await asyncpg.connect(dsn)
    try:
        value = await connection.fetchval(sql)
        return None if value is None else str(value)
    finally:
        await connection.close()


async def write_one_row(dsn: str) -> None:
    await run(dsn, "CREATE TABLE kept (amount bigint)")
    await run(dsn, "INSERT INTO kept VALUES (128)")


def kill_user(user: EmbeddedPostgres) -> None:
    """What the kernel does when the process that uses the server is killed: its lock goes."""
    assert user._use is not None
    user._use.close()


async def kill_everything(user: EmbeddedPostgres) -> None:
    """`kill -9` of the user, the server and all its sessions, as the end of a container does."""
    kill_user(user)
    pgdata = user.data_dir / "pgdata"
    for pid in servers_of(pgdata):
        with contextlib.suppress(ProcessLookupError):  # one that ended with those before
            os.kill(pid, signal.SIGKILL)
    while servers_of(pgdata):
        await asyncio.sleep(0.01)


async def test_what_was_committed_is_there_after_a_restart(folder: Path) -> None:
    async with EmbeddedPostgres(folder) as dsn:
        await write_one_row(dsn)
    assert servers_of(folder / "pgdata") == set()
    async with EmbeddedPostgres(folder) as dsn:
        assert await run(dsn, "SELECT amount FROM kept") == "128"
        assert await run(dsn, "SHOW fsync") == "on"


async def test_what_was_committed_survives_kill_9_of_everything(folder: Path) -> None:
    killed = EmbeddedPostgres(folder)
    await write_one_row(await killed.start())
    await kill_everything(killed)
    assert pid_file(folder / "pgdata")[0] is not None
    async with EmbeddedPostgres(folder) as dsn:
        assert await run(dsn, "SELECT amount FROM kept") == "128"


async def test_a_pid_file_whose_number_belongs_to_a_stranger_does_no_harm(folder: Path) -> None:
    killed = EmbeddedPostgres(folder)
    await write_one_row(await killed.start())
    await kill_everything(killed)
    for name in ("pgdata/postmaster.pid", ".s.PGSQL.5432.lock"):
        stale = folder / name
        lines = stale.read_text().splitlines()
        stale.write_text("\n".join(["1", *lines[1:]]) + "\n")
    async with EmbeddedPostgres(folder) as dsn:
        assert await run(dsn, "SELECT amount FROM kept") == "128"


async def test_a_server_whose_starter_was_killed_is_found_and_stopped_by_the_last_user(
    folder: Path,
) -> None:
    starter = EmbeddedPostgres(folder)
    await starter.start()
    first = starter.pid
    kill_user(starter)
    async with EmbeddedPostgres(folder) as dsn:
        assert EmbeddedPostgres(folder).pid == first
        assert await run(dsn, "SELECT 1") == "1"
    assert servers_of(folder / "pgdata") == set()


async def test_two_users_of_a_folder_share_one_server_until_the_last_leaves(folder: Path) -> None:
    one, other = EmbeddedPostgres(folder), EmbeddedPostgres(folder)
    dsns = await asyncio.gather(one.start(), other.start())
    assert dsns[0] == dsns[1]
    assert one.pid == other.pid
    await one.stop()
    assert await run(dsns[1], "SELECT 1") == "1"
    await other.stop()
    assert servers_of(folder / "pgdata") == set()


async def test_a_folder_too_deep_for_a_socket_gets_a_short_one_elsewhere(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path / ("d" * 60) / ("e" * 60)) as dsn:
        assert await run(dsn, "SELECT 1") == "1"
        socket_dir = Path(dsn.partition("host=")[2])
        assert socket_dir.is_dir()
    assert not socket_dir.exists()


async def test_an_interrupted_initialisation_is_begun_again(folder: Path) -> None:
    (folder / "pgdata.new").mkdir(parents=True)
    (folder / "pgdata.new" / "PG_VERSION").write_text("18\n")
    async with EmbeddedPostgres(folder) as dsn:
        assert await run(dsn, "SELECT 1") == "1"


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match=r"file/store: cannot hold a database: Not a directory"):
        await EmbeddedPostgres(tmp_path / "file" / "store").start()


async def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    async with EmbeddedPostgres(folder):
        pass
    (folder / "pgdata" / "PG_VERSION").write_text("9\n")
    with pytest.raises(Misconfigured, match=r"(?s)did not start.*server\.log"):
        await EmbeddedPostgres(folder).start()


async def test_a_database_is_created_once_and_found_again(postgres_dsn: str) -> None:
    urls = await asyncio.gather(*(ensure_database(postgres_dsn, 'say "so"') for _ in range(3)))
    assert set(urls) == {database_url(postgres_dsn, 'say "so"')}
    assert await run(urls[0], "SELECT current_database()") == 'say "so"'


@pytest.mark.parametrize("turn", [1, 2])
async def test_every_test_has_an_empty_database_of_its_own(
    database: str, postgres_dsn: str, turn: int
) -> None:
    assert await run(database, "SELECT to_regclass('kept')") is None
    await write_one_row(database)
    await run(database, f"CREATE SCHEMA turn_{turn}")
    assert await run(postgres_dsn, "SELECT to_regclass('kept')") is None
    left_open = await asyncpg.connect(database)
    assert await left_open.fetchval("SELECT 1") == 1
    left_open.terminate()
