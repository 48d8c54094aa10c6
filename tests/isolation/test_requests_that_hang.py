"""Clients that send slowly or too much hold up nobody: tried on a server with sockets."""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, Request

from arrears.live import server_of
from chassis.http import create_app
from chassis.http.dev_keys import mint_token
from chassis.http.limits import SIGNED_BYTES_MAX
from chassis.metrics import Metrics
from chassis.settings import Settings

HOST = "127.0.0.1"
OPEN = ("/livez", "/readyz")


@dataclass
class Served:
    """A service behind a real server. `opened` lets the requests that wait go on; `seen` are the
    bodies that a route was given.
    """

    port: int
    token: str
    opened: asyncio.Event
    entered: "asyncio.Queue[str]"
    seen: list[bytes]
    metrics: Metrics = field(default_factory=lambda: Metrics("notes"))

    async def connect(self) -> "Client":
        return Client(*await asyncio.open_connection(HOST, self.port))

    async def get(self, path: str) -> "Answer":
        async with contextlib.aclosing(await self.connect()) as client:
            await client.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n{self.token}\r\n")
            return await client.answer()

    def head(self, length: int, path: str = "/v1/kept", token: str | None = None) -> str:
        given = self.token if token is None else token
        return f"POST {path} HTTP/1.1\r\nHost: x\r\n{given}Content-Length: {length}\r\n\r\n"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """One connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self._writer = reader, writer

    async def send(self, text: str) -> None:
        self._writer.write(text.encode())
        await self._writer.drain()

    async def answer(self) -> Answer:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        status = int(head.split(" ", 2)[1])
        headers = dict(re.findall(r"^([\w-]+): (.*)\r$", head.lower(), re.MULTILINE))
        length = int(headers.get("content-length", 0))
        return Answer(status, headers, await self.reader.readexactly(length))

    async def trickle(self, piece: str) -> None:
        """Send a piece again and again, until the server closes."""
        with contextlib.suppress(ConnectionError):
            while not self.reader.at_eof():
                await self.send(piece)
                await asyncio.sleep(0.02)

    async def aclose(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


Serve = Callable[..., Awaitable[Served]]


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    async with contextlib.AsyncExitStack() as exits:

        async def start(**limits: Any) -> Served:
            return await exits.enter_async_context(_serving(tmp_path, **limits))

        yield start


@contextlib.asynccontextmanager
async def _serving(folder: Path, **limits: Any) -> AsyncIterator[Served]:
    settings = Settings(data_dir=folder, **limits)
    token = f"Authorization: Bearer {mint_token(folder, ['admin'], ['*'])}\r\n"
    listening = socket.create_server((HOST, 0))
    served = Served(listening.getsockname()[1], token, asyncio.Event(), asyncio.Queue(), [])
    app = create_app(
        "notes",
        settings,
        routers=[_routes(served)],
        readiness=_ready,
        metrics=served.metrics,
    )
    server = server_of(app, settings)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield served
    finally:
        served.opened.set()
        server.should_exit = True
        await task
        listening.close()


def _routes(served: Served) -> APIRouter:
    router = APIRouter(prefix="/v1")

    @router.post("/kept")
    async def keep(request: Request) -> None:
        served.seen.append(await request.body())

    @router.get("/waits/{name}")
    async def wait(name: str) -> None:
        served.entered.put_nowait(name)
        await served.opened.wait()

    @router.get("/creditors/{creditor}")
    async def creditor(creditor: str) -> None:
        """Nothing."""

    return router


async def _ready() -> dict[str, Any]:
    await asyncio.sleep(0)
    return {"lanes": []}


@pytest.mark.parametrize("token", ["", "Authorization: Bearer not-a-token\r\n"])
async def test_no_byte_of_a_body_is_waited_for_before_the_token_was_checked(
    serve: Serve, token: str
) -> None:
    served = await serve()
    async with contextlib.aclosing(await served.connect()) as client:
        await client.send(served.head(1000, token=token))  # and nothing of the body
        assert (await client.answer()).status == 401


@pytest.mark.parametrize("first", ["GET / HT", "GET /v1/kept HTTP/1.1\r\nHost: x\r\n"])
async def test_headers_that_never_end_do_not_keep_a_connection(serve: Serve, first: str) -> None:
    served = await serve(head_seconds=0.3)
    async with contextlib.aclosing(await served.connect()) as client:
        await client.send(first)
        slow = asyncio.create_task(client.trickle("X: y\r\n" if "\n" in first else "T"))
        answer = await client.answer()
        await slow
    assert (answer.status, answer.headers["connection"]) == (408, "close")


async def test_a_connection_that_says_nothing_is_closed(serve: Serve) -> None:
    served = await serve(head_seconds=0.3)
    async with contextlib.aclosing(await served.connect()) as client:
        assert await client.reader.read() == b""


async def test_a_second_request_on_a_connection_has_the_same_time_for_its_headers(
    serve: Serve,
) -> None:
    served = await serve(head_seconds=0.5)
    async with contextlib.aclosing(await served.connect()) as client:
        await client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await client.answer()).status == 200
        await client.send("GET /livez HT")
        slow = asyncio.create_task(client.trickle("T"))
        assert (await client.answer()).status == 408
        await slow


async def test_a_body_that_trickles_is_given_up_as_a_whole(serve: Serve) -> None:
    served = await serve(body_seconds=0.5)
    async with contextlib.aclosing(await served.connect()) as client:
        await client.send(served.head(1_000_000))
        slow = asyncio.create_task(client.trickle("x"))
        answer = await client.answer()
        await slow
    assert (answer.status, answer.headers["connection"]) == (408, "close")
    assert served.seen == []


async def test_what_follows_a_refusal_is_not_read_for_ever(serve: Serve) -> None:
    served = await serve(head_seconds=0.3)
    async with contextlib.aclosing(await served.connect()) as client:
        await client.send(served.head(1_000_000, token=""))
        assert (await client.answer()).status == 401
        await client.trickle("x")  # ends when the server closes
    assert (await served.get("/livez")).status == 200


async def test_half_a_body_is_not_taken_for_the_whole(serve: Serve) -> None:
    served = await serve()
    async with contextlib.aclosing(await served.connect()) as client:
        await client.send(served.head(20) + '{"half": 1}')
    async with contextlib.aclosing(await served.connect()) as client:
        await client.send(served.head(2) + "{}")
        assert (await client.answer()).status == 200
    assert served.seen == [b"{}"]


@pytest.mark.parametrize("length", ["1048577", "9" * 15])
async def test_a_body_too_large_is_refused_by_what_it_declares(serve: Serve, length: str) -> None:
    served = await serve()
    async with contextlib.aclosing(await served.connect()) as client:
        await client.send(served.head(int(length)))
        assert (await client.answer()).status == 413


async def test_a_callback_without_a_token_may_send_little(serve: Serve) -> None:
    served = await serve()
    async with contextlib.aclosing(await served.connect()) as client:
        await client.send(served.head(SIGNED_BYTES_MAX + 1, "/v1/callbacks/sms", token=""))
        assert (await client.answer()).status == 413


async def test_idle_connections_keep_nobody_out(serve: Serve) -> None:
    served = await serve(connections_max=10)
    async with contextlib.AsyncExitStack() as exits:
        idle = [
            await exits.enter_async_context(contextlib.aclosing(await served.connect()))
            for _ in range(12)
        ]
        for path in OPEN:
            assert (await served.get(path)).status == 200, path
        assert not idle[-1].reader.at_eof(), "those that waited longest went first"


async def test_bodies_that_never_end_keep_nobody_out(serve: Serve) -> None:
    served = await serve(connections_max=10)
    async with contextlib.AsyncExitStack() as exits:
        for _ in range(12):
            slow = await exits.enter_async_context(contextlib.aclosing(await served.connect()))
            await slow.send(served.head(1000, "/v1/callbacks/sms", token="") + "{")
        for path in OPEN:
            assert (await served.get(path)).status == 200, path


async def test_a_crowd_is_answered_503_and_health_200(serve: Serve) -> None:
    served = await serve(requests_max=2)
    waiting = [asyncio.create_task(served.get(f"/v1/waits/{one}")) for one in "ab"]
    assert {await served.entered.get(), await served.entered.get()} == {"a", "b"}
    refused = await served.get("/v1/creditors/c")
    assert (refused.status, refused.headers["retry-after"]) == (503, "5")
    for path in OPEN:
        assert (await served.get(path)).status == 200, path
    served.opened.set()
    assert [(await one).status for one in waiting] == [200, 200]
    assert (await served.get("/v1/creditors/c")).status == 200


async def test_an_answer_that_takes_too_long_is_given_up(serve: Serve) -> None:
    served = await serve(request_seconds=0.3)
    answer = await served.get("/v1/waits/a")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")


async def test_invented_methods_and_paths_do_not_grow_the_metrics(serve: Serve) -> None:
    served = await serve()
    async with contextlib.aclosing(await served.connect()) as client:
        sizes = []
        for number in range(60):
            asked = f"M{number:03} /v1/p{number} HTTP/1.1\r\nHost: x\r\n{served.token}\r\n"
            await client.send(asked)
            assert (await client.answer()).status == 404
            if number % 29 == 1:
                sizes.append(served.metrics.render().count(b"arrears_http_requests"))
    assert len(set(sizes)) == 1, sizes
