"""The services and the providers as processes of their own, and how they are treated."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx

from tests.faults.clock import ShiftedClock
from tests.faults.invariants import Sample
from tests.faults.servers import resident_bytes
from tests.faults.service import FORKS, serve

ROOT = Path(__file__).parents[2]
SERVICES = ("ledger", "dunning", "notifier", "legal")
READY_SECONDS_MAX = 240.0
_STOP_SECONDS_MAX = 60.0


class Process:
    """One instance of a service, or the providers; started again it is another process.

    While it is `wanted`, whoever watches over processes starts it again when it ended.
    """

    def __init__(self, name: str, log: Path, body: Callable[..., None], *values: Any) -> None:
        self.name = name
        self.log = log
        self.wanted = True
        self.starts = 0
        self._body, self._values = body, values
        self._process: BaseProcess | None = None

    def start(self) -> None:
        """Begin; `ready` says when it answers."""
        self.starts += 1
        self._process = FORKS.Process(target=self._body, args=self._values, name=self.name)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.is_alive()

    @property
    def exit_code(self) -> int | None:
        """With what it ended; below zero for a signal."""
        return None if self._process is None else self._process.exitcode

    @property
    def resident_bytes(self) -> int:
        return resident_bytes(self.pid)

    @property
    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def signal(self, number: signal.Signals) -> None:
        if self.is_running:
            os.kill(self.pid, number)

    async def ended(self, seconds: float = _STOP_SECONDS_MAX) -> None:
        """Wait until the process that runs now is over; raises TimeoutError.

        Whoever watches over processes may have started the next one before this one is looked at.
        """
        process = self._process
        deadline = time.monotonic() + seconds
        while process is not None and process.is_alive():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} still runs after {seconds:.0f} s")
            await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """As a machine that fails does."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def stop(self) -> None:
        """As a deployment does; a process that does not end is killed."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            await self.ended()
        except TimeoutError:
            await self.kill()

    def run_again(self) -> None:
        """Start it where it does not run and should."""
        if self.wanted and not self.is_running:
            self.start()


class Service(Process):
    """A process of a service: with a port, a clock of its own, and a trap."""

    def __init__(
        self, service: str, name: str, folder: Path, port: int, settings: dict[str, str]
    ) -> None:
        files = [folder / f"{name}.{kind}" for kind in ("log", "clock", "trap")]
        super().__init__(name, files[0], serve, service, settings, *files)
        self.port = port
        self._operations_port = int(settings[f"ARREARS_{service.upper()}_OPERATIONS_PORT"])
        self.settings = settings
        self.clock_file = files[1]
        self.clock = ShiftedClock(files[1])
        self.trap = files[2]

    @property
    def sample(self) -> Sample:
        """What it holds now."""
        said = self.trap.with_suffix(".tasks").read_text()
        return Sample(self.resident_bytes, int(said or 0), self.open_files)

    async def is_ready(self) -> bool:
        try:
            async with httpx.AsyncClient(timeout=5) as client:
                answer = await client.get(f"http://127.0.0.1:{self.port}/readyz")
        except httpx.HTTPError:
            return False
        return answer.is_success

    async def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        async with httpx.AsyncClient(timeout=30) as client:
            answer = await client.get(f"http://127.0.0.1:{self._operations_port}/metrics")
        lines = [line for line in answer.text.splitlines() if line.startswith(f"{name}{{")]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    async def ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not await self.is_ready():
            assert time.monotonic() < deadline, f"{self.name} is not ready: see {self.log}"
            await asyncio.sleep(0.15)
