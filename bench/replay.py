"""`replay_ratio_<service>`: how fast a service's states are folded anew from its events, beside the
bare pipe, while the four services work on new messages.

Some lives (`bench/lives.py`) go through the services on a simulated clock; what they stored is then
copied to further creditors, until there is enough to be measured. States and views of the copies
are made by a first replay; a figure counts only if the measured one, which works in a process of
its own, finds every row as it was. `replay_views_<service>_events_per_s` is what all views of a
service take together, from its events on.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from arrears.databases import DATABASE
from arrears.stack import Stack, open_stack
from arrears.world import open_world
from bench import disk, replayer, sides
from bench.beside import PipeBeside
from bench.events import Load
from bench.lives import CREDITOR, LAST_DAY, Life, message
from bench.meter import Usage
from bench.sides import Side
from chassis.servers.kafka import LocalKafka
from chassis.servers.postgres import EmbeddedPostgres, database_url
from chassis.settings import SERVICES, ServiceName, Settings

LIVES = 100
COPIES = 70
DAYS = 2
REST_DAYS = 30
ROUNDS = 2
LIVES_PER_SECOND = 2.0
"""Of new accounts, of each of which all is told at once."""
_LOOK_SECONDS = 0.5
_PARTS = ("states", "views")
_COPY = r"""
insert into events (lane, stream, version, type, at, cause, data)
select lane, regexp_replace(stream, '^([a-z]+-)' || $1::text, '\1' || $2::text),
  version, type, at, cause, data
from events where position <= $3 order by position"""
_LAST = "select max(position) from events"
_PUBLISHED = """
update relay set position = last.position
from (select lane, max(position) as position from events group by lane) last
where last.lane = relay.lane"""

Runs = dict[tuple[ServiceName, str], list[Usage]]
"""By service and part."""


async def measure(
    number: int = LIVES, copies: int = COPIES, rounds: int = ROUNDS, load: Load | None = None
) -> dict[str, float]:
    """The figures of every service."""
    runs: Runs = {(name, part): [] for name in SERVICES for part in _PARTS}
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as name:
        folder = Path(name)
        server = EmbeddedPostgres(folder / "postgres")
        async with LocalKafka(folder / "kafka") as bootstrap, server as dsn:
            if server.pid is None:
                raise RuntimeError("PostgreSQL ended")
            await populate(folder, number, copies)
            pipe = PipeBeside(bootstrap, dsn, server.pid, load or Load(events=200_000))
            await pipe.fill()
            settings = replayer.settings_for(
                folder, database_url(dsn, DATABASE), Settings().partitions
            )
            async with open_stack(settings) as stack:
                await stack.start()
                for _ in range(rounds):
                    await pipe.run(1)
                    await _replay_all(settings, server.pid, stack, runs)
    return figures(runs, pipe.usages)


async def populate(folder: Path, number: int, copies: int) -> None:
    """Let some lives pass, copy what is stored of them, and make states and views of the copies."""
    settings = Settings(bus="embedded")
    async with open_world(settings, folder) as world:
        await disk.begin(world)
        await disk.live(world, number, DAYS, REST_DAYS)
        await disk.require_lived(world, number)
        for service in world.stack.services.values():
            last = await service.pool.fetchval(_LAST)
            for copy in range(copies):
                await service.pool.execute(_COPY, CREDITOR, f"{CREDITOR}{copy}", last)
            await service.pool.execute(_PUBLISHED)
            await service.rebuild(lambda _done, _total: None)


async def _replay_all(settings: Settings, server_pid: int, stack: Stack, runs: Runs) -> None:
    """Replay each part of each service once, while new lives pass."""
    traffic = Traffic(stack)
    task = asyncio.create_task(traffic.run())
    for (name, part), usages in runs.items():
        usages.append(await sides.run(_side(settings, name, part), server_pid))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await traffic.require_done()


def _side(settings: Settings, name: str, part: str) -> Side:
    arguments = (settings.data_dir, settings.database_url, settings.partitions, name, part)
    command = [sys.executable, "-m", "bench.replayer", *map(str, arguments)]
    return Side([command], sides.at_once, sides.at_once)


@dataclass
class Traffic:
    """New lives of the creditor who is not copied, one after the other."""

    stack: Stack
    number: int = 0

    async def run(self) -> None:
        """Tell of them until cancelled."""
        first = time.time_ns() // 10**9  # numbers nobody had before
        begins_on = datetime.now(UTC).date() - timedelta(days=LAST_DAY)
        while True:
            life = Life(first + self.number, begins_on)
            self.number += 1
            told = [message(event, self.stack.bus.partitions) for _, event in life.events()]
            await self.stack.bus.publish(told)
            await asyncio.sleep(1 / LIVES_PER_SECOND)

    async def require_done(self) -> None:
        """Wait until the services have read all that is on the bus; raises when something of it was
        set aside.
        """
        for name, service in self.stack.services.items():
            while service.reading.behind(await service.reading.ends()):
                service.check()
                await asyncio.sleep(_LOOK_SECONDS)
            if parked := await service.pool.fetchval("select count(*) from dead_letters"):
                raise RuntimeError(f"{parked} dead letters of {name}")


def figures(runs: Runs, pipe: Sequence[Usage]) -> dict[str, float]:
    """The medians of each service and part, those of the states divided by the pipe's."""
    rate = statistics.median(one.events_per_second for one in pipe)
    found: dict[str, float] = {}
    for (name, part), usages in runs.items():
        speed = statistics.median(one.events_per_second for one in usages)
        if part == "states":
            found[f"replay_ratio_{name}"] = round(speed / rate, 3)
        prefix = f"replay_{part}_{name}"
        found[f"{prefix}_events_per_s"] = round(speed)
        found[f"{prefix}_cpu_us_per_event"] = round(
            statistics.median(one.client_cpu_us + one.server_cpu_us for one in usages), 2
        )
    found["bare_pipe_beside_events_per_s"] = round(rate)
    return found
