"""Filling empty databases with the stores of a backup: they start nothing yet."""

from pathlib import Path

from asyncpg import Connection

from arrears.backup import files
from arrears.backup.checking import is_same_bus, require_empty
from arrears.backup.manifest import Manifest, Service
from arrears.backup.moment import connected
from arrears.databases import Databases
from arrears.schemas import migrations_of
from arrears.stack import open_bus
from chassis.bus.embedded_schema import lay_out
from chassis.errors import BrokenInvariant, Misconfigured
from chassis.settings import Settings
from chassis.store import copies, restored
from chassis.store.migrate import migrate


async def fill(
    settings: Settings, databases: Databases, folder: Path, made: Manifest, *, new_bus: bool
) -> bool:
    """Make the stores as the backup has them; answers whether the bus is still the same one.

    All of them are marked before the first is filled, so that whatever is left when this is
    interrupted starts nothing.
    """
    if databases.bus is not None:
        await lay_out(databases.bus)
    async with connected(databases.owned) as connections:
        again = await require_empty(connections)
        async with open_bus(settings, databases) as bus:
            same = await is_same_bus(bus, made, new_bus=new_bus, again=again)
        for name, connection in connections.items():
            await copies.drop(connection, name)
        for name, service in made.services.items():
            await _make(databases.owned[name], name, service, made)
            await restored.begin(connections[name], name)
        for name, service in made.services.items():
            async with connections[name].transaction():
                await _copy_in(connections[name], name, service, folder)
                await restored.settle(connections[name], name, service.store, new_bus=not same)
    return same


async def _copy_in(connection: Connection, name: str, service: Service, folder: Path) -> None:
    await copies.empty(connection, name, [rows.table.name for rows in service.tables])
    for rows in service.tables:
        content = files.content(folder, rows.file)
        count = await copies.copy_in(connection, name, rows.table, content)
        if count != rows.count:
            raise BrokenInvariant(f"{rows.file.name}: {count} rows came back of {rows.count}")


async def _make(dsn: str, name: str, service: Service, made: Manifest) -> None:
    """An empty store in the form in which the backup has it."""
    try:
        await migrate(dsn, name, migrations_of(name), service.store.revisions)
    except Misconfigured as error:
        raise Misconfigured(
            f"the backup is of version {made.version}, whose {name} store this version does not "
            f"know ({error}): restore it with that version or a later one"
        ) from error
