"""The store on the server of a simulation and on the one of production, which must survive being
killed.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis.servers.postgres import EmbeddedPostgres
from chassis.servers.postgres_host import servers_of
from tests.chassis.store.suite import StoreConformance, load, open_stores, write


class TestSimulation(StoreConformance):
    """fsync off: whatever a crash of the machine would lose, its rules are the same."""

    @pytest.fixture
    def dsn(self, database: str) -> str:
        return database


class TestDurable(StoreConformance):
    """The default of `arrears up`."""

    @pytest.fixture
    async def server(self, tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
        server = EmbeddedPostgres(tmp_path / "store")
        yield server
        await server.stop()

    @pytest.fixture
    async def dsn(self, server: EmbeddedPostgres) -> str:
        return await server.start()

    async def test_what_was_committed_survives_a_kill_of_the_server(
        self, server: EmbeddedPostgres, tmp_path: Path
    ) -> None:
        store = (await open_stores(await server.start()))["locked"]
        await write(store, "account-acme/one")
        store.pool.terminate()
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        while servers_of(tmp_path / "store" / "pgdata"):
            await asyncio.sleep(0.05)
        again = EmbeddedPostgres(tmp_path / "store")
        store = (await open_stores(await again.start()))["locked"]
        work = await load(store, ["account-acme/one"])
        assert work.version("account-acme/one") == 1
        await store.pool.close()
        await again.stop()
