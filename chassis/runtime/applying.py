"""Applying a batch: its messages are handled in memory, slice by slice, and committed together.

What is little goes by one call; the rest in one transaction, which begins when all is decided.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Protocol

from asyncpg import Connection

from chassis.bus.base import Record
from chassis.clock import Clock
from chassis.runtime import forgetting
from chassis.runtime.batch import Batch
from chassis.runtime.handling import run, run_with_history
from chassis.runtime.leases import Leases
from chassis.runtime.loading import load
from chassis.runtime.places import Places
from chassis.runtime.published import Published
from chassis.runtime.routes import Item
from chassis.runtime.sources import SourcesStream, enforced, not_among, registries
from chassis.runtime.traced import parts
from chassis.runtime.turns import DecidingInTurn
from chassis.store import inbox
from chassis.store.committing import Committing
from chassis.store.dead_letters import Parked
from chassis.store.offsets import Positions
from chassis.store.pool import acquire
from chassis.store.saving import Consumed, LaneLost
from chassis.store.store import Store
from chassis.store.work import Work
from contracts.words.streams import key_of


class Parks(Protocol):
    """Sets messages aside (`ParkedMessages`)."""

    async def park(self, connection: Connection, work: Work, letter: Parked) -> None: ...


@dataclass
class Applying:
    """Gives batches their effect in the store.

    `forgets` makes this service the one that has an erased person's messages removed from the bus,
    `sources_of` names the stream that says who may publish `billing` for a creditor.
    """

    store: Store
    leases: Leases
    parked: Parks
    committing: Committing
    published: Published
    clock: Clock
    probe: Callable[[str], None]
    forgets: bool = False
    sources_of: SourcesStream | None = None
    turns: DecidingInTurn = field(default_factory=DecidingInTurn)
    erased: set[bytes | None] = field(default_factory=set)
    """Keys of erased debtors: what still comes for them is taken off the bus too."""
    places: Places = field(init=False)

    def __post_init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Know nothing, as at the start."""
        self.erased.clear()
        self.places = Places(self.store, self.leases)

    def is_nothing(self, batch: Batch) -> bool:
        """Whether nothing of a batch has an effect."""
        return batch.is_ignored() and not self._to_forget(batch)

    async def apply(self, batch: Batch, positions: Positions, moved: Positions) -> Work:
        """Handle what is in a batch and commit it; raises as `Consumer.consume` does."""
        async with AsyncExitStack() as turn:
            # before the transaction, which may not be left idle
            await turn.enter_async_context(self.turns.next())
            async with acquire(self.store.pool) as connection:
                work = self.store.begin(self.clock.now(), batch.lane, cached=True)
                for items in batch.slices():
                    await self._handle(connection, work, batch, items)
                    await asyncio.sleep(0)  # those who write go on meanwhile
                await turn.aclose()
                if self._is_few(batch, work):
                    await self._write_few(connection, work, batch, positions, moved)
                else:
                    async with connection.transaction():
                        await self.leases.fence(connection, batch.lane)
                        await self._write(connection, work, batch, positions, moved)
        return work

    async def park_alone(self, batch: Batch, letter: Parked, positions: Positions) -> None:
        """Set aside the one record of a batch, which failed."""
        async with acquire(self.store.pool) as connection, connection.transaction():
            await self.leases.fence(connection, batch.lane)
            work = self.store.begin(self.clock.now(), batch.lane)
            await self.places.move(connection, batch.lane, positions, batch.ends())
            await self.parked.park(connection, work, letter)
            await forgetting.queue(connection, self._to_forget(batch))
            await self.store.save(connection, work)
        self.store.committed(work)

    def _to_forget(self, batch: Batch) -> Sequence[Record]:
        """What of a batch is to be taken off the bus."""
        return batch.of_erased(self.erased) if self.forgets else ()

    def _is_few(self, batch: Batch, work: Work) -> bool:
        """Whether one call can write all that a batch leads to."""
        return (
            not batch.parked
            and not batch.before
            and not self._to_forget(batch)
            and self.store.is_few(work, len(batch.rows))
        )

    async def _write_few(
        self,
        connection: Connection,
        work: Work,
        batch: Batch,
        positions: Positions,
        moved: Positions,
    ) -> None:
        lane = batch.lane
        was, to = self.places.of_batch(lane, positions, moved)
        consumed = Consumed(
            epoch=self.leases.held.get(lane, -1),
            published=self.published.unsaved(lane),
            rows=batch.rows,
            topics=[topic for topic, _ in to],
            was=list(was.values()),
            reached=list(to.values()),
        )
        self.probe("consume.before_commit")
        try:
            await self.committing.commit_few(connection, work, consumed)
        except LaneLost:
            self.leases.held.pop(lane, None)
            raise
        self.published.saved(lane, consumed.published)

    async def _write(
        self,
        connection: Connection,
        work: Work,
        batch: Batch,
        positions: Positions,
        moved: Positions,
    ) -> None:
        await self.store.require_unchanged(connection, work)
        if batch.rows:
            await inbox.remember(connection, batch.lane, batch.rows, batch.before, work.now)
        await self.places.move(connection, batch.lane, positions, moved)
        for letter in batch.parked:
            await self.parked.park(connection, work, letter)
        await forgetting.queue(connection, self._to_forget(batch))
        await self.store.save(connection, work)
        self.probe("consume.before_commit")

    async def _handle(
        self, connection: Connection, work: Work, batch: Batch, items: Sequence[Item]
    ) -> None:
        asked = ((record.topic, message) for record, message, _, _ in items)
        known = registries(self.sources_of, batch.lane, asked)
        await load(
            self.store,
            connection,
            work,
            items,
            [*known.values()],
            asks_for_more=batch.asks_for_more,
        )
        closed = enforced(work, known)
        for span, part in parts(self.store.traces, items, batch.rows):
            with work.under(span):
                for record, message, route, streams in part:
                    foreign = not_among(closed, record.topic, message) if closed else None
                    refusal = foreign or run(work, route, message, streams)
                    if refusal is not None:
                        refusal = await run_with_history(
                            self.store, connection, work, route, message, streams, refusal
                        )
                    if refusal is not None:
                        kind, reason = type(refusal).__name__, str(refusal)
                        batch.park(record, message, kind, reason, holds_id=True)
                        if span is not None:
                            span.fail(kind)
        batch.erasures |= {key_of(*subject).encode() for subject in work.keys.erased}
