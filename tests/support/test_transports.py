"""A connection left open is found as its loop closes."""

import asyncio
import gc
import ssl
from pathlib import Path

import pytest

from tests.support import transports
from tests.support.certificates import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


class _Hearing(asyncio.Protocol):
    """What the server has at its end."""

    def __init__(self, ended: asyncio.Event) -> None:
        self._ended = ended

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended.set()


async def _speak(authority: Authority | None, *, close: bool) -> None:
    server_side = client_side = None
    if authority is not None:
        shown = authority.sign("server", "localhost")
        server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        server_side.load_cert_chain(shown.cert, shown.key)
        client_side = ssl.create_default_context(cafile=authority.ca)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    server = await loop.create_server(lambda: _Hearing(ended), "127.0.0.1", 0, ssl=server_side)
    host, port = server.sockets[0].getsockname()
    connection, _ = await loop.create_connection(
        asyncio.Protocol,
        host,
        port,
        ssl=client_side,
        server_hostname="localhost" if client_side else None,
    )
    if close:
        connection.close()
        await asyncio.wait_for(ended.wait(), 60)
    server.close()


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "over TLS"])
def test_it_is_named_and_nothing_is_left_to_the_garbage_collector(
    authority: Authority, *, secured: bool
) -> None:
    asyncio.run(_speak(authority if secured else None, close=False))
    assert any("127.0.0.1" in one for one in transports.taken())
    gc.collect()  # a warning would fail this test


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "over TLS"])
def test_one_that_was_closed_is_not(authority: Authority, *, secured: bool) -> None:
    asyncio.run(_speak(authority if secured else None, close=True))
    assert transports.taken() == []
    gc.collect()
