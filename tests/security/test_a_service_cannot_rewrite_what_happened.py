"""Whoever can have a service run statements changes and removes no event and no record."""

import pytest
from asyncpg import PostgresError

from tests.ledger.conftest import World, world

__all__ = ["world"]

KEPT = ("events", "event_chain", "access_records")
DEEDS = ("update {table} set {column} = {column}", "delete from {table}", "truncate {table}")


@pytest.mark.parametrize("table", KEPT)
@pytest.mark.parametrize("deed", DEEDS)
async def test_what_is_written_once_stays(world: World, table: str, deed: str) -> None:
    column = {"events": "data", "event_chain": "hash", "access_records": "subject"}[table]
    with pytest.raises(PostgresError, match="written once"):
        await world.service.pool.execute(deed.format(table=table, column=column))


async def test_the_end_of_the_record_is_not_forgotten(world: World) -> None:
    for deed in ("delete from access_chain", "truncate access_chain"):
        with pytest.raises(PostgresError, match="written once"):
            await world.service.pool.execute(deed)
