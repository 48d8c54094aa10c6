"""Kafka and PostgreSQL that fail: F4, F5, F6 and F9."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator

import asyncpg

from tests.faults.processes import SERVICES
from tests.faults.running import Fault, Running

_HOT = "select 1 from {s}.state where stream = 'account-shanghai/hot' for update"
_TABLES = """
select tablename from pg_tables where schemaname = $1
  and (tablename in ('events', 'state', 'offsets', 'inbox', 'relay') or tablename like 'view\\_%')
order by tablename"""
_READ_ONLY = "alter system set default_transaction_read_only = on"
_WRITABLE = "alter system reset default_transaction_read_only"
_END_ALL = """
select pg_terminate_backend(pid) from pg_stat_activity
where application_name like 'arrears-%' and ($1 = '' or application_name like $1)"""


async def broker_restarted(run: Running) -> None:
    async with run.traffic():
        await asyncio.sleep(run.rng.uniform(0.2, 1.0))
        await run.system.broker.restart()


async def broker_killed(run: Running) -> None:
    async with run.traffic():
        await asyncio.sleep(run.rng.uniform(0.2, 1.0))
        os.kill(run.system.broker.pid, signal.SIGKILL)
        await run.system.broker.restart()


def broker_away(seconds: float) -> Fault:
    """Longer than any request waits, or than a client may be idle before it leaves its group."""

    async def act(run: Running) -> None:
        async with run.traffic():
            await run.system.broker.stop()
            await asyncio.sleep(seconds)
            await run.system.broker.restart()

    return Fault("F4", f"broker away for {seconds:.0f} s", act)


async def broker_restarted_twice(run: Running) -> None:
    """Again while clients are coming back."""
    async with run.traffic():
        await run.system.broker.restart()
        await asyncio.sleep(run.rng.uniform(0.1, 1.0))
        await run.system.broker.end()
        await run.system.broker.restart()


async def broker_disk_full(run: Running) -> None:
    """It shuts down by itself and will not start until there is room again."""
    broker = run.system.broker
    async with run.traffic(4):
        with broker.disk.full(lambda: [broker.pid]), contextlib.suppress(TimeoutError):
            await asyncio.wait_for(broker.wait(), 20)
        await broker.restart()


async def store_ended_at_once(run: Running) -> None:
    """What `pg_ctl stop -m immediate` does: no session may finish."""
    async with run.traffic():
        await asyncio.sleep(run.rng.uniform(0.2, 1.5))
        run.system.store.signal(signal.SIGQUIT)
        await asyncio.sleep(1)
        await run.system.store.come_back()


async def store_killed(run: Running) -> None:
    async with run.traffic():
        await asyncio.sleep(run.rng.uniform(0.2, 1.5))
        run.system.store.signal(signal.SIGKILL)
        await asyncio.sleep(1)
        await run.system.store.come_back()


async def store_away(run: Running) -> None:
    async with run.traffic():
        run.system.store.signal(signal.SIGINT)
        await asyncio.sleep(30)
        await run.system.store.come_back()


async def store_read_only(run: Running) -> None:
    """As after a failover to a standby; sessions that are open see it too."""
    async with run.connected() as connection:
        await connection.execute(_READ_ONLY)
        await connection.execute("select pg_reload_conf()")
        try:
            async with run.traffic():
                await asyncio.sleep(10)
        finally:
            await connection.execute(_WRITABLE)
            await connection.execute("select pg_reload_conf()")


async def store_disk_full(run: Running) -> None:
    store = run.system.store
    async with run.traffic(4):
        with store.disk.full(store.processes):
            await asyncio.sleep(15)
        await store.come_back()


async def sessions_ended(run: Running) -> None:
    """All at once, again and again."""
    async with run.traffic():
        for _ in range(5):
            async with run.connected() as connection:
                await connection.execute(_END_ALL, "")
            await asyncio.sleep(run.rng.uniform(0.2, 1.0))


async def one_session_killed(run: Running) -> None:
    """PostgreSQL then ends them all and recovers, since shared memory may be damaged."""
    async with run.traffic():
        await asyncio.sleep(run.rng.uniform(0.2, 1.0))
        async with run.connected() as connection:
            pid = await connection.fetchval(
                "select pid from pg_stat_activity where application_name like 'arrears-ledger-%'"
            )
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(2)
        await run.system.store.come_back()


async def pools_exhausted(run: Running) -> None:
    """Nearly every connection that the server gives is held by somebody else for half a minute."""
    held: list[asyncpg.Connection] = []
    try:
        async with run.traffic():
            async with run.connected() as connection:
                await connection.execute(_END_ALL, "")
            while len(held) < 200:
                try:
                    held.append(await asyncpg.connect(run.system.store.dsn, timeout=5))
                except (asyncpg.PostgresError, OSError):
                    break
            await asyncio.sleep(30)
    finally:
        for connection in held:
            await connection.close()


@contextlib.asynccontextmanager
async def _locked(run: Running) -> AsyncIterator[None]:
    async with run.connected() as connection, connection.transaction():
        for service in ("ledger", "dunning", "notifier"):
            await connection.fetch(_HOT.format(s=service))
        yield


async def hot_account_locked(run: Running) -> None:
    """Somebody at a console keeps the row of the busiest account, in a long transaction."""
    async with run.traffic(), _locked(run):
        await asyncio.sleep(25)


async def long_transaction(run: Running) -> None:
    """A report that somebody left open: it has seen all tables, and holds back what is cleared."""
    async with run.connected() as connection, connection.transaction(isolation="repeatable_read"):
        for service in SERVICES:
            await connection.fetch(f"select count(*) from {service}.events")  # noqa: S608
        async with run.traffic():
            await asyncio.sleep(25)


async def migrated(run: Running) -> None:
    """What an update does first: new columns in the tables in use, and an instance that starts."""
    system = run.system
    service = run.rng.choice(SERVICES)
    newer = system.instance(service, f"{service}-newer")
    async with run.traffic(), run.connected() as connection:
        tables = [row["tablename"] for row in await connection.fetch(_TABLES, service)]
        newer.start()
        try:
            for table in tables:
                await _altered(connection, f"{service}.{table} add column later_on text")
            await newer.ready()
            for table in tables:
                await _altered(connection, f"{service}.{table} drop column later_on")
        finally:
            await newer.stop()


async def _altered(connection: "asyncpg.Connection", what: str) -> None:
    """As migrations do: give up soon and try again, so that nobody queues behind the lock."""
    await connection.execute("set lock_timeout = '2s'")
    while True:
        with contextlib.suppress(asyncpg.LockNotAvailableError):
            await connection.execute(f"alter table {what}")
            return
        await asyncio.sleep(0.2)


LONG = (broker_away(360),)
"""Past the five minutes for which a client may be idle; tried once in a run of 20 minutes."""
FAULTS = (
    Fault("F4", "broker restarted", broker_restarted),
    Fault("F4", "broker killed", broker_killed),
    broker_away(45),
    Fault("F4", "broker restarted and killed while clients come back", broker_restarted_twice),
    Fault("F5", "PostgreSQL ended at once", store_ended_at_once),
    Fault("F5", "PostgreSQL killed", store_killed),
    Fault("F5", "PostgreSQL away for 30 s", store_away),
    Fault("F5", "PostgreSQL read-only", store_read_only),
    Fault("F5", "all sessions ended, five times", sessions_ended),
    Fault("F5", "one session killed", one_session_killed),
    Fault("F6", "no connection left for 30 s", pools_exhausted),
    Fault("F6", "busiest account locked for 25 s", hot_account_locked),
    Fault("F6", "transaction idle for 25 s", long_transaction),
    Fault("F6", "columns added and migrations run again under load", migrated),
    Fault("F9", "broker's disk full", broker_disk_full),
    Fault("F9", "PostgreSQL's disk full", store_disk_full),
)
