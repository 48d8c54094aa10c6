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
from chassis.errors import BrokenInvariant, Misconfigured, Transient
from chassis.http.connections import connections
from chassis.http.key_sources import source
from chassis.http.keys import TODO
from chassis.logging import get_logger
from chassis.runtime.garbage import spare_collections
from chassis.runtime.instance import Probe, no_probe
from chassis.settings import ServiceName, Settings

_POLL_SECONDS = 0.02
_CLOSE = (b"connection", b"close")
Sockets = Mapping[ServiceName, socket.socket]
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_log = get_logger("arrears.live")


class _Server(uvicorn.Server):
    """A server that leaves the signals to the process: several of them share it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def say_goodbye(self) -> None:
        """Close each connection after its next answer, which says so."""
        state = self.server_state
        self.config.encoded_headers = [*self.config.encoded_headers, _CLOSE]
        state.default_headers = [*state.default_headers, _CLOSE]


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

    Then `/readyz` says 503 and the lanes are given back, while for `drain_seconds` requests are
    still taken and their connections closed; those under way are finished, and services, bus and
    store let go of. A second signal ends the process at once.

    Tests give another `clock` than the wall's, and a `probe`. Without `migrate` a schema that is
    not this version's raises `WrongSchema`. Keys of tokens that are set up wrong raise
    `Misconfigured` before anything is begun.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    await _look_for_keys(settings)
    with listening(settings, names) as sockets, watching(settings, names) as watched:
        async with open_stack(settings, names, clock=clock, probe=probe, migrate=migrate) as stack:
            await stack.start()
            spare_collections()
            async with serving(stack, sockets, watched) as servers:
                ready()
                await stop.wait()
                _end_at_the_next_signal(loop)
                leaving = asyncio.create_task(stack.leave())
                for server in servers:
                    server.say_goodbye()
                await asyncio.sleep(settings.drain_seconds)
            await leaving


async def _look_for_keys(settings: Settings) -> None:
    """A provider that is down may be there when the first token comes."""
    try:
        await source(settings)()
    except Transient as error:
        _log.warning("keys_not_loaded", error=error, todo=TODO)


def _end_at_the_next_signal(loop: asyncio.AbstractEventLoop) -> None:
    for number in _SIGNALS:
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def listening(settings: Settings, names: Sequence[ServiceName]) -> Iterator[Sockets]:
    """Take the APIs' ports before anything is started; raises `Misconfigured` for one that is
    taken.
    """
    with _taken(settings.host, {name: settings.port(name) for name in names}) as sockets:
        yield sockets


@contextlib.contextmanager
def watching(settings: Settings, names: Sequence[ServiceName]) -> Iterator[Sockets]:
    """The same of the ports for operations."""
    ports = {name: settings.operations_port(name) for name in names}
    with _taken(settings.operations_host, ports) as sockets:
        yield sockets


@contextlib.contextmanager
def _taken(host: str, ports: Mapping[ServiceName, int]) -> Iterator[Sockets]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.ExitStack() as exits:
        sockets: dict[ServiceName, socket.socket] = {}
        for name, port in ports.items():
            try:
                server = socket.create_server((host, port), family=family)
            except OSError as error:
                said = f"port {port} on {host} cannot be used: {error.strerror}"
                raise Misconfigured(said) from error
            sockets[name] = exits.enter_context(server)
        yield sockets


@contextlib.asynccontextmanager
async def serving(
    stack: Stack, sockets: Sockets, watched: Sockets | None = None
) -> AsyncIterator[Sequence[_Server]]:
    """Serve the APIs, and operations where they have sockets, for as long as the context lasts."""
    served = [(each.app, sockets[name]) for name, each in stack.services.items()]
    if watched is not None:
        served += [(each.operations_app, watched[name]) for name, each in stack.services.items()]
    servers = [server_of(app, stack.settings) for app, _ in served]
    tasks = [
        asyncio.create_task(server.serve(sockets=[own]))
        for server, (_, own) in zip(servers, served, strict=True)
    ]
    try:
        while not all(server.started for server in servers):
            if any(task.done() for task in tasks):
                raise BrokenInvariant("an HTTP server ended while it was starting")
            await asyncio.sleep(_POLL_SECONDS)
        yield servers
    finally:
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*tasks, return_exceptions=True)


def server_of(app: FastAPI, settings: Settings) -> _Server:
    """The HTTP server of one service."""
    return _Server(
        uvicorn.Config(
            app,
            http=connections(settings),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=10,
        )
    )
