"""Small TCP proxies that the tests control: one for each connection between two processes.

They run in a thread of their own, so that whatever the test does meanwhile does not slow them.
"""

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any, TypeVar

T = TypeVar("T")
Upstream = str | int
"""A Unix socket or a port of this machine."""
_CHUNK = 64 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass
class Weather:
    """What a link does to what passes; as it is made it does nothing."""

    refuses: bool = False
    black_hole: bool = False
    latency: float = 0.0
    jitter: float = 0.0
    bytes_per_second: int = 0
    cut_after: int = 0
    """After so many bytes a connection is cut in the middle."""


@dataclass
class Link:
    """One listening port and where it leads."""

    name: str
    upstream: Callable[[], Upstream]
    port: int = 0
    weather: Weather = field(default_factory=Weather)
    open: "set[asyncio.StreamWriter]" = field(default_factory=set)

    async def serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        if self.weather.refuses:
            _reset(to_client)
            return
        try:
            server, to_server = await _connect(self.upstream())
        except OSError:
            _reset(to_client)
            return
        pair = {to_client, to_server}
        self.open |= pair
        try:
            await asyncio.gather(
                self._pump(client, to_server, pair), self._pump(server, to_client, pair)
            )
        except (OSError, RuntimeError):
            pass  # cut, or nothing more may be written: both ends are let go of
        finally:
            self.open -= pair
            for writer in pair:
                writer.transport.abort()

    async def _pump(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        pair: "set[asyncio.StreamWriter]",
    ) -> None:
        passed = 0
        while data := await source.read(_CHUNK):
            weather = self.weather
            while self.weather.black_hole:
                await asyncio.sleep(0.05)
            if weather.latency:
                await asyncio.sleep(weather.latency + random.uniform(0, weather.jitter))
            if weather.bytes_per_second:
                await asyncio.sleep(len(data) / weather.bytes_per_second)
            passed += len(data)
            if weather.cut_after and passed > weather.cut_after:
                target.write(data[: len(data) // 2])
                await target.drain()
                for writer in pair:
                    _reset(writer)
                return
            target.write(data)
            await target.drain()
        with contextlib.suppress(OSError, RuntimeError):
            target.write_eof()

    def reset(self) -> None:
        """Cut every connection of now."""
        for writer in list(self.open):
            _reset(writer)

    def half_close(self) -> None:
        """Say in every connection, to both sides, that nothing more will come."""
        for writer in list(self.open):
            with contextlib.suppress(OSError, RuntimeError):
                writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    opened = writer.get_extra_info("socket")
    if opened is not None and opened.family != socket.AF_UNIX:
        with contextlib.suppress(OSError):
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()


async def _connect(to: Upstream) -> "tuple[asyncio.StreamReader, asyncio.StreamWriter]":
    if isinstance(to, str):
        return await asyncio.open_unix_connection(to)
    return await asyncio.open_connection("127.0.0.1", to)


class Proxies:
    """The links, by name, and the thread they run in."""

    def __init__(self) -> None:
        self.links: dict[str, Link] = {}
        self._servers: list[asyncio.Server] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def add(self, name: str, upstream: Callable[[], Upstream]) -> Link:
        """Begin to listen on a free port."""
        link = Link(name, upstream)

        async def listen() -> None:
            server = await asyncio.start_server(link.serve, "127.0.0.1", 0)
            link.port = server.sockets[0].getsockname()[1]
            self._servers.append(server)

        self._run(listen())
        self.links[name] = link
        return link

    def some(self, wanted: str) -> list[Link]:
        """The links of a name (`ledger/kafka`), of a service (`ledger/*`) or to a server."""
        return [link for name, link in self.links.items() if fnmatch(name, wanted)]

    def reset(self, wanted: str) -> None:
        for link in self.some(wanted):
            self._loop.call_soon_threadsafe(link.reset)

    def half_close(self, wanted: str) -> None:
        for link in self.some(wanted):
            self._loop.call_soon_threadsafe(link.half_close)

    @contextlib.contextmanager
    def weather(self, wanted: str, weather: Weather) -> Iterator[None]:
        """Let some links be like this, with the connections they have cut at the end."""
        links = self.some(wanted)
        for link in links:
            link.weather = weather
        try:
            yield
        finally:
            for link in links:
                link.weather = Weather()

    def close(self) -> None:
        """Let go of everything, whatever is under way."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        for link in self.links.values():
            link.weather = Weather()
            link.reset()
        if others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others, timeout=5)
        await asyncio.sleep(0.1)  # what was cut is let go of in the next rounds of the loop

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)
