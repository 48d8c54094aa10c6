"""The store on the server of a simulation and on the one of production, which must survive being
killed.
"""

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from chassis.servers.postgres import EmbeddedPostgres, ensure_database
from chassis.servers.postgres_host import servers_of
from tests.chassis.store.stores import open_stores
from tests.chassis.store.suite import WRITERS, StoreConformance, load, write

_numbers = itertools.count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def durable(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A server that forgets nothing, for all tests that do not stop it."""
    async with EmbeddedPostgres(tmp_path_factory.mktemp("durable")) as dsn:
        yield dsn


class TestSimulation(StoreConformance):
    """fsync off: whatever a crash of the machine would lose, its rules are the same."""

    @pytest.fixture
    def dsn(self, database: str) -> str:
        return database


class TestDurable(StoreConformance):
    """The default of `arrears up`."""

    @pytest.fixture
    async def dsn(self, durable: str) -> str:
        return await ensure_database(durable, f"store_{next(_numbers)}")

    @pytest.fixture
    async def server(self, tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
        """One of the test's own, to be killed."""
        server = EmbeddedPostgres(tmp_path / "store")
        yield server
        await server.stop()

    async def test_what_was_committed_survives_a_kill_of_the_server(
        self, server: EmbeddedPostgres, tmp_path: Path
    ) -> None:
        store = (await open_stores(await server.start(), WRITERS))["locked"]
        await write(store, "account-acme/one")
        store.pool.terminate()
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        while servers_of(tmp_path / "store" / "pgdata"):
            await asyncio.sleep(0.05)
        again = EmbeddedPostgres(tmp_path / "store")
        store = (await open_stores(await again.start(), WRITERS))["locked"]
        work = await load(store, ["account-acme/one"])
        assert work.version("account-acme/one") == 1
        await store.pool.close()
        await again.stop()
