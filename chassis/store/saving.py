"""Writing a unit of work: one with a few events by one call of the store's function `commit_few`,
the states of others with one statement.

A unit of work with one message costs a round trip for each statement; what they do is little. The
call fences, remembers what was consumed, moves the lane on and writes keys, states and events, all
or nothing: outside a transaction it is one.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

import asyncpg
from asyncpg import Connection

from chassis.errors import Conflict, Transient
from chassis.store import elsewhere
from chassis.store.packing import Pack, as_it_is
from chassis.store.work import Entry, Work

_COMMIT = f"select commit_few({', '.join(f'${number}' for number in range(1, 26))})"
_COMMIT_OWN = f"select commit_few({', '.join(f'${number}' for number in range(1, 29))})"
_LANE_LOST, _OFFSETS_MOVED, _ELSEWHERE = "AR001", "AR003", "AR005"
_NOTHING = (None,) * 3
# Expanded in the list of a select, an array gives its rows as they are asked for and in its order;
# as a table it would be copied before, and sorting here would copy the rows once more.
_SAVE = """
insert into state (stream, lane, version, data, wake_at)
select stream, $1, version, data, ($6::timestamptz[])[wake]
from (
  select unnest(string_to_array($2, E'\n')) as stream, unnest($3::text::int[]) as version,
    unnest($4::bytea[]) as data, unnest($5::text::int[]) as wake) changed
on conflict (stream) do update
set version = excluded.version, data = excluded.data, wake_at = excluded.wake_at
where state.version <= excluded.version"""

LOCK_LANE = "select pg_advisory_xact_lock(hashtext(current_schema()), $1)"
"""Makes a transaction the only appender of lane $1 until it ends."""


class LaneLost(Transient):
    """The lane belongs to somebody else now: nothing of this transaction may be kept."""


class Consumed(NamedTuple):
    """What a batch of a lane proves and remembers: the epoch in which the lane is held, how far its
    events are published as far as the store does not know (None: no further), its inbox rows, and
    for each topic where it stood and stands.
    """

    epoch: int | None = None
    published: int | None = None
    rows: Sequence[tuple[bytes, bytes, bool]] = ()
    topics: Sequence[str] = ()
    was: Sequence[int] = ()
    reached: Sequence[int] = ()


NOTHING = Consumed()


def is_few(work: Work, changed: Sequence[tuple[str, Entry]], few: int, rows: int = 0) -> bool:
    """Whether one call can write this: a little, in one lane, that belongs to no trace and erases
    nobody.
    """
    return (
        max(len(work.pending), len(changed), rows) <= few
        and not work.traced
        and not work.keys.erased
        and work.lanes() in ([work.lane], [])
    )


async def commit(
    connection: Connection,
    work: Work,
    changed: Sequence[tuple[str, Entry]],
    consumed: Consumed = NOTHING,
    views: Sequence[str] = (),
    pack: Pack = as_it_is,
) -> None:
    """Write the work, and note in it which places its events got.

    The cursors of the views named move on with it where all of them are up to date; whoever asks
    for that applies the events in the same transaction (`work.is_shown`). Raises `Conflict`,
    `LaneLost`, `Elsewhere`, `asyncpg.UniqueViolationError` for a message that was consumed before,
    `Transient` where the lane does not stand where it was left.
    """
    own = _remembered(consumed, is_own=True)
    with _refusals(work.lane):
        found = await connection.fetchval(
            _COMMIT_OWN if own else _COMMIT,
            work.lane,
            consumed.epoch,
            consumed.published,
            *(_remembered(consumed, is_own=False) or _NOTHING[:2]),
            *((consumed.topics, consumed.was, consumed.reached) if consumed.topics else _NOTHING),
            *_read(work),
            *_keys(work),
            *(columns := _states(changed)),
            *_events(work, pack),
            views,
            *((*own, work.now) if own else ()),
        )
    work.wake_at = min(columns[-1] or (), default=None)
    if found is not None:
        before, shown, *positions = found
        work.place(before, positions, is_shown=bool(shown))


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
    columns = state_columns(sorted(changed, key=itemgetter(0)))
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


def only_read(work: Work) -> dict[str, int]:
    """The versions of the kept states that were read and not written: those that were written to
    need no look, since their next version would be there already.
    """
    if not work.kept:
        return {}
    return {
        stream: entry.version
        for stream, entry in work.entries.items()
        if entry.version == entry.loaded_version and stream in work.kept
    }


def _remembered(consumed: Consumed, *, is_own: bool) -> tuple[Any, ...]:
    """Columns of the rows of the inbox that are kept for a time, or of the others."""
    return tuple(zip(*(row[:2] for row in consumed.rows if row[2] is is_own), strict=True))


def _read(work: Work) -> tuple[list[str] | None, list[int] | None]:
    read = only_read(work)
    return (list(read), list(read.values())) if read else (None, None)


def _keys(work: Work) -> tuple[list[str] | None, list[str] | None, list[bytes] | None]:
    fresh = work.keys.fresh
    if not fresh:
        return None, None, None
    return [one.creditor for one in fresh], [one.account for one in fresh], list(fresh.values())


def _states(changed: Sequence[tuple[str, Entry]]) -> tuple[Any, ...]:
    return state_columns(changed) if changed else (None,) * 5


def _events(work: Work, pack: Pack) -> tuple[Any, ...]:
    if not work.pending:
        return (None,) * 6
    _, streams, versions, types, _, causes, data = zip(*work.pending, strict=True)
    contents = list(map(pack, data))
    return "\n".join(streams), array_text(versions), work.now, "\n".join(types), causes, contents


@contextmanager
def _refusals(lane: int) -> Iterator[None]:
    """What the function refuses, as errors of ours."""
    try:
        with conflicts():
            yield
    except asyncpg.PostgresError as error:
        state = error.sqlstate or ""
        if not state.startswith("AR"):
            raise
        if state == _LANE_LOST:
            raise LaneLost(f"lane {lane} was taken over") from error
        if state == _ELSEWHERE:
            raise elsewhere.refusal(lane) from error
        if state == _OFFSETS_MOVED:
            raise Transient(
                f"the offsets of lane {lane} are not where this consumer left them"
            ) from error
        raise Conflict(str(error)) from error
