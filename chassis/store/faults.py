"""Whose fault a failure is: that of what was to be written, or of something around it.

What is at fault itself fails every time and is set aside; so is what alone takes too long again and
again (`overdue`). Everything else is tried again, and nothing may be set aside for it: a full disk
would empty the topics into the dead letters.
"""

from collections.abc import Awaitable, Callable

import asyncpg

from chassis.errors import ArrearsError, Busy, Conflict, Misconfigured, Transient
from chassis.logging import place_of
from chassis.store.overdue import TIMES, TookTooLong, took_too_long
from chassis.store.pool import LOST
from contracts.errors import MalformedMessage

PASSING = (Conflict, Busy, Transient)
"""Errors of ours that another time may be without."""
_OF_THE_DATA = ("21", "22", "23", "54", "P0")
"""Classes of SQLSTATE: cardinality, data, integrity, limits of the program, raised by a function.
Others speak of the server, of its resources, of rights or of the schema.
"""
LATE_PARTS = 8  # each part that takes too long costs all the time a statement may take


def is_its_own(error: BaseException) -> bool:
    """Whether a failure lies in what was handled or written, so that it would fail again."""
    if isinstance(error, (*PASSING, Misconfigured, MemoryError, *LOST)):
        return False
    if isinstance(error, asyncpg.PostgresError):
        return str(error.sqlstate or "").startswith(_OF_THE_DATA)
    return isinstance(error, Exception)


def told_of(error: BaseException) -> str:
    """A failure in a sentence without data: what libraries and the server say may quote some."""
    if isinstance(error, ArrearsError | MalformedMessage):
        return str(error)
    state = getattr(error, "sqlstate", None)
    said = f"{type(error).__name__} (SQLSTATE {state})" if state else type(error).__name__
    place = place_of(error)
    return f"{said} at {place}" if place else said


async def by_halves(
    take: Callable[[int], Awaitable[int]],
    set_aside: Callable[[Exception], Awaitable[int]],
    size_max: int,
    pool: "asyncpg.Pool[asyncpg.Record]",
) -> int:
    """Do what is next, `size_max` at a time; returns how many that were.

    What fails for its own fault, or takes too long, is taken in ever smaller parts, until the one
    at fault stands alone and is set aside. `take(size)` answers how many it did, 0 at the end, and
    has done nothing when it raises. `pool` is that of the store in which things may take too long.
    """
    size, done, late = size_max, 0, 0
    while True:
        try:
            moved = await take(size)
        except Exception as error:
            own = is_its_own(error)
            if not own and not await took_too_long(pool, error):
                raise
            if size > 1:
                size = size // 2 if own else max(1, size // LATE_PARTS)
                continue
            late += not own
            if own or late == TIMES:
                return done + await set_aside(error if own else TookTooLong())
            continue
        late = 0
        done += moved
        if size == size_max or not moved:
            return done
