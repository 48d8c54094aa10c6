"""`idle_transactions_per_second` and `idle_cpu_percent`: what the four services do when there is
nothing to do, in one process on the embedded store and bus, with default settings.

Transactions are the store's and the bus's alike, as PostgreSQL counts them; the processor's time is
that of this process and of all PostgreSQL processes together, in percent of one core.
"""

import asyncio
import tempfile
from pathlib import Path

from arrears.stack import Stack, open_stack
from bench.meter import Meter
from chassis import postgres
from chassis.http import dev_keys
from chassis.runtime.garbage import spare_collections
from chassis.servers.postgres import EmbeddedPostgres
from chassis.settings import Settings

SECONDS = 60
_SETTLE_SECONDS = 15
_FLUSH_SECONDS = 2  # a session reports its counts no more often than once a second
_TRANSACTIONS = "select sum(xact_commit + xact_rollback) from pg_stat_database"


async def measure(seconds: int = SECONDS) -> dict[str, float]:
    """Both figures over so many seconds."""
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as name:
        folder = Path(name)
        dev_keys.ensure(folder)
        server = EmbeddedPostgres(folder / "postgres")
        async with server as dsn:
            settings = Settings(data_dir=folder, bus="embedded").without_databases()
            settings = settings.model_copy(update={"database_url": dsn})
            async with open_stack(settings) as stack:
                return await _measure(stack, server, dsn, seconds)


async def _measure(
    stack: Stack, server: EmbeddedPostgres, dsn: str, seconds: int
) -> dict[str, float]:
    await stack.start()
    spare_collections()  # as `arrears up` does
    await asyncio.sleep(_SETTLE_SECONDS)
    if server.pid is None:
        raise RuntimeError("the server of the store has no process")
    before, meter = await _transactions(dsn), Meter(server.pid)
    await asyncio.sleep(seconds)
    usage = meter.read(1)
    after = await _transactions(dsn)
    cpu = usage.client_cpu_seconds + usage.server_cpu_seconds
    return {
        "idle_transactions_per_second": round((after - before) / seconds, 1),
        "idle_cpu_percent": round(100 * cpu / usage.seconds, 1),
    }


async def _transactions(dsn: str) -> int:
    """How many there were so far, but for the one that asks."""
    await asyncio.sleep(_FLUSH_SECONDS)
    connection = await postgres.connect(dsn)
    try:
        return int(await connection.fetchval(_TRANSACTIONS))
    finally:
        await connection.close()
