"""The epochs of a store: part of the ids of its messages, another one after each restore.

What the store did between a backup and its loss is on the bus under ids of the old epoch. Events
that the backup has are published under their old ids, so that whoever heard them drops them; what
the restored store decides anew is something else and gets an id nobody has heard.
"""

from bisect import bisect_right
from collections.abc import Sequence

from asyncpg import Connection

_FIRST = "select epoch from store_meta"
_LATER = "select from_position, epoch from epochs order by from_position"


class Epochs:
    """The epoch of each position of the log: `first`, until the first of `later` begins."""

    def __init__(self, first: str, later: Sequence[tuple[int, str]] = ()) -> None:
        self._starts = [start for start, _ in later]
        self._names = [first, *(name for _, name in later)]

    def at(self, position: int) -> str:
        """The epoch in which the event of a position was first decided."""
        return self._names[bisect_right(self._starts, position)]


async def read(connection: Connection, first: str) -> Epochs:
    """The epochs of a store whose own, from the beginning, is `first`."""
    rows = await connection.fetch(_LATER)
    return Epochs(first, [(row["from_position"], row["epoch"]) for row in rows])


async def of_store(connection: Connection) -> Epochs:
    """The epochs of the store a connection is in."""
    return await read(connection, await connection.fetchval(_FIRST))
