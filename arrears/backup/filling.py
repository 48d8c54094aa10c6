"""Filling an empty database with the stores of a backup: they start nothing yet."""

from collections.abc import Sequence
from pathlib import Path

import asyncpg

import services
from arrears.backup import files
from arrears.backup.checking import is_same_bus, require_empty
from arrears.backup.manifest import Manifest, Service
from arrears.stack import open_bus
from chassis.errors import BrokenInvariant, Misconfigured
from chassis.settings import SERVICES, Settings
from chassis.store import copies, restored
from chassis.store.migrate import migrate


async def fill(
    settings: Settings, dsn: str, folder: Path, made: Manifest, *, new_bus: bool
) -> bool:
    """Make the stores as the backup has them; answers whether the bus is still the same one.

    All of them are marked before the first is filled, so that whatever is left when this is
    interrupted starts nothing.
    """
    connection = await asyncpg.connect(dsn, command_timeout=None)
    try:
        await connection.execute("set statement_timeout = 0")
        again = await require_empty(connection)
        async with open_bus(settings, dsn) as bus:
            same = await is_same_bus(bus, made, new_bus=new_bus, again=again)
        for name in SERVICES:
            await copies.drop(connection, name)
        for name, service in made.services.items():
            await _make(dsn, name, service, made)
            await restored.begin(connection, name)
        for name, service in made.services.items():
            async with connection.transaction():
                names = [rows.table.name for rows in service.tables]
                await copies.empty(connection, name, names)
                for rows in service.tables:
                    content = files.content(folder, rows.file)
                    count = await copies.copy_in(connection, name, rows.table, content)
                    if count != rows.count:
                        raise BrokenInvariant(
                            f"{rows.file.name}: {count} rows came back of {rows.count}"
                        )
                await restored.settle(connection, name, service.store, new_bus=not same)
    finally:
        await connection.close()
    return same


async def _make(dsn: str, name: str, service: Service, made: Manifest) -> None:
    """An empty store in the form in which the backup has it."""
    try:
        await migrate(dsn, name, _migrations(name), service.store.revisions)
    except Misconfigured as error:
        raise Misconfigured(
            f"the backup is of version {made.version}, whose {name} store this version does not "
            f"know ({error}): restore it with that version or a later one"
        ) from error


def _migrations(name: str) -> Sequence[Path]:
    folder = Path(services.__path__[0]) / name / "migrations"
    return [folder] if folder.is_dir() else []
