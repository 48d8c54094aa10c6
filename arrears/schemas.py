"""The schemas of services and embedded bus: brought to this version, or compared with it."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import services
from arrears.databases import BUS, Databases
from chassis import postgres
from chassis.bus import embedded_schema
from chassis.errors import WrongSchema
from chassis.settings import ServiceName
from chassis.store import granting, schema
from chassis.store.migrate import migrate as migrate_store


def migrations_of(name: str) -> Sequence[Path]:
    """The folders of a service's own revisions."""
    folder = Path(services.__path__[0]) / name / "migrations"
    return [folder] if folder.is_dir() else []


async def migrate(databases: Databases) -> None:
    """Bring them to this version; raises `WrongSchema` for one that a later version has migrated.

    Instances that run meanwhile go on: revisions only add.
    """
    for name, dsn in databases.owned.items():
        await migrate_store(dsn, name, migrations_of(name))
        await grant(databases, name)
    if databases.bus is not None:
        await embedded_schema.lay_out(databases.bus)


async def grant(databases: Databases, name: ServiceName) -> None:
    """Let the role that serves a store do so, where another one owns it."""
    if name not in databases.owners:
        return
    serving = await postgres.connect(databases.services[name])
    try:
        role = await granting.role_of(serving)
    finally:
        await serving.close()
    owner = await postgres.connect(databases.owners[name])
    try:
        await granting.let_serve(owner, name, role)
    finally:
        await owner.close()


async def compared(databases: Databases) -> AsyncIterator[tuple[bool, str]]:
    """Yield for each whether it is at this version, and a sentence about it."""
    for name, dsn in databases.services.items():
        yield await _compared(dsn, name)
    if databases.bus is not None:
        yield await _compared(databases.bus, BUS)


async def _compared(dsn: str, name: str) -> tuple[bool, str]:
    connection = await postgres.connect(dsn)
    try:
        if name == BUS:
            await embedded_schema.require_this_version(connection)
            return True, f"{name}: right, at {embedded_schema.VERSION}"
        extra = migrations_of(name)
        await schema.require_this_version(connection, name, extra)
        return True, f"{name}: right, at {schema.listed(schema.revisions(extra).newest)}"
    except WrongSchema as error:
        return False, str(error)
    finally:
        await connection.close()
