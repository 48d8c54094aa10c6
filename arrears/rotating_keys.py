"""The key-encryption key of the services' stores, changed while they work on."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from asyncpg import Connection

from arrears.databases import open_databases
from arrears.schemas import migrations_of
from chassis import kek, postgres
from chassis.errors import Misconfigured
from chassis.runtime.instance import no_probe
from chassis.settings import ServiceName, Settings
from chassis.store.rotating import Rotation, counted
from chassis.store.schema import require_this_version
from chassis.store.wrapping import key_id

_LOCK = "select pg_advisory_lock(hashtext('keys ' || current_schema()))"


class Held(NamedTuple):
    """How many data keys a key-encryption key wraps in a service's store; no `id`: unnamed."""

    service: ServiceName
    id: str
    number: int


def make_next(settings: Settings) -> None:
    """Make the file with a next key; raises `Misconfigured` where there is one already."""
    if settings.kek_next is not None:
        raise Misconfigured("ARREARS_KEK_NEXT has the next key already")
    if not kek.write(settings, settings.kek_next_file):
        raise Misconfigured(f"there is a next key already: {settings.kek_next_file}")


def ids(settings: Settings) -> dict[str, str]:
    """The ids of the settings' keys: `now` and, where there is one, `next`."""
    given = {
        "now": kek.present(settings, make=False),
        "next": kek.following(settings),
    }
    return {name: key_id(raw).hex() for name, raw in given.items() if raw is not None}


async def listed(settings: Settings, services: Sequence[ServiceName]) -> list[Held]:
    """Which keys wrap how many data keys, in the databases of the settings."""
    found: list[Held] = []
    async with open_databases(settings, services, bus=False) as databases:
        for service in services:
            async with _connected(databases.services[service], service) as connection:
                numbers = await counted(connection)
                found += [Held(service, name, number) for name, number in numbers.items()]
    return found


async def rotate(
    settings: Settings,
    services: Sequence[ServiceName],
    probe: Callable[[str], None] = no_probe,
) -> dict[ServiceName, int]:
    """Bring the next key in; answers how many data keys were wrapped again in each store.

    Safe to repeat, wherever it was cut off. Raises `Misconfigured` as `Rotation.run` does.
    """
    old, new = kek.present(settings, make=False), kek.following(settings)
    if old is None or new is None or old == new:
        raise Misconfigured(
            "two key-encryption keys are wanted, the present one and the next: give "
            f"ARREARS_KEK_NEXT (or {settings.kek_next_file}, which `arrears keys new` makes) too"
        )
    done: dict[ServiceName, int] = {}
    async with open_databases(settings, services, bus=False) as databases:
        for service in services:
            async with _connected(databases.services[service], service) as connection:
                await connection.execute(_LOCK)
                rotation = Rotation(connection, service, old, new, settings.lease_seconds, probe)
                done[service] = await rotation.run()
    return done


@asynccontextmanager
async def _connected(dsn: str, service: ServiceName) -> AsyncIterator[Connection]:
    connection = await postgres.connect(
        dsn, server_settings={"search_path": service, "application_name": "arrears-keys"}
    )
    try:
        await require_this_version(connection, service, migrations_of(service))
        yield connection
    finally:
        await connection.close()
