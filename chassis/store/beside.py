"""Rows that belong to no single stream and are written by several lanes, together with their
events.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from asyncpg import Connection

from chassis.store.work import Work

if TYPE_CHECKING:
    from chassis.store.store import Store


class Beside(Protocol):
    """What a service keeps beside its streams.

    `load` comes once the streams are loaded and leaves what it read in `work.beside`; with `lock`
    rows may be locked until the transaction ends, since all of them come with one call. `save` is
    called when something was left there, before anything else is written, and raises `Conflict`
    when another writer was first.
    """

    async def load(
        self,
        store: "Store",
        connection: Connection,
        work: Work,
        streams: Sequence[str],
        *,
        lock: bool,
    ) -> None: ...

    async def save(self, connection: Connection, work: Work) -> None: ...
