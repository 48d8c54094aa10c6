"""Schema migrations with Alembic: the chassis' own tables and, beside them, what a service adds.

Only what migrates imports this: Alembic alone takes longer to load than a service to start.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.errors import Misconfigured
from chassis.store.schema import SHARED, require_not_newer

_IS_THERE = "select to_regnamespace($1) is not null"
_CREATE_SCHEMA = "create schema {schema}"
_LOCK = "select pg_advisory_lock(hashtext('arrears.migrate'))"


NEWEST = ("heads",)


async def migrate(
    dsn: str, schema: str, extra: Sequence[Path] = (), to: Sequence[str] = NEWEST
) -> None:
    """Bring one service's schema to the newest version, or `to` the revisions named.

    Raises `Misconfigured` for a revision that this version does not know, `WrongSchema` for a
    schema that is at one. `extra` are folders of the service's own revisions (branches beside
    `chassis`). Safe when several processes do it at once.
    """
    guard = await asyncpg.connect(dsn)
    try:
        await guard.execute(_LOCK)
        await require_not_newer(guard, schema, extra)
        if not await guard.fetchval(_IS_THERE, schema):  # a role of its own may create none
            await guard.execute(_CREATE_SCHEMA.format(schema=schema))
        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: asyncpg.connect(dsn, server_settings={"search_path": schema}),
            poolclass=pool.NullPool,
        )
        try:
            async with engine.begin() as connection:
                await connection.run_sync(_upgrade, schema, extra, to)
        finally:
            await engine.dispose()
    finally:
        await asyncio.shield(guard.close())


def _upgrade(connection: Connection, schema: str, extra: Sequence[Path], to: Sequence[str]) -> None:
    config = Config()
    config.set_main_option("script_location", str(SHARED.parent))
    folders = [SHARED, *extra]
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(folder) for folder in folders))
    config.attributes.update(connection=connection, schema=schema)
    for revision in to:
        try:
            command.upgrade(config, revision)  # runs `migrations/env.py`
        except CommandError as error:
            raise Misconfigured(f"schema {schema}: {error}") from error
