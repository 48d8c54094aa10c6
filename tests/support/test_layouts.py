"""A schema that was laid out is the one that its migration makes."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from arrears.schemas import migrations_of
from chassis.servers.postgres_host import binary, environment
from chassis.settings import SERVICES
from chassis.store import migrate
from tests.support.databases import execute
from tests.support.layouts import REALLY, Layouts


async def _dumped(dsn: str) -> str:
    """All but the rows, of which some have ids of their own in each store."""
    return await _dump(dsn, "--schema-only") + await _dump(
        dsn, "--data-only", "--table=*.alembic_version"
    )


async def _dump(dsn: str, *options: str) -> str:
    process = await asyncio.create_subprocess_exec(
        binary("pg_dump"),
        f"--dbname={dsn}",
        *options,
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return re.sub(r"(?m)^\\\w*restrict .*$", "", output.decode())  # has a word of its own


async def test_it_is_what_a_migration_makes(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    migrated: list[str] = []

    async def upgrade(dsn: str, schema: str, extra: Sequence[Path], to: Sequence[str]) -> bool:
        migrated.append(schema)
        return await REALLY(dsn, schema, extra, to)

    monkeypatch.setattr(migrate, "_is_upgraded", Layouts(upgrade).is_upgraded)
    dumps = []
    for _ in range(2):
        for name in SERVICES:
            await migrate.migrate(database, name, migrations_of(name))
        dumps.append(await _dumped(database))
        for name in SERVICES:
            await execute(database, f"drop schema {name} cascade")
    assert migrated == list(SERVICES)
    assert "CREATE TABLE ledger.events" in dumps[0]
    assert "COPY ledger.alembic_version" in dumps[0]
    assert dumps[0] == dumps[1]
