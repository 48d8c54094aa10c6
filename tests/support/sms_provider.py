"""A provider of text messages over real HTTP, which fails in the ways providers do."""

import asyncio
import hashlib
import hmac
import signal
import subprocess
from dataclasses import dataclass, field

import orjson

SECRET = "shared"


@dataclass
class Provider:
    """Takes each reference once and keeps a book of it; `mood` is how it answers."""

    mood: str = "well"
    book: dict[str, dict[str, str]] = field(default_factory=dict)
    texts: int = 0
    forged: int = 0
    keys: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    """Whom it was asked to write to, each time."""

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

    def answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str]]:
        reference = orjson.loads(body)["reference"] if body else path.rpartition("/")[2]
        signed = f"{reference}.{headers['x-timestamp']}.".encode() + body
        wanted = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        if headers["x-signature"] != wanted or headers["x-key-id"] != "acme":
            self.forged += 1
            return 401, {}
        if method == "GET":
            return self.looked_up(reference)
        self.keys.append(headers["idempotency-key"])
        self.log.append(orjson.loads(body)["to"])
        if self.mood in ("refuses", "busy", "broken"):
            return {"refuses": 422, "busy": 503, "broken": 500}[self.mood], {}
        known = reference in self.book
        self.book.setdefault(reference, {"id": f"msg-{reference}"})
        self.texts += not known
        if self.mood in ("silent", "hangs up"):
            return 0, {}
        return (409 if known else 201), self.book[reference]

    def looked_up(self, reference: str) -> tuple[int, dict[str, str]]:
        if self.mood == "broken":
            return 500, {}
        return (200, self.book[reference]) if reference in self.book else (404, {})


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
