"""Writing what became of many states with one statement; for a few, their events in the same."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import asyncpg
from asyncpg import Connection

from chassis.errors import Conflict
from chassis.store.work import Entry, Work

SMALL = 200
"""So many events at most are written together with their states; COPY pays for more."""

_SAVE = """
insert into state (stream, lane, version, data, wake_at)
select stream, $1, version, data, ($6::timestamptz[])[wake]
from unnest(string_to_array($2, E'\n'), $3::text::int[], $4::bytea[], $5::text::int[])
  changed (stream, version, data, wake)
order by stream
on conflict (stream) do update
set version = excluded.version, data = excluded.data, wake_at = excluded.wake_at
where state.version <= excluded.version"""


LOCK_LANE = "pg_advisory_xact_lock(hashtext(current_schema()), $1)"
"""Makes a transaction the only appender of lane $1 until it ends."""


def together(lock: str = LOCK_LANE) -> str:
    """The statement that writes states, then takes the lane's lock, then inserts events.

    Each part asks for the one before, so the lock is there when the first event gets its position.
    """
    return f"""
with saved as ({_SAVE} returning 1),
locked as (select {lock} from (select count(*) from saved) s)
insert into events (lane, stream, version, type, at, cause, data)
select $1, stream, version, type, $9, cause, data from locked, unnest(
  string_to_array($7, E'\n'), $8::text::int[], string_to_array($10, E'\n'),
  $11::text[], $12::bytea[]) with ordinality
  new (stream, version, type, cause, data, number)
order by number"""  # noqa: S608 - of constants


def is_together(work: Work, changed: Sequence[tuple[str, Entry]], few: int) -> bool:
    """Whether one statement can write this: a little, in one lane, that belongs to no trace."""
    return (
        0 < len(work.pending) <= few
        and len(changed) <= few
        and not work.traced
        and work.lanes() == [work.lane]
    )


@contextmanager
def conflicts() -> Iterator[None]:
    """Events whose version is there already are another writer's."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise Conflict("another writer was first on one of these streams") from error


async def save_together(
    connection: Connection, statement: str, work: Work, changed: Sequence[tuple[str, Entry]]
) -> datetime | None:
    """Write states and events with one statement, which is `together`'s; returns as `save_states`
    does.
    """
    columns = _columns(work.lane, changed)
    _, streams, versions, types, _, causes, data = zip(*work.pending, strict=True)
    await connection.execute(
        statement,
        *columns,
        "\n".join(streams),
        _array_text(versions),
        work.now,
        "\n".join(types),
        causes,
        data,
    )
    return min(columns[-1], default=None)


async def save_states(
    connection: Connection, lane: int, changed: Sequence[tuple[str, Entry]]
) -> datetime | None:
    """Write states, in an order that is everybody's, so that nobody waits in a circle; returns when
    the first of them is to be woken.
    """
    columns = _columns(lane, changed)
    await connection.execute(_SAVE, *columns)
    return min(columns[-1], default=None)


def _columns(lane: int, changed: Sequence[tuple[str, Entry]]) -> tuple[Any, ...]:
    """The values of `_SAVE`; the last are the instants at which something is to be woken.

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
        lane,
        "\n".join([stream for stream, _ in changed]),
        _array_text([entry.version for _, entry in changed]),
        [entry.aggregate.encode_state(entry.state) for _, entry in changed],
        _array_text(places),
        list(instants)[1:],
    )


def _array_text(numbers: Iterable[int]) -> str:
    """Numbers as PostgreSQL writes an array of them."""
    return f"{{{','.join(map(str, numbers))}}}"
