"""Services live in this process, each behind its own HTTP server: all four, or some of them."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence

import uvicorn
from fastapi import FastAPI

from arrears.stack import Stack, open_stack
from chassis.clock import Clock
from chassis.errors import BrokenInvariant, Misconfigured
from chassis.http import dev_keys
from chassis.http.connections import connections
from chassis.runtime.garbage import spare_collections
from chassis.runtime.instance import Probe, no_probe
from chassis.settings import ServiceName, Settings

_POLL_SECONDS = 0.02
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Server(uvicorn.Server):
    """A server that leaves the signals to the process: several of them share it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run(
    settings: Settings,
    names: Sequence[ServiceName],
    ready: Callable[[], None],
    *,
    clock: Clock | None = None,
    probe: Probe = no_probe,
    migrate: bool = False,
) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is called once all of them answer.

    Requests first, then the services, the bus and the store: what was accepted is finished. Tests
    give another `clock` than the wall's, and a `probe`. Without `migrate` a schema that is not this
    version's raises `WrongSchema`.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    if settings.jwks_url is None and settings.jwks_file is None:
        dev_keys.ensure(settings.data_dir)
    with listening(settings, names) as sockets:
        async with open_stack(settings, names, clock=clock, probe=probe, migrate=migrate) as stack:
            await stack.start()
            spare_collections()
            async with serving(stack, sockets):
                ready()
                await stop.wait()


@contextlib.contextmanager
def listening(
    settings: Settings, names: Sequence[ServiceName]
) -> Iterator[dict[ServiceName, socket.socket]]:
    """Take the ports before anything is started; raises Misconfigured for one that is taken."""
    with contextlib.ExitStack() as exits:
        sockets: dict[ServiceName, socket.socket] = {}
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        for name in names:
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
    """Serve the APIs on their sockets for as long as the context lasts."""
    servers = {
        name: server_of(service.app, stack.settings) for name, service in stack.services.items()
    }
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


def server_of(app: FastAPI, settings: Settings) -> uvicorn.Server:
    """The HTTP server of one service."""
    return _Server(
        uvicorn.Config(
            app,
            http=connections(settings),
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=10,
        )
    )
