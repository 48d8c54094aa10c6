"""A URL with several hosts leads to the one that answers, whatever the others do."""

import socket
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from chassis import postgres
from chassis.errors import Misconfigured
from chassis.store.pool import ACQUIRE_SECONDS
from tests.support.processes import free_ports


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of somebody who takes connections and never says a word, like a frozen machine."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def refusing() -> int:
    """A port that nobody listens on."""
    (port,) = free_ports(1)
    return port


def _several(dsn: str, hosts: str, ports: str, **more: str) -> str:
    """The test's server behind others."""
    parts = urlsplit(dsn)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    told = {**query, "host": f"{hosts},{query['host']}", "port": ports, **more}
    return parts._replace(query=urlencode(told)).geturl()


async def _answer(dsn: str) -> object:
    pool = await postgres.create_pool(dsn, min_size=0, max_size=1)
    async with pool, pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
        return await connection.fetchval("select 1")


async def test_whoever_waits_for_a_pool_gets_past_a_silent_host(database: str, silent: int) -> None:
    assert await _answer(_several(database, "127.0.0.1", f"{silent},5432")) == 1


async def test_a_host_that_refuses_is_passed_over(database: str, refusing: int) -> None:
    hosts = f"127.0.0.1:{refusing},[::1]:{refusing}"
    assert await _answer(_several(database, hosts, "5432")) == 1


async def test_a_server_in_another_role_is_named(database: str, refusing: int) -> None:
    asked = _several(database, f"127.0.0.1:{refusing}", "5432", target_session_attrs="standby")
    with pytest.raises(postgres.Unreachable, match=r"127\.0\.0\.1, .* target_session_attrs"):
        await postgres.connect(asked)


async def test_the_fault_of_the_last_host_is_told(database: str, refusing: int) -> None:
    asked = _several(database, f"127.0.0.1:{refusing}", "5432").replace("/test_", "/none_")
    with pytest.raises(postgres.Unreachable, match="does not let us in: database"):
        await postgres.connect(asked)


async def test_ports_that_are_not_those_of_the_hosts_are_refused(database: str) -> None:
    with pytest.raises(Misconfigured, match="3 ports are named for 2 hosts"):
        await postgres.connect(_several(database, "127.0.0.1", "1,2,3"))
