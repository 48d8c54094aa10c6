"""Writing what became of many states with one statement."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import asyncpg
from asyncpg import Connection

from chassis.errors import Conflict
from chassis.store.work import Entry

_SAVE = """
insert into state (stream, lane, version, data, wake_at)
select stream, $1, version, data, ($6::timestamptz[])[wake]
from unnest(string_to_array($2, E'\n'), $3::text::int[], $4::bytea[], $5::text::int[])
  changed (stream, version, data, wake)
order by stream
on conflict (stream) do update
set version = excluded.version, data = excluded.data, wake_at = excluded.wake_at
where state.version <= excluded.version"""

LOCK_LANE = "select pg_advisory_xact_lock(hashtext(current_schema()), $1)"
"""Makes a transaction the only appender of lane $1 until it ends."""


@contextmanager
def conflicts() -> Iterator[None]:
    """Events whose version is there already are another writer's."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.table_name != "events":
            raise
        raise Conflict("another writer was first on one of these streams") from error


async def save_states(
    connection: Connection, lane: int, changed: Sequence[tuple[str, Entry]]
) -> datetime | None:
    """Write states, in an order that is everybody's, so that nobody waits in a circle; returns when
    the first of them is to be woken.
    """
    columns = state_columns(changed)
    await connection.execute(_SAVE, lane, *columns)
    return min(columns[-1], default=None)


def state_columns(changed: Sequence[tuple[str, Entry]]) -> tuple[Any, ...]:
    """What is written of some states; the last are the instants at which something is to be woken.

    Numbers go as the text of an array, names as lines of one text, and each instant once with
    its place (0: none): how asyncpg encodes an array's elements takes a tenth of a consumer's
    time otherwise.
    """
    instants: dict[datetime | None, int] = {None: 0}
    places = [
        instants.setdefault(entry.aggregate.wake_at(entry.state), len(instants))
        for _, entry in changed
    ]
    return (
        "\n".join([stream for stream, _ in changed]),
        array_text([entry.version for _, entry in changed]),
        [entry.aggregate.encode_state(entry.state) for _, entry in changed],
        array_text(places),
        list(instants)[1:],
    )


def array_text(numbers: Iterable[int]) -> str:
    """Numbers as PostgreSQL writes an array of them."""
    return f"{{{','.join(map(str, numbers))}}}"
