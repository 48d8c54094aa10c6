"""The way to PostgreSQL: every connection is opened here, and says what is wrong in one sentence.

TLS is what the DSN says (`sslmode`, `sslrootcert`, `sslcert`, `sslkey`), or else the variables that
libpq knows too (`PGSSLMODE`, `PGSSLROOTCERT`, `PGSSLCERT`, `PGSSLKEY`).
"""

import os
import ssl
from collections.abc import Collection, Mapping, Sequence
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


class Unreachable(Transient):
    """PostgreSQL cannot be reached, or does not let us in; names the server and what is wrong."""


class _Way(NamedTuple):
    """Where a DSN and the environment lead, and what they say of TLS, as asyncpg reads them."""

    hosts: Sequence[str]
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
        return await asyncpg.connect(dsn, **more)
    except ssl.SSLCertVerificationError as error:
        why = f"shows a certificate that is not accepted: {said(error)}"
        raise Unreachable(f"{server} {why}") from error
    except ssl.SSLError as error:
        raise Unreachable(f"{server} and we do not agree on TLS: {said(error)}") from error
    except _SAID_BY_SERVER as error:
        raise Unreachable(f"{server} does not let us in: {error}") from error
    except TimeoutError as error:
        raise Unreachable(f"{server} does not answer in time") from error
    except _AWAY as error:
        raise Unreachable(f"{server} does not answer: {error}") from error


async def create_pool(dsn: str, **more: Any) -> "asyncpg.Pool[asyncpg.Record]":
    """A pool whose connections are opened by `connect`."""
    return await asyncpg.create_pool(dsn, connect=connect, **more)


def _way(dsn: str) -> _Way:
    parts = urlsplit(dsn)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise Misconfigured("the URL of PostgreSQL does not begin with postgresql://")
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if "service" in query or os.environ.get("PGSERVICE"):
        raise Misconfigured("PostgreSQL is not looked up in a service file: name it in its URL")
    places = parts.netloc.rpartition("@")[2] or query.get("host") or os.environ.get("PGHOST") or ""
    told = {name: query.get(name) or os.environ.get(f"PG{name.upper()}") for name in _TLS}
    return _Way([_host(each) for each in places.split(",")], told)


def _host(place: str) -> str:
    """The host of `host:port`, `[::1]:port` or a socket's folder."""
    place = unquote(place)
    if place.startswith("/"):
        return place
    if place.startswith("["):
        return place[1:].partition("]")[0]
    return place.partition(":")[0]
