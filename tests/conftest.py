"""Real servers for the tests that need them: one PostgreSQL and one Kafka per session.

With `-n 2` every worker is a session, and has its own.

Without Java or Maven the tests marked `kafka` are skipped and the last lines say so; with `CI=true`
nothing may be skipped.
"""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from chassis.servers.kafka import LocalKafka, available
from chassis.servers.postgres import EmbeddedPostgres, database_url
from tests.support import transports
from tests.support.databases import execute
from tests.support.missing import IN_CI, give_up
from tests.support.workers import turn_of

# A broker is there in half the time when Java does not optimise what will not run for long.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
transports.watch()
_MOMENTS = 100
_numbers = itertools.count(1)
_left: list[str] = []
_SESSIONS = """
SELECT coalesce(array_agg(application_name || ': ' || query), '{}') FROM pg_stat_activity
WHERE datname = $1 AND backend_type = 'client backend'"""
_END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"
_EMPTY = r"""
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT nspname FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
  LOOP EXECUTE format('DROP SCHEMA %I CASCADE', name); END LOOP;
  CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO public;
  GRANT USAGE ON LANGUAGE plpgsql, sql TO public;  -- `arrears roles --owners` takes it
END $$"""


@pytest.fixture(scope="session")
def migrations() -> Iterator[None]:
    """Schemas of one kind are migrated once, and then laid out alike."""
    from tests.support.layouts import remembered  # Alembic takes long to load

    with remembered():
        yield


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_dsn(
    migrations: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[str]:
    """The DSN of the session's server, which forgets: no test may rely on its durability."""
    folder = tmp_path_factory.mktemp("postgres")
    async with EmbeddedPostgres(folder, durable=False) as dsn:
        yield dsn


@pytest_asyncio.fixture
async def database(postgres_dsn: str) -> AsyncIterator[str]:
    """The DSN of an empty database that this test alone uses.

    One that an earlier test has left is emptied and used again: a new one takes far longer.
    """
    name = _left.pop() if _left else await _create(postgres_dsn)
    dsn = database_url(postgres_dsn, name)
    yield dsn
    left = await _end_sessions(postgres_dsn, name)
    await execute(dsn, _EMPTY)
    _left.append(name)
    if left:
        pytest.fail(f"the test left sessions open: {left}")


async def _end_sessions(dsn: str, name: str) -> list[str]:
    """End what a test has left open, and name it: somewhere the garbage collector would find it,
    and fail a test that knows nothing of it. A session that was closed takes a moment to end.
    """
    connection = await asyncpg.connect(dsn)
    try:
        left: list[str] = await connection.fetchval(_SESSIONS, name)
        for _ in range(_MOMENTS):
            if not left:
                return []
            await asyncio.sleep(0.1)
            left = await connection.fetchval(_SESSIONS, name)
        await connection.execute(_END_SESSIONS, name)
        return left
    finally:
        await connection.close()


async def _create(dsn: str) -> str:
    name = f"test_{next(_numbers)}"
    await execute(dsn, f"CREATE DATABASE {name}")
    return name


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """host:port of the session's broker; topics are not created by themselves."""
    reason = available()
    if reason is not None:
        give_up(f"no Kafka here: {reason}")
    async with LocalKafka(tmp_path_factory.mktemp("kafka")) as bootstrap:
        yield bootstrap


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whoever asks for the broker is marked: `-m "not kafka"` is the quick half."""
    for item in items:
        if "kafka_bootstrap" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kafka)
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: turn_of(item.nodeid))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """A test that leaves a connection open fails itself, and not whoever comes later."""
    yield
    if left := transports.taken():
        pytest.fail(f"the test left connections open: {left}")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.support.scheduling import Pieces

    return Pieces.in_our_order(config, log)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = sorted({_reason(report) for report in skipped})
    if reasons:
        verdict = ", which fails in CI" if IN_CI else ""
        terminalreporter.write_line(f"Skipped: {len(skipped)}{verdict} ({'; '.join(reasons)})")


def _reason(report: Any) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return str(text).removeprefix("Skipped: ")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a test that was not run is a test that failed."""
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    if IN_CI and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
