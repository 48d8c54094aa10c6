"""The bare pipe beside another measurement, on the servers that it uses: what others are divided
by.
"""

import sys
from dataclasses import dataclass, field

from bench import pipe, sides
from bench.events import Load
from bench.ingest import administer, publish
from bench.meter import Usage
from bench.sides import Side
from chassis.servers.postgres import ensure_database

_TOPIC = "bare-pipe"


@dataclass
class PipeBeside:
    """Runs the pipe again and again over one topic of its own."""

    bootstrap: str
    dsn: str
    server_pid: int
    load: Load
    usages: list[Usage] = field(default_factory=list)
    """What each run used."""

    async def fill(self) -> None:
        """Create its topic and fill it."""
        await publish(self.bootstrap, self.load, _TOPIC)

    async def run(self, times: int) -> None:
        """Run it so many times, each from an empty database."""
        for _ in range(times):
            await self._run()

    async def _run(self) -> None:
        name = f"bare_pipe_{len(self.usages)}"
        dsn = await ensure_database(self.dsn, name)
        await administer(self.dsn, "CHECKPOINT")  # it pays for nothing that others wrote
        partitions = range(self.load.partitions)
        command = [sys.executable, "-m", "bench.pipe", self.bootstrap, _TOPIC, dsn]

        async def before() -> None:
            await pipe.prepare(dsn, _TOPIC, len(partitions))

        async def after() -> None:
            await pipe.require_complete(dsn, self.load.events)

        side = Side([[*command, *map(str, partitions)]], before, after)
        self.usages.append(await sides.run(side, self.server_pid))
        await administer(self.dsn, f"DROP DATABASE {name} WITH (FORCE)")
