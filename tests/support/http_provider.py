"""A provider over real HTTP that takes each reference once, and fails in the ways providers do."""

import asyncio
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

import orjson

Answer = tuple[int, dict[str, Any]]
REFUSALS = {"refuses": 422, "busy": 503, "broken": 500}


@dataclass
class Killer:
    """Kills whom a provider is called by, at the call behind those that are spared."""

    when: str = ""
    spared: int = 0
    victim: "subprocess.Popen[bytes] | None" = None

    def strikes(self, when: str) -> bool:
        """Whether the caller is dead now."""
        if self.when != when or self.victim is None:
            return False
        self.spared -= 1
        if self.spared >= 0:
            return False
        self.victim.send_signal(signal.SIGKILL)
        self.when = ""
        return True


@dataclass
class HttpProvider(ABC):
    """Keeps a book of what it took; `mood` is how it answers, status 0 hangs up on who asks."""

    mood: str = "well"
    book: dict[str, dict[str, Any]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    forged: int = 0
    killer: Killer = field(default_factory=Killer)
    port: int = 0

    TAKEN: ClassVar[int]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        status, answer = self.answer(method, path, headers, body)
        if status:
            raw = orjson.dumps(answer)
            start = (
                f"HTTP/1.1 {status} x\r\nContent-Length: {len(raw)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(start.encode() + raw)
            await writer.drain()
        elif self.mood == "silent":
            await reader.read()
        writer.close()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if method == "POST" and self.killer.strikes("before"):
            return 0, {}
        answer = self._answer(method, path, headers, body)
        return (0, {}) if method == "POST" and self.killer.strikes("after") else answer

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        reference = orjson.loads(body)["reference"] if body else path.rpartition("/")[2]
        if not self.is_signed(reference, headers, body):
            self.forged += 1
            return 401, {}
        if method == "GET":
            return self.looked_up(reference)
        job = orjson.loads(body)
        self.noted(job, headers)
        if self.mood in REFUSALS:
            return REFUSALS[self.mood], {}
        known = reference in self.book
        told = self.taken(job, known)
        if self.mood in ("silent", "hangs up"):
            return 0, {}
        return 409 if known else self.TAKEN, told

    def looked_up(self, reference: str) -> Answer:
        if self.mood == "broken":
            return 500, {}
        return (200, self.book[reference]) if reference in self.book else (404, {})

    def noted(self, job: dict[str, Any], headers: dict[str, str]) -> None:
        """Note that it was asked to do something, whatever it then does."""
        return

    @abstractmethod
    def is_signed(self, reference: str, headers: dict[str, str], body: bytes) -> bool:
        """Whether who asks may."""

    @abstractmethod
    def taken(self, job: dict[str, Any], known: bool) -> dict[str, Any]:
        """Write a job into the book, unless it is there; what is answered."""


Served = TypeVar("Served", bound=HttpProvider)


@asynccontextmanager
async def served(provider: Served) -> AsyncIterator[Served]:
    """The provider on a port of this machine."""
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    provider.port = server.sockets[0].getsockname()[1]
    yield provider
    server.close()
