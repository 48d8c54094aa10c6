"""All four services live in one process, each behind its own HTTP server."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Iterator

import uvicorn

from arrears.stack import Stack, open_bus, open_stack, open_store
from chassis.clock import WallClock
from chassis.errors import Misconfigured
from chassis.garbage import spare_collections
from chassis.http import dev_keys
from chassis.settings import Settings

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Server(uvicorn.Server):
    """A server that leaves the signals to the process: four of them share it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run(settings: Settings, ready: Callable[[Settings], None]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is called once all four answer.

    Requests first, then the services, the bus and the store: what was accepted is finished.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    if settings.jwks_url is None and settings.jwks_file is None:
        dev_keys.ensure(settings.data_dir)
    async with (
        open_store(settings) as dsn,
        open_bus(settings, dsn) as bus,
        open_stack(settings, clock=WallClock(), bus=bus, dsn=dsn) as stack,
    ):
        for service in stack.services.values():
            await service.start()
        spare_collections()
        async with _serving(stack):
            ready(settings)
            await stop.wait()


@contextlib.asynccontextmanager
async def _serving(stack: Stack) -> AsyncIterator[None]:
    servers = [_server(stack, name) for name in stack.services]
    tasks = [asyncio.create_task(server.serve()) for server in servers]
    try:
        await _all_started(servers, tasks)
        yield
    finally:
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*tasks, return_exceptions=True)


def _server(stack: Stack, name: str) -> _Server:
    settings = stack.settings
    service = next(each for each in stack.services.values() if each.name == name)
    return _Server(
        uvicorn.Config(
            service.app,
            host=settings.host,
            port=settings.port(name),
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=10,
        )
    )


async def _all_started(servers: "list[_Server]", tasks: "list[asyncio.Task[None]]") -> None:
    while not all(server.started for server in servers):
        for server, task in zip(servers, tasks, strict=True):
            if task.done():
                raise Misconfigured(
                    f"port {server.config.port} on {server.config.host} cannot be used"
                )
        await asyncio.sleep(0.02)
