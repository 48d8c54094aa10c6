"""Everything a store holds, to look at."""

import asyncpg
from asyncpg import Connection

from tests.faults.packed import binary_in

_TABLES = """
select format('%I.%I', schemaname, tablename) from pg_tables
where schemaname not in ('pg_catalog', 'information_schema') order by 1"""


async def dump(dsn: str) -> str:
    """Every row of every table of a database as text, binary columns decoded too.

    For tests that look for planted names: what is not found here is not in the store in clear.
    """
    connection = await asyncpg.connect(dsn)
    try:
        return await dump_over(connection)
    finally:
        await connection.close()


async def dump_over(connection: Connection) -> str:
    """The same over a connection that is there already."""
    tables = [name for (name,) in await connection.fetch(_TABLES)]
    found = [
        f"{table}: {_readable(row)}"
        for table in tables
        for (row,) in await connection.fetch(f"select t::text from {table} t")  # noqa: S608 - from the catalogue
    ]
    return "\n".join(found)


def _readable(row: str) -> str:
    binary = [data.decode("utf-8", "replace") for data in binary_in(row.encode())]
    return " ".join([row, *binary])
