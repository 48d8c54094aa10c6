"""What is derived from the events, built again: F13."""

import asyncio
import hashlib
import sys
import time
from typing import Any

from tests.faults.invariants import Replay
from tests.faults.observed import TOPICS
from tests.faults.processes import ROOT, SERVICES
from tests.faults.running import Fault, Running
from tests.faults.watching import end_offsets

_ARREARS = [sys.executable, "-c", "from arrears.cli import main; main()", "replay"]
_TABLES = """
select tablename from pg_tables
where schemaname = $1 and (tablename like 'view\\_%' or tablename = 'state')
  and tablename <> 'view_cursors' order by 1"""
_HASH_SEEDS = (1, 2)
_EVENTS = "select count(*) from {s}.events"
_ROWS = "select t::text from {s}.{table} t"


async def _replayed(run: Running, service: str, hash_seed: int) -> int:
    """`arrears replay`, a process whose sets are in an order of their own; how it ended."""
    found = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(hash_seed)}
    began = time.monotonic()
    with (run.system.folder / "replay.log").open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *_ARREARS,
            service,
            env=run.system.environment(service, f"{service}-replay") | found,
            stdout=file,
            stderr=file,
        )
        status = await process.wait()
    run.run.replay_seconds += time.monotonic() - began
    async with run.connected() as connection:
        run.run.replayed += await connection.fetchval(_EVENTS.format(s=service))
    return status


async def _digest(connection: Any, service: str) -> dict[str, str]:
    """What each derived table holds, whatever the order of its rows."""
    found = {}
    for (table,) in await connection.fetch(_TABLES, service):
        rows = await connection.fetch(_ROWS.format(s=service, table=table))
        text = "\n".join(sorted(row for (row,) in rows))
        found[table] = hashlib.sha256(text.encode()).hexdigest()
    return found


def rebuilt(service: str) -> Fault:
    """While it works, and twice when nothing happens: then nothing may come out different, in
    whatever order a process has its sets, and nothing is published.
    """

    async def act(run: Running) -> None:
        async with run.traffic():
            status = await _replayed(run, service, 0)
            assert status == 0, f"it ended with {status}: see replay.log"
        await run.drain()
        for hash_seed in _HASH_SEEDS:
            before, at = await _found(run, service)
            status = await _replayed(run, service, hash_seed)
            after, then = await _found(run, service)
            replay = Replay(service, hash_seed, status, before, after, then - at)
            run.run.replays.append(replay)

    return Fault("F13", f"{service} rebuilt from its events", act)


async def _found(run: Running, service: str) -> tuple[dict[str, str], int]:
    """What is derived, and how much was ever published."""
    ends = await end_offsets(run.system.broker.bootstrap, TOPICS)
    async with run.connected() as connection:
        return await _digest(connection, service), sum(ends.values())


FAULTS = tuple(rebuilt(service) for service in SERVICES)
