"""Rows that belong to no single stream and are written by several lanes, together with their
events.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from asyncpg import Connection

from chassis.store.vault import KeyRing
from chassis.store.work import Work
from contracts.words.streams import Subject


class SubjectKeys(Protocol):
    """The part of the store that knows debtors' keys and what stands for a personal text."""

    async def keys(self, connection: Connection, subjects: Iterable[Subject]) -> KeyRing: ...

    def pseudonym(self, text: str) -> str: ...


class Beside(Protocol):
    """What a service keeps beside its streams.

    `load` comes once the streams are loaded and leaves what it read in `work.beside`; with `lock`
    rows may be locked until the transaction ends, since all of them come with one call. `save` is
    called when something was left there, before anything else is written, and raises `Conflict`
    when another writer was first.
    """

    async def load(
        self,
        store: SubjectKeys,
        connection: Connection,
        work: Work,
        streams: Sequence[str],
        *,
        lock: bool,
    ) -> None: ...

    async def save(self, connection: Connection, work: Work) -> None: ...
