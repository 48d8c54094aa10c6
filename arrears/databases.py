"""Where services and embedded bus keep what they have: in one PostgreSQL, or in several."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from chassis.postgres import require_verified
from chassis.servers.postgres import EmbeddedPostgres, ensure_database
from chassis.settings import SERVICES, ServiceName, Settings

DATABASE = "arrears"
BUS = "bus"
"""The schema of the embedded bus."""


@dataclass(frozen=True)
class Databases:
    """The DSNs of some services' stores, and of the embedded bus where it is used."""

    services: Mapping[ServiceName, str]
    bus: str | None


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
    and for a database on another host that would not be verified.
    """
    wanted: dict[str, str | None] = {name: settings.database_of(name) for name in names}
    if bus and settings.bus == "embedded":
        wanted[BUS] = settings.bus_database()
    async with contextlib.AsyncExitStack() as exits:
        found = {name: url for name, url in wanted.items() if url is not None}
        for url in found.values():
            require_verified(url, settings.plaintext)
        if len(found) < len(wanted):
            server = EmbeddedPostgres(settings.data_dir / "postgres", durable=durable)
            dsn = await exits.enter_async_context(server)
            ours = await ensure_database(dsn, DATABASE)
            found = {name: url or ours for name, url in wanted.items()}
        yield Databases({name: found[name] for name in names}, found.get(BUS))
