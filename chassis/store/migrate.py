"""Schema migrations with Alembic: the chassis' own tables and, beside them, what a service adds.

Only what migrates imports this: Alembic alone takes longer to load than a service to start.

Running instances go on meanwhile. Changing a table waits for whoever reads it, and everybody else
then waits behind that: so it waits a second at most, makes room, and tries again.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, pool
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import postgres
from chassis.errors import Misconfigured, Transient
from chassis.store.schema import SHARED, require_not_newer

_IS_THERE = "select to_regnamespace($1) is not null"
_CREATE_SCHEMA = "create schema {schema}"
_LOCK = "select pg_advisory_lock(hashtext('arrears.migrate'))"
_NOT_AVAILABLE = asyncpg.LockNotAvailableError.sqlstate
_LOCK_SECONDS = "1s"
_PAUSE_SECONDS = 2.0
_ATTEMPTS = 100  # five minutes

NEWEST = ("heads",)


async def migrate(
    dsn: str, schema: str, extra: Sequence[Path] = (), to: Sequence[str] = NEWEST
) -> None:
    """Bring one service's schema to the newest version, or `to` the revisions named.

    Raises `Misconfigured` for a revision that this version does not know, `WrongSchema` for a
    schema that is at one, `Transient` when a table is never free. `extra` are folders of the
    service's own revisions (branches beside `chassis`). Safe when several processes do it at once.
    """
    guard = await postgres.connect(dsn)
    try:
        await guard.execute(_LOCK)
        await require_not_newer(guard, schema, extra)
        if not await guard.fetchval(_IS_THERE, schema):  # a role of its own may create none
            await guard.execute(_CREATE_SCHEMA.format(schema=schema))
        for _ in range(_ATTEMPTS):
            if await _is_upgraded(dsn, schema, extra, to):
                return
            await asyncio.sleep(_PAUSE_SECONDS)
        raise Transient(
            f"the {schema} schema is not migrated: somebody holds one of its tables for minutes (a "
            "backup?). Nothing was changed; run it again"
        )
    finally:
        await asyncio.shield(guard.close())


async def _is_upgraded(dsn: str, schema: str, extra: Sequence[Path], to: Sequence[str]) -> bool:
    """Try to upgrade, all or nothing; False where a table was not free soon enough."""
    settings = {"search_path": schema, "lock_timeout": _LOCK_SECONDS}
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: postgres.connect(dsn, server_settings=settings),
        poolclass=pool.NullPool,
    )
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, schema, extra, to)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _NOT_AVAILABLE:
            return False
        raise
    finally:
        await engine.dispose()
    return True


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
