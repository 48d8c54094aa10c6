"""A start compares the schema of its store with what this version knows, and changes nothing."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from arrears.schemas import migrations_of
from chassis.bus.embedded import EmbeddedBus
from chassis.bus.embedded_schema import lay_out
from chassis.errors import WrongSchema
from chassis.settings import SERVICES
from chassis.store.migrate import migrate
from chassis.store.schema import SHARED, require_this_version, revisions
from tests.chassis.conftest import OpenToy

_SET = "update toy.alembic_version set version_num = $1"
_TABLE = "select * from toy.dead_letter_actions"
_WAITING = """
select count(*) from pg_locks
where not granted and relation = 'toy.dead_letter_actions'::regclass"""
_BUS_SAYS = "comment on schema bus is 'arrears bus {}'"


async def _execute(dsn: str, statement: str, *values: object) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()


async def _compare(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await require_this_version(connection, "toy")
    finally:
        await connection.close()


async def _start_bus(dsn: str) -> None:
    bus = EmbeddedBus(dsn)
    try:
        await bus.start()
    finally:
        await bus.stop()


@pytest.mark.parametrize("service", SERVICES)
def test_the_newest_revisions_are_those_that_alembic_finds(service: str) -> None:
    folders: list[Path] = [SHARED, *migrations_of(service)]
    config = Config()
    config.set_main_option("script_location", str(SHARED.parent))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(map(str, folders)))
    script = ScriptDirectory.from_config(config)
    ours = revisions(folders[1:])
    assert ours.newest == set(script.get_heads())
    assert ours.known == {one.revision for one in script.walk_revisions()}


class TestStore:
    async def test_that_is_not_there_is_to_be_migrated(self, database: str) -> None:
        with pytest.raises(WrongSchema, match=r"no toy schema.*run `arrears migrate toy`"):
            await _compare(database)

    async def test_that_is_older_is_to_be_migrated(self, database: str) -> None:
        await migrate(database, "toy", to=("chassis_0007",))
        with pytest.raises(WrongSchema, match="older than this version: it is at chassis_0007"):
            await _compare(database)
        await migrate(database, "toy")
        await _compare(database)

    async def test_that_is_newer_is_neither_started_nor_migrated(self, database: str) -> None:
        await migrate(database, "toy")
        await _execute(database, _SET, "chassis_9999")
        with pytest.raises(WrongSchema, match="newer than this version: it is at chassis_9999"):
            await _compare(database)
        with pytest.raises(WrongSchema, match="newer than this version"):
            await migrate(database, "toy")

    async def test_that_is_read_by_a_backup_is_migrated_without_stopping_others(
        self, database: str
    ) -> None:
        await migrate(database, "toy", to=("chassis_0007",))
        backup, service = await asyncpg.connect(database), await asyncpg.connect(database)
        async with asyncio.timeout(60):
            async with backup.transaction():
                await backup.fetch(_TABLE)
                migrating = asyncio.create_task(migrate(database, "toy"))
                while not await service.fetchval(_WAITING):
                    await asyncio.sleep(0.01)
                await service.fetch(_TABLE)
            await migrating
            await _compare(database)
        await backup.close()
        await service.close()

    async def test_that_becomes_newer_stops_no_instance_that_runs(
        self, open_toy: OpenToy, database: str
    ) -> None:
        running = await open_toy()
        assert (await running.readiness())["schema"] == "right"
        await _execute(database, _SET, "chassis_9999")
        assert await running.step() == 0
        assert (await running.readiness())["schema"] == "newer"
        with pytest.raises(WrongSchema, match="newer than this version"):
            await open_toy()

    async def test_that_becomes_older_takes_a_running_instance_out_of_service(
        self, open_toy: OpenToy, database: str
    ) -> None:
        running = await open_toy()
        await _execute(database, _SET, "chassis_0007")
        with pytest.raises(WrongSchema, match="older than this version: it is at chassis_0007"):
            await running.readiness()


class TestEmbeddedBus:
    async def test_that_is_not_there_is_to_be_laid_out(self, database: str) -> None:
        with pytest.raises(WrongSchema, match="run `arrears migrate bus`"):
            await _start_bus(database)
        await lay_out(database)
        await _start_bus(database)

    async def test_that_is_older_is_to_be_laid_out_again(self, database: str) -> None:
        await lay_out(database)
        await _execute(database, "comment on schema bus is null")
        with pytest.raises(WrongSchema, match="run `arrears migrate bus`"):
            await _start_bus(database)

    async def test_that_is_newer_is_neither_used_nor_laid_out(self, database: str) -> None:
        await lay_out(database)
        await _execute(database, _BUS_SAYS.format(99))
        with pytest.raises(WrongSchema, match="newer than this version"):
            await _start_bus(database)
        with pytest.raises(WrongSchema, match="newer than this version"):
            await lay_out(database)
