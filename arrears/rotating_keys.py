"""The key-encryption key of the services' stores, changed while they work on."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from asyncpg import Connection

from arrears.databases import open_databases
from arrears.schemas import migrations_of
from chassis import kek, postgres
from chassis.errors import Misconfigured
from chassis.postgres import require_verified
from chassis.runtime.instance import no_probe
from chassis.settings import ServiceName, Settings
from chassis.store import elsewhere
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


async def listed(
    settings: Settings, services: Sequence[ServiceName], also: Sequence[str] = ()
) -> list[Held]:
    """Which keys wrap how many data keys, in the databases of the settings and those named beside
    them.
    """
    found: list[Held] = []
    async with _opened(settings, services, also) as stores:
        for store in stores:
            numbers = await counted(store.connection)
            found += [Held(store.service, name, number) for name, number in numbers.items()]
    return found


async def rotate(
    settings: Settings,
    services: Sequence[ServiceName],
    probe: Callable[[str], None] = no_probe,
    also: Sequence[str] = (),
) -> dict[ServiceName, int]:
    """Bring the next key in; answers how many data keys were wrapped again of each service.

    Where lanes of a service are in several databases, `also` has the others' DSNs. Safe to repeat,
    wherever it was cut off. Raises `Misconfigured` as `Rotation.run` does, and, before anything is
    done, for a database that is not named.
    """
    old, new = kek.present(settings, make=False), kek.following(settings)
    if old is None or new is None or old == new:
        raise Misconfigured(
            "two key-encryption keys are wanted, the present one and the next: give "
            f"ARREARS_KEK_NEXT (or {settings.kek_next_file}, which `arrears keys new` makes) too; "
            "`arrears keys list` says where another one is left"
        )
    done = dict.fromkeys(services, 0)
    async with _opened(settings, services, also) as stores:
        await _require_all(stores)
        for service, connection in stores:
            await connection.execute(_LOCK)
            rotation = Rotation(connection, service, old, new, settings.lease_seconds, probe)
            done[service] += await rotation.run()
    return done


class _Store(NamedTuple):
    service: ServiceName
    connection: Connection


@asynccontextmanager
async def _opened(
    settings: Settings, services: Sequence[ServiceName], also: Sequence[str]
) -> AsyncIterator[list[_Store]]:
    """All databases that are given of some services."""
    for dsn in also:
        require_verified(dsn, settings.plaintext)
    async with AsyncExitStack() as exits:
        databases = await exits.enter_async_context(open_databases(settings, services, bus=False))
        found: list[_Store] = []
        for service in services:
            first = await exits.enter_async_context(
                _connected(databases.services[service], service)
            )
            found.append(_Store(service, first))
            places = {await elsewhere.place(first)}
            for dsn in also if await elsewhere.others(first) else ():
                other = await exits.enter_async_context(_connected(dsn, service))
                if (place := await elsewhere.place(other)) not in places:
                    places.add(place)
                    found.append(_Store(service, other))
        yield found


async def _require_all(stores: Sequence[_Store]) -> None:
    """Raise `Misconfigured` where lanes are in a database that is not among them."""
    places = {await elsewhere.place(connection) for _, connection in stores}
    for service, connection in stores:
        for other in await elsewhere.others(connection):
            if other.place not in places:
                lanes = ", ".join(map(str, other.lanes))
                raise Misconfigured(
                    f"lanes {lanes} of {service} are in {other.at}: give its URL too (--also, or "
                    "ARREARS_KEYS_ALSO), so that its keys are not left behind"
                )


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
