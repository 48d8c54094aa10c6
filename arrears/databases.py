"""Where services and embedded bus keep what they have: in one PostgreSQL, or in several."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from arrears.roles import role_of
from chassis import postgres
from chassis.postgres import require_verified
from chassis.servers.postgres import EmbeddedPostgres, ensure_database
from chassis.settings import SERVICES, ServiceName, Settings

DATABASE = "arrears"
BUS = "bus"
"""The schema of the embedded bus."""


@dataclass(frozen=True)
class Databases:
    """The DSNs of some services' stores, and of the embedded bus where it is used; and those of the
    stores' owners, where they are not who serves.
    """

    services: Mapping[ServiceName, str]
    bus: str | None
    owners: Mapping[ServiceName, str] = field(default_factory=dict)

    @property
    def owned(self) -> Mapping[ServiceName, str]:
        """The DSNs for what changes a store's form or takes from it."""
        return {**self.services, **self.owners}


@contextlib.asynccontextmanager
async def open_databases(
    settings: Settings,
    names: Sequence[ServiceName] = SERVICES,
    *,
    bus: bool = True,
    durable: bool = True,
) -> AsyncIterator[Databases]:
    """Yield where some services, and with `bus` the embedded bus, keep what they have.

    What the settings name no PostgreSQL for is in the one that comes with the package, which runs
    meanwhile. Raises `Misconfigured` for a bus that services with databases apart cannot find,
    and for a database on another host that would not be verified. In the server that comes along
    each service has a role that only serves, but where nothing is `durable` (simulations, which
    empty tables).
    """
    wanted: dict[str, str | None] = {name: settings.database_of(name) for name in names}
    if bus and settings.bus == "embedded":
        wanted[BUS] = settings.bus_database()
    async with contextlib.AsyncExitStack() as exits:
        found = {name: url for name, url in wanted.items() if url is not None}
        owners = {name: url for name in names if (url := settings.owner_database_of(name))}
        for url in (*found.values(), *owners.values()):
            require_verified(url, settings.plaintext)
        if len(found) < len(wanted):
            server = EmbeddedPostgres(settings.data_dir / "postgres", durable=durable)
            dsn = await exits.enter_async_context(server)
            ours = await ensure_database(dsn, DATABASE)
            found = {name: url or ours for name, url in wanted.items()}
            for name in [one for one in names if wanted[one] is None] if durable else ():
                found[name], owners[name] = await _served(ours, name), ours
        yield Databases({name: found[name] for name in names}, found.get(BUS), owners)


async def _served(owner: str, name: ServiceName) -> str:
    """The DSN of a role that serves, made unless it is there."""
    role = role_of(name)
    connection = await postgres.connect(owner)
    try:
        # Two processes may come at once: the unique index of pg_authid decides.
        with contextlib.suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
            await connection.execute(f"create role {role} login")
    finally:
        await connection.close()
    parts = urlsplit(owner)
    return urlunsplit(parts._replace(netloc=f"{role}@{parts.netloc.rpartition('@')[2]}"))
