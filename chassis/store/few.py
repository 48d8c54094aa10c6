"""Committing a unit of work with a few events by one call of the store's function `commit_few`.

A unit of work with one message costs a round trip for each statement; what they do is little. The
call fences, remembers what was consumed, moves the lane on and writes keys, states and events, all
or nothing: outside a transaction it is one.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import asyncpg
from asyncpg import Connection

from chassis.errors import Conflict, Transient
from chassis.store.inbox import Row
from chassis.store.saving import array_text, conflicts, state_columns
from chassis.store.work import Entry, Work

FEW = 200
"""So many events, states or messages at most; COPY pays for more."""

_COMMIT = f"select commit_few({', '.join(f'${number}' for number in range(1, 26))})"
_LANE_LOST, _OFFSETS_MOVED = "AR001", "AR003"
_NOTHING = (None,) * 3


class LaneLost(Transient):
    """The lane belongs to somebody else now: nothing of this transaction may be kept."""


class Consumed(NamedTuple):
    """What a batch of a lane proves and remembers: the epoch in which the lane is held, how far its
    events are published as far as the store does not know (None: no further), its inbox rows, and
    for each topic where it stood and stands.
    """

    epoch: int | None = None
    published: int | None = None
    rows: Sequence[Row] = ()
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
) -> None:
    """Write the work, and note in it which places its events got.

    The cursors of the views named move on with it where all of them are up to date; whoever asks
    for that applies the events in the same transaction (`work.is_shown`). Raises `Conflict`,
    `LaneLost`, `asyncpg.UniqueViolationError` for a message that was consumed before, `Transient`
    where the lane does not stand where it was left.
    """
    with _refusals(work.lane):
        found = await connection.fetchval(
            _COMMIT,
            work.lane,
            consumed.epoch,
            consumed.published,
            *(zip(*consumed.rows, strict=True) if consumed.rows else _NOTHING[:2]),
            *((consumed.topics, consumed.was, consumed.reached) if consumed.topics else _NOTHING),
            *_read(work),
            *_keys(work),
            *(columns := _states(changed)),
            *_events(work),
            views,
        )
    work.wake_at = min(columns[-1] or (), default=None)
    if found is not None:
        before, shown, *positions = found
        work.place(before, positions, is_shown=bool(shown))


def _read(work: Work) -> tuple[list[str] | None, list[int] | None]:
    """The kept states that were read and not written: those that were written to need no look,
    since their next version would be there already.
    """
    if not work.kept:
        return None, None
    read = [
        (stream, entry.version)
        for stream, entry in work.entries.items()
        if entry.version == entry.loaded_version and stream in work.kept
    ]
    return ([one for one, _ in read], [one for _, one in read]) if read else (None, None)


def _keys(work: Work) -> tuple[list[str] | None, list[str] | None, list[bytes] | None]:
    fresh = work.keys.fresh
    if not fresh:
        return None, None, None
    return [one.creditor for one in fresh], [one.account for one in fresh], list(fresh.values())


def _states(changed: Sequence[tuple[str, Entry]]) -> tuple[Any, ...]:
    return state_columns(changed) if changed else (None,) * 5


def _events(work: Work) -> tuple[Any, ...]:
    if not work.pending:
        return (None,) * 6
    _, streams, versions, types, _, causes, data = zip(*work.pending, strict=True)
    return "\n".join(streams), array_text(versions), work.now, "\n".join(types), causes, data


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
        if state == _OFFSETS_MOVED:
            raise Transient(
                f"the offsets of lane {lane} are not where this consumer left them"
            ) from error
        raise Conflict(str(error)) from error
