"""What is derived from the events, built again: F13."""

import asyncio
import hashlib
import sys
from pathlib import Path
from typing import Any

from tests.faults.observed import TOPICS
from tests.faults.processes import ROOT, SERVICES
from tests.faults.running import Fault, Running
from tests.faults.watching import end_offsets

_ARREARS = [sys.executable, "-c", "from arrears.cli import main; main()", "replay"]
_TABLES = """
select tablename from pg_tables
where schemaname = $1 and (tablename like 'view\\_%' or tablename = 'state')
  and tablename <> 'view_cursors' order by 1"""
_ROWS = "select t::text from {s}.{table} t"


async def _replay(run: Running, service: str) -> None:
    """`arrears replay`, a process with another hash seed than the services'."""
    log: Path = run.system.folder / "replay.log"
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *_ARREARS,
            service,
            env=run.system.environment(service, f"{service}-replay") | {"PYTHONPATH": str(ROOT)},
            stdout=file,
            stderr=file,
        )
        status = await process.wait()
    if status:
        run.run.replays.append(f"replay of {service} ended with {status}: see {log}")


async def _digest(connection: Any, service: str) -> dict[str, str]:
    """What each derived table holds, whatever the order of its rows."""
    found = {}
    for (table,) in await connection.fetch(_TABLES, service):
        rows = await connection.fetch(_ROWS.format(s=service, table=table))
        text = "\n".join(sorted(row for (row,) in rows))
        found[table] = hashlib.sha256(text.encode()).hexdigest()
    return found


def rebuilt(service: str) -> Fault:
    """While it works, and once more when nothing happens: then nothing may come out different."""

    async def act(run: Running) -> None:
        async with run.traffic():
            await _replay(run, service)
        await run.drain()
        async with run.connected() as connection:
            before = await _digest(connection, service)
        ends = await end_offsets(run.system.broker.bootstrap, list(TOPICS))
        await _replay(run, service)
        await run.drain()
        async with run.connected() as connection:
            after = await _digest(connection, service)
        for table in before:
            if before[table] != after.get(table):
                run.run.replays.append(f"{service}.{table} came out different")
        if ends != await end_offsets(run.system.broker.bootstrap, list(TOPICS)):
            run.run.replays.append(f"something was published while {service} was replayed")

    return Fault("F13", f"{service} rebuilt from its events", act)


FAULTS = tuple(rebuilt(service) for service in SERVICES)
