"""Schema migrations with Alembic: the chassis' own tables and, beside them, what a service adds."""

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

_HERE = Path(__file__).parent / "migrations"
_CREATE_SCHEMA = "create schema if not exists {schema}"
_LOCK = "select pg_advisory_lock(hashtext('arrears.migrate'))"


NEWEST = ("heads",)


async def migrate(
    dsn: str, schema: str, extra: Sequence[Path] = (), to: Sequence[str] = NEWEST
) -> None:
    """Bring one service's schema to the newest version, or `to` the revisions named.

    Raises `Misconfigured` for a revision that this version does not know. `extra` are folders of
    the service's own revisions (branches beside `chassis`). Safe when several processes start at
    once.
    """
    guard = await asyncpg.connect(dsn)
    try:
        await guard.execute(_LOCK)
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
    config.set_main_option("script_location", str(_HERE))
    folders = [_HERE / "versions", *extra]
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(folder) for folder in folders))
    config.attributes.update(connection=connection, schema=schema)
    for revision in to:
        try:
            command.upgrade(config, revision)  # runs `migrations/env.py`
        except CommandError as error:
            raise Misconfigured(f"schema {schema}: {error}") from error
