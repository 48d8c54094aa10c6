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

    def __init__(self, begun: "asyncio.Future[asyncio.Transport]") -> None:
        self._begun = begun

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._begun.set_result(transport)


async def _speak(authority: Authority | None, *, close: bool) -> int:
    server_side = client_side = None
    if authority is not None:
        shown = authority.sign("server", "localhost")
        server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        server_side.load_cert_chain(shown.cert, shown.key)
        client_side = ssl.create_default_context(cafile=authority.ca)
    loop = asyncio.get_running_loop()
    begun: asyncio.Future[asyncio.Transport] = loop.create_future()
    server = await loop.create_server(lambda: _Hearing(begun), "127.0.0.1", 0, ssl=server_side)
    host, port = server.sockets[0].getsockname()
    connection, _ = await loop.create_connection(
        asyncio.Protocol,
        host,
        port,
        ssl=client_side,
        server_hostname="localhost" if client_side else None,
    )
    other = await asyncio.wait_for(begun, 60)
    if close:
        other.pause_reading()  # over TLS a goodbye is waited for that never comes
        connection.close()
    server.close()
    return int(port)


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "over TLS"])
def test_it_is_named_and_nothing_is_left_to_the_garbage_collector(
    authority: Authority, *, secured: bool
) -> None:
    asyncio.run(_speak(authority if secured else None, close=False))
    assert len(transports.taken()) == 2
    gc.collect()  # a warning would fail this test


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "over TLS"])
def test_one_that_was_closed_is_not(authority: Authority, *, secured: bool) -> None:
    port = asyncio.run(_speak(authority if secured else None, close=True))
    (other,) = transports.taken()
    assert other.startswith(f"('127.0.0.1', {port})")
    gc.collect()
