"""The way to PostgreSQL: every connection is opened here, and says what is wrong in one sentence.

TLS is what the DSN says (`sslmode`, `sslrootcert`, `sslcert`, `sslkey`), or else the variables that
libpq knows too (`PGSSLMODE`, `PGSSLROOTCERT`, `PGSSLCERT`, `PGSSLKEY`).
"""

import os
import ssl
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from chassis.errors import Misconfigured, Transient
from chassis.plaintext import Kind, require_here
from chassis.tls import said

_FILES = ("sslrootcert", "sslcert", "sslkey")
_TLS = ("sslmode", *_FILES)
_VERIFYING = ("verify-ca", "verify-full")
_SAID_BY_SERVER = (
    asyncpg.InvalidAuthorizationSpecificationError,  # a wrong password is one
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
)


_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
_CONNECT_SECONDS = 60.0  # asyncpg's
_SEVERAL_SECONDS = 8.0
"""For several hosts: whoever wants a connection of a pool waits ten."""
_PORT = "5432"


class Unreachable(Transient):
    """PostgreSQL cannot be reached, or does not let us in; names the server and what is wrong."""


class _Way(NamedTuple):
    """Where a DSN and the environment lead, and what they say of TLS, as asyncpg reads them."""

    hosts: Sequence[str]
    ports: Sequence[int]
    told: Mapping[str, str | None]

    def __str__(self) -> str:
        return f"PostgreSQL on {', '.join(host or 'this machine' for host in self.hosts)}"


def require_verified(dsn: str, allowed: Collection[Kind]) -> None:
    """Raise `Misconfigured` for a server on another host whose certificate would not be verified,
    unless that is `allowed`, and for files that are not there.
    """
    way = _way(dsn)
    for name in _FILES:
        file = way.told[name]
        if file and not Path(file).is_file():
            raise Misconfigured(f"{way}: there is no {file}, which {name} names")
    sslmode = way.told["sslmode"] or "prefer"
    for host in () if sslmode in _VERIFYING else way.hosts:
        instead = f"set sslmode=verify-full in the URL or by PGSSLMODE (it is {sslmode})"
        require_here(allowed, "postgres", host, instead)


async def connect(dsn: str, **more: Any) -> Any:
    """One connection; raises `Unreachable`, or `Misconfigured` for a DSN that cannot be used."""
    server = _way(dsn)
    try:
        return await _first_that_opens(dsn, server, **more)
    except ssl.SSLCertVerificationError as error:
        why = f"shows a certificate that is not accepted: {said(error)}"
        raise Unreachable(f"{server} {why}") from error
    except ssl.SSLError as error:
        raise Unreachable(f"{server} and we do not agree on TLS: {said(error)}") from error
    except _SAID_BY_SERVER as error:
        raise Unreachable(f"{server} does not let us in: {error}") from error
    except asyncpg.TargetServerAttributeNotMatched as error:
        raise Unreachable(f"{server} is not what target_session_attrs asks for") from error
    except TimeoutError as error:
        raise Unreachable(f"{server} does not answer in time") from error
    except _AWAY as error:
        raise Unreachable(f"{server} does not answer: {error}") from error


async def create_pool(dsn: str, **more: Any) -> "asyncpg.Pool[asyncpg.Record]":
    """A pool whose connections are opened by `connect`."""
    return await asyncpg.create_pool(dsn, connect=connect, **more)


async def leave_clean(connection: Any) -> None:
    """For pools (`reset`) of connections of which nothing outlives a transaction: going back needs
    no round trip then.
    """
    if connection.is_in_transaction():
        await connection.execute("rollback")


async def _first_that_opens(dsn: str, way: _Way, **more: Any) -> Any:
    """Ask one host after the other: one that neither answers nor refuses (its machine is off) uses
    up its own share of the time and not that of those behind it.
    """
    if len(way.hosts) == 1:
        return await asyncpg.connect(dsn, **more)
    seconds = more.pop("timeout", _CONNECT_SECONDS)
    share = min(seconds, _SEVERAL_SECONDS) / len(way.hosts)
    *before, last = zip(way.hosts, way.ports, strict=True)
    for host, port in before:
        with suppress(*_AWAY, asyncpg.TargetServerAttributeNotMatched):
            return await asyncpg.connect(dsn, host=host, port=port, timeout=share, **more)
    host, port = last
    left = seconds - share * len(before)
    return await asyncpg.connect(dsn, host=host, port=port, timeout=left, **more)


def _way(dsn: str) -> _Way:
    parts = urlsplit(dsn)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise Misconfigured("the URL of PostgreSQL does not begin with postgresql://")
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if "service" in query or os.environ.get("PGSERVICE"):
        raise Misconfigured("PostgreSQL is not looked up in a service file: name it in its URL")
    places = parts.netloc.rpartition("@")[2] or query.get("host") or os.environ.get("PGHOST") or ""
    told = {name: query.get(name) or os.environ.get(f"PG{name.upper()}") for name in _TLS}
    hosts, own = zip(*(_host_and_port(each) for each in places.split(",")), strict=True)
    others = (query.get("port") or os.environ.get("PGPORT") or _PORT).split(",")
    if len(others) not in {1, len(hosts)}:
        raise Misconfigured(f"PostgreSQL: {len(others)} ports are named for {len(hosts)} hosts")
    by_place = zip(own, others * len(hosts), strict=False)
    return _Way(hosts, [int(port or other) for port, other in by_place], told)


def _host_and_port(place: str) -> tuple[str, str]:
    """What `host:port`, `[::1]:port` or a socket's folder says; the port may be empty."""
    place = unquote(place)
    if place.startswith("/"):
        return place, ""
    if place.startswith("["):
        host, _, port = place[1:].partition("]")
        return host, port.removeprefix(":")
    host, _, port = place.partition(":")
    return host, port
