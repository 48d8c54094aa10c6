"""Committing a unit of work: where little is to be written, its events and what the views make of
them in one transaction.

A view that fails does not stop the commit: it is made again without the views, which follow later
and set aside what they fail for.
"""

import asyncio
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Protocol

from asyncpg import Connection

from chassis.errors import Transient
from chassis.logging import get_logger
from chassis.store.saving import NOTHING, Consumed
from chassis.store.store import Store
from chassis.store.stored import Stored
from chassis.store.work import Work

log = get_logger(__name__)

_PATIENCE_SECONDS = 2.0


class NotShown(Transient):
    """A view failed for the events of a work: it is to be written without the views."""


def _no_probe(_point: str) -> None:
    """Nobody waits for the points where a crash hurts."""


class Shows(Protocol):
    """Keeps the views up (`Projector`)."""

    strict: bool

    @property
    def names(self) -> list[str]: ...
    def reads(self, types: AbstractSet[str]) -> bool: ...
    async def show(self, connection: Connection, events: Sequence[Stored]) -> None: ...


@dataclass
class Committing:
    """Commits units of work of a store. A commit waits for the views no longer than for
    `patience_seconds`; `probe` as for the consumer.

    In a simulation the views have a step of their own: who sends what they show hears first what
    others say of the same instant.
    """

    store: Store
    projector: Shows
    patience_seconds: float = _PATIENCE_SECONDS
    probe: Callable[[str], None] = _no_probe
    _failed: set[int] = field(default_factory=set)
    """Lanes whose views failed for the work in hand."""

    async def commit_few(self, connection: Connection, work: Work, consumed: Consumed) -> None:
        """Commit what `Store.is_few`, and what was consumed for it, on a connection without a
        transaction; raises as `Store.commit_few` does.
        """
        if work.lane in self._failed:
            await self.store.commit_few(connection, work, consumed)
            self._failed.discard(work.lane)
            return
        if not self._changes_views(work):
            await self.store.commit_few(connection, work, consumed, self._names)
            return
        try:
            async with connection.transaction():
                await self.write(connection, work, consumed)
        except NotShown as error:
            log.info("views_follow_later", lane=work.lane, error=error.__cause__)
            await self.store.commit_few(connection, work, consumed)
            self._failed.discard(work.lane)

    async def write(
        self,
        connection: Connection,
        work: Work,
        consumed: Consumed = NOTHING,
        *,
        shows: bool = True,
    ) -> None:
        """Write a work, and with `shows` what the views make of it, as the last thing in a
        transaction; raises as `Store.save` does, and `NotShown`.
        """
        names = self._names if shows and work.lane not in self._failed else []
        if not self.store.is_few(work):
            await self.store.save(connection, work, names)
        elif work.changed() or work.keys.fresh or consumed is not NOTHING:
            await self.store.commit_few(connection, work, consumed, names)
        if not names:
            self._failed.discard(work.lane)
        if work.is_shown and self._changes_views(work):
            await self._show(connection, work)

    def failed_to_show(self, lane: int) -> bool:
        """Whether a lane's views failed the last time, however that showed: once more, without
        them.
        """
        return lane in self._failed

    @property
    def _names(self) -> list[str]:
        return [] if self.projector.strict else self.projector.names

    def _changes_views(self, work: Work) -> bool:
        return not self.projector.strict and self.projector.reads(
            {pending[3] for pending in work.pending}
        )

    async def _show(self, connection: Connection, work: Work) -> None:
        try:
            async with asyncio.timeout(self.patience_seconds):
                await self.projector.show(connection, work.stored)
        # whatever it is, the views follow, and say what fails them
        except Exception as error:
            work.is_shown = False
            self._failed.add(work.lane)  # the session may have ended with it
            raise NotShown from error
        work.calls_workers = True
        self.probe("commit.shown")
