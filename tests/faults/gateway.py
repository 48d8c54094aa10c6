"""The providers of text messages and e-mail, as a process with a log of its own.

What it takes stands in the log, a line of JSON each, before it answers. A file says how it is:

    (empty)     takes everything; a text message of a reference it has is answered 409
    500 429 …   answers with this status and takes nothing; in SMTP 451
    hang        takes nothing and says nothing
    drop        takes it, then cuts the line without a word
    slow        takes it after three seconds
"""

import asyncio
import contextlib
import json
import os
import time
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path

_SLOW_SECONDS = 3.0
_HANG_SECONDS = 600.0


class Provider:
    """What was taken so far, by reference, and how the provider is today."""

    def __init__(self, log: Path, mood: Path) -> None:
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._mood = mood
        self.taken: set[str] = set()

    @property
    def mood(self) -> str:
        return self._mood.read_text().strip() if self._mood.exists() else ""

    def take(self, channel: str, key: str, to: str, at: float) -> bool:
        """Note it; false when a text message with this key is there already."""
        known = key in self.taken
        self.taken.add(key)
        line = {
            "wall": time.time(),
            "channel": channel,
            "key": key,
            "to": to,
            "at": at,
            "what": "repeated" if known else "accepted",
        }
        os.write(self._log, json.dumps(line).encode() + b"\n")
        return not known


async def http(
    provider: Provider, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        while head := await reader.readuntil(b"\r\n\r\n"):
            first, *lines = head.decode().split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
            }
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            method, path, _ = first.split(" ", 2)
            status, answer = await _answer(provider, method, path, headers, body)
            if not status:
                break
            text = json.dumps(answer).encode()
            start = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(text)}\r\n\r\n"
            writer.write(start.encode() + text)
            await writer.drain()
    writer.transport.abort()


async def _answer(
    provider: Provider, method: str, path: str, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str]]:
    """Status and body; status 0 cuts the line."""
    mood = provider.mood
    if mood == "hang":
        await asyncio.sleep(_HANG_SECONDS)
    if mood.isdigit():
        return int(mood), {}
    if method == "GET":
        key = path.rpartition("/")[2]
        return (200, {"id": f"P-{key}"}) if key in provider.taken else (404, {})
    if mood == "slow":
        await asyncio.sleep(_SLOW_SECONDS)
    asked = json.loads(body)
    at = float(headers["x-timestamp"])
    new = provider.take("sms", asked["reference"], asked["to"], at)
    if mood == "drop":
        return 0, {}
    return (201 if new else 409), {"id": f"P-{asked['reference']}"}


async def smtp(
    provider: Provider, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    async def say(text: str) -> None:
        writer.write(f"{text}\r\n".encode())
        await writer.drain()

    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        await say("220 here")
        while line := await reader.readline():
            command = line[:4].upper()
            if command == b"DATA":
                await say("354 go on")
                if not await _mail(provider, await reader.readuntil(b"\r\n.\r\n")):
                    break
                await say("250 taken")
            elif command == b"QUIT":
                await say("221 bye")
                break
            elif command == b"MAIL" and provider.mood.isdigit():
                await say("451 later")
            elif command == b"MAIL" and provider.mood == "hang":
                await asyncio.sleep(_HANG_SECONDS)
            else:
                await say("250 fine")
    writer.transport.abort()


async def _mail(provider: Provider, raw: bytes) -> bool:
    """Take an e-mail; false when nothing is to be said of it."""
    mood = provider.mood
    if mood == "slow":
        await asyncio.sleep(_SLOW_SECONDS)
    mail = message_from_bytes(raw)
    key = str(mail["Message-ID"]).strip("<>").partition("@")[0]
    at = parsedate_to_datetime(str(mail["Date"])).timestamp()
    provider.take("email", key, str(mail["To"]), at)
    return mood != "drop"


def provide(http_port: int, smtp_port: int, log: Path, mood: Path, host: str = "127.0.0.1") -> None:
    """Answer until killed: the body of a process."""
    asyncio.run(_serve(Provider(log, mood), host, http_port, smtp_port))


async def _serve(provider: Provider, host: str, http_port: int, smtp_port: int) -> None:
    servers = [
        await asyncio.start_server(lambda r, w: http(provider, r, w), host, http_port),
        await asyncio.start_server(lambda r, w: smtp(provider, r, w), host, smtp_port),
    ]
    await asyncio.gather(*(server.serve_forever() for server in servers))
