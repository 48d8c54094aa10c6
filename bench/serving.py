"""The four services as processes of their own, as `arrears serve` runs them."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from arrears.apis import Apis
from bench.meter import resident_mb
from chassis.http import dev_keys
from chassis.settings import SERVICES, ServiceName, Settings

_READY_SECONDS_MAX = 120.0
_STOP_SECONDS_MAX = 60.0
_ARREARS = str(Path(sys.executable).with_name("arrears"))
_SERVE = (_ARREARS, "serve")
_LAG = re.compile(r"^arrears_consumer_lag\{.*\} (\S+)$", re.MULTILINE)


@dataclass
class Serving:
    """The running processes, and a client of each."""

    settings: Settings
    processes: Mapping[ServiceName, asyncio.subprocess.Process]
    clients: Mapping[ServiceName, httpx.AsyncClient]
    operations_ports: Mapping[ServiceName, int]

    @property
    def apis(self) -> Apis:
        """The services as a client sees them."""
        return Apis(self.settings, self.clients)

    def resident_mb(self) -> dict[ServiceName, float]:
        """The memory of each; raises `RuntimeError` for one that has ended."""
        for name, process in self.processes.items():
            if process.returncode is not None:
                raise RuntimeError(f"{name} ended with status {process.returncode}")
        return {name: resident_mb(one.pid) for name, one in self.processes.items()}

    async def lag(self, name: ServiceName) -> int:
        """How many messages a service says it has yet to read."""
        url = f"http://127.0.0.1:{self.operations_ports[name]}/metrics"
        answer = await self.clients[name].get(url)
        return round(sum(map(float, _LAG.findall(answer.text))))

    async def require_nothing_parked(self) -> None:
        """Raise `RuntimeError` when something was set aside."""
        for name in self.processes:
            if (await self.apis.get(name, "/v1/dead-letters"))["items"]:
                raise RuntimeError(f"{name} has dead letters")

    async def ready(self) -> None:
        """Wait until all say that they are."""
        deadline = time.monotonic() + _READY_SECONDS_MAX
        for name, client in self.clients.items():
            while not await _is_ready(client):
                if time.monotonic() > deadline or self.processes[name].returncode is not None:
                    raise RuntimeError(f"{name} does not get ready")
                await asyncio.sleep(0.2)


@asynccontextmanager
async def serving(
    folder: Path,
    bootstrap: str,
    dsn: str,
    more: Mapping[str, str],
    serve: Sequence[str] = _SERVE,
) -> AsyncIterator[Serving]:
    """Run the services on a broker and a database, with `more` in their environment; `serve` and
    the name of one is the command that does.
    """
    dev_keys.ensure(folder)
    free = _free_ports(2 * len(SERVICES))
    ports = dict(zip(SERVICES, free, strict=False))
    watched = dict(zip(SERVICES, free[len(SERVICES) :], strict=True))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ARREARS_")},
        "ARREARS_DATA_DIR": str(folder),
        "ARREARS_DATABASE_URL": dsn,
        "ARREARS_BUS": "kafka",
        "ARREARS_KAFKA_BOOTSTRAP": bootstrap,
        "ARREARS_LOG_LEVEL": "warning",
        **{f"ARREARS_{name.upper()}_PORT": str(port) for name, port in ports.items()},
        **{f"ARREARS_{name.upper()}_OPERATIONS_PORT": str(port) for name, port in watched.items()},
        **more,
    }
    await _ended(await _start(environment, _ARREARS, "migrate"))
    settings = Settings(data_dir=folder)
    async with contextlib.AsyncExitStack() as exits:
        clients: dict[ServiceName, httpx.AsyncClient] = {}
        for name, port in ports.items():
            client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30.0)
            clients[name] = await exits.enter_async_context(client)
        processes: dict[ServiceName, asyncio.subprocess.Process] = {}
        exits.push_async_callback(_stop, processes)
        for name in SERVICES:
            processes[name] = await _start(environment, *serve, name)
        found = Serving(settings, processes, clients, watched)
        await found.ready()
        yield found


async def _start(environment: Mapping[str, str], *words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *words, env=environment, stdout=asyncio.subprocess.DEVNULL
    )


async def _ended(process: asyncio.subprocess.Process) -> None:
    if await process.wait():
        raise RuntimeError(f"a command ended with status {process.returncode}")


async def _stop(processes: Mapping[ServiceName, asyncio.subprocess.Process]) -> None:
    running = [one for one in processes.values() if one.returncode is None]
    for one in running:
        one.send_signal(signal.SIGTERM)
    for one in running:
        try:
            await asyncio.wait_for(one.wait(), _STOP_SECONDS_MAX)
        except TimeoutError:
            one.kill()
            await one.wait()


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as exits:
        sockets = [exits.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
