"""Committing a unit of work: where little is to be written, its events and what the views make of
them in one transaction.

A view that fails does not stop the commit: it is made again without the views, which follow later
and set aside what they fail for.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

from asyncpg import Connection

from chassis.logging import get_logger
from chassis.store.faults import is_its_own
from chassis.store.saving import NOTHING, Consumed
from chassis.store.store import Store
from chassis.store.stored import Stored
from chassis.store.work import Work

log = get_logger(__name__)


class _NotShown(Exception):
    """A view failed for the events of a work."""


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
    """Commits units of work of a store; `probe` as for the consumer."""

    store: Store
    projector: Shows
    probe: Callable[[str], None] = _no_probe

    async def commit(self, connection: Connection, work: Work) -> None:
        """Commit on a connection without a transaction; raises as `Store.save` does."""
        if not self.store.is_few(work):
            async with connection.transaction():
                await self.store.save(connection, work)
            return
        await self.commit_few(connection, work)

    async def commit_few(
        self, connection: Connection, work: Work, consumed: Consumed = NOTHING
    ) -> None:
        """Commit what `Store.is_few` by one call, and what was consumed for it; raises as
        `Store.commit_few` does.
        """
        if not work.changed() and not work.keys.fresh and consumed is NOTHING:
            return
        views = self.projector.names
        if not self.projector.reads({pending[3] for pending in work.pending}):
            await self.store.commit_few(connection, work, consumed, views)
            return
        try:
            async with connection.transaction():
                await self.store.commit_few(connection, work, consumed, views)
                if work.is_shown:
                    await self._show(connection, work)
                    work.changed_views = True
                self.probe("commit.shown")
        except _NotShown as error:
            log.info("views_follow_later", lane=work.lane, error=error.__cause__)
            work.is_shown = work.changed_views = False
            await self.store.commit_few(connection, work, consumed)

    async def _show(self, connection: Connection, work: Work) -> None:
        try:
            await self.projector.show(connection, work.stored)
        except Exception as error:
            if self.projector.strict or not is_its_own(error):
                raise
            raise _NotShown from error
