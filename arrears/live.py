"""All four services live in one process, each behind its own HTTP server."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

import uvicorn

from arrears.stack import Stack, open_bus, open_stack, open_store
from chassis.clock import WallClock
from chassis.errors import BrokenInvariant, Misconfigured
from chassis.http import dev_keys
from chassis.runtime.instance import Instance
from chassis.settings import SERVICES, ServiceName, Settings

_POLL_SECONDS = 0.02
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
    with listening(settings) as sockets:
        async with (
            open_store(settings) as dsn,
            open_bus(settings, dsn) as bus,
            open_stack(settings, clock=WallClock(), bus=bus, dsn=dsn) as stack,
        ):
            for service in stack.services.values():
                await service.start()
            async with serving(stack, sockets):
                ready(settings)
                await stop.wait()


@contextlib.contextmanager
def listening(settings: Settings) -> Iterator[dict[ServiceName, socket.socket]]:
    """Take the ports before anything is started; raises Misconfigured for one that is taken."""
    with contextlib.ExitStack() as exits:
        sockets: dict[ServiceName, socket.socket] = {}
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        for name in SERVICES:
            address = (settings.host, settings.port(name))
            try:
                sockets[name] = exits.enter_context(socket.create_server(address, family=family))
            except OSError as error:
                raise Misconfigured(
                    f"port {address[1]} on {address[0]} cannot be used: {error.strerror}"
                ) from error
        yield sockets


@contextlib.asynccontextmanager
async def serving(
    stack: Stack, sockets: Mapping[ServiceName, socket.socket]
) -> AsyncIterator[None]:
    """Serve the four APIs on their sockets for as long as the context lasts."""
    servers = {name: _server(service) for name, service in stack.services.items()}
    tasks = [
        asyncio.create_task(server.serve(sockets=[sockets[name]]))
        for name, server in servers.items()
    ]
    try:
        while not all(server.started for server in servers.values()):
            if any(task.done() for task in tasks):
                raise BrokenInvariant("an HTTP server ended while it was starting")
            await asyncio.sleep(_POLL_SECONDS)
        yield
    finally:
        for server in servers.values():
            server.should_exit = True
        await asyncio.gather(*tasks, return_exceptions=True)


def _server(service: Instance) -> _Server:
    return _Server(
        uvicorn.Config(
            service.app,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=10,
        )
    )
