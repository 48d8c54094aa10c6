"""Consuming a batch of one lane: decode once, decide in memory, commit everything or nothing.

What a batch does is in one transaction: events, states, inbox rows, dead letters, offsets and the
proof that the lane is still ours. A crash at any point leaves all of it or none of it; a consumer
that lost its lane cannot commit. A batch that fails for what is in it is halved until the record at
fault stands alone: that one is parked, and the rest has its effect. So is a record that alone takes
too long again and again; its lane reads ever less at once until it stands alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import asyncpg

from chassis.bus.base import Record
from chassis.clock import Clock
from chassis.errors import Conflict
from chassis.logging import get_logger
from chassis.metrics import Metrics
from chassis.runtime import forgetting
from chassis.runtime.applying import Applying
from chassis.runtime.batch import Batch, Routes
from chassis.runtime.counting import count
from chassis.runtime.parked import ParkedMessages
from chassis.runtime.places import Places
from chassis.store import inbox, offsets
from chassis.store.dead_letters import Original, Parked, about
from chassis.store.faults import is_its_own, told_of
from chassis.store.offsets import Positions
from chassis.store.overdue import TIMES, TookTooLong, took_too_long
from chassis.store.pool import acquire
from chassis.store.store import Store
from chassis.store.vault import UNATTRIBUTED

log = get_logger(__name__)

_ATTEMPTS = 8
_FAILED = "the message is a dead letter: mend what the error names, then retry or discard it"


@dataclass
class Consumer:
    """Applies the records of a lane to the store.

    `probe(point)` is called at the points where a crash hurts most; tests kill the process there.
    `guards` are the topics whose unknown types it parks.
    """

    store: Store
    routes: Routes
    parked: ParkedMessages
    applying: Applying
    clock: Clock
    metrics: Metrics
    probe: Callable[[str], None]
    guards: Sequence[str] = ()
    erasure_seen: bool = False
    _late: dict[tuple[int, str], tuple[int, int]] = field(default_factory=dict)
    """By lane and topic, the offset of what took too long alone, and how often in a row."""

    @property
    def places(self) -> Places:
        """How far the lanes were read over what had no effect."""
        return self.applying.places

    async def take_over(self, lane: int, topics: Sequence[str]) -> Positions:
        """Begin on a lane: the next offset of each topic in it that was consumed before.

        Whose messages wait for something, and who was erased, is learned here too.
        """
        self.store.cached.forget(lane)
        self.places.forget(lane)
        async with acquire(self.store.pool) as connection:
            positions = await offsets.of_lane(connection, lane, topics)
            await self.parked.take_over(connection, lane)
            self.applying.erased |= await forgetting.erased_keys(connection)
        return positions

    async def consume(self, lane: int, records: Sequence[Record], positions: Positions) -> int:
        """Apply records read from `positions`, which move on with each commit; returns how many
        there were.

        All in one transaction, or in none where they have no effect. Where that fails for what is
        in the records, each half gets one of its own, down to the record at fault, which is
        parked.
        Raises `LaneLost` when another instance took the lane, `Conflict` when other writers kept
        being faster.
        """
        self.probe("consume.begin")
        await self._consume(lane, records, positions)
        return len(records)

    async def _consume(self, lane: int, records: Sequence[Record], positions: Positions) -> None:
        began = perf_counter()
        try:
            batch = await self._commit(lane, records, positions)
        except Exception as error:
            fault = await self._fault(lane, records, error)
            if fault is None:
                raise
            middle = len(records) // 2
            if not middle:
                await self._set_aside(lane, records[0], positions, fault)
                return
            log.info("batch_halved", lane=lane, count=len(records), error=error)
        else:
            await self._after(batch, perf_counter() - began)
            return
        await self._consume(lane, records[:middle], positions)
        await self._consume(lane, records[middle:], positions)

    async def _fault(
        self, lane: int, records: Sequence[Record], error: Exception
    ) -> Exception | None:
        """What lies in the records of a failure; None where another time may be without it."""
        if is_its_own(error):
            return error
        if len(records) > 1 or not await took_too_long(self.store.pool, error):
            return None
        place, offset = (lane, records[0].topic), records[0].offset
        before, times = self._late.pop(place, (offset, 0))
        times = times + 1 if before == offset else 1
        if times == TIMES:
            return TookTooLong()
        self._late[place] = offset, times
        return None

    async def _commit(self, lane: int, records: Sequence[Record], positions: Positions) -> Batch:
        work, left = None, _ATTEMPTS
        bodies, before = self.parked.bodies, self.store.has_inbox_before
        batch = Batch(lane, records, self.routes, bodies, guards=self.guards, asks_before=before)
        moved = batch.ends()
        if self.applying.is_nothing(batch):
            self.places.passed(positions, moved)
            return batch
        while work is None:
            try:
                work = await self.applying.apply(batch, positions, moved)
            except BaseException as error:
                self.store.cached.forget(lane)  # this work's entries moved on without a commit
                known, left = await self._known_after(error, batch), left - 1
                if known is None or not left:
                    raise
                batch = Batch(lane, records, self.routes, bodies, known, self.guards, before)
        self.probe("consume.after_commit")
        positions.update(moved)
        self.places.forget(lane)
        self.store.cached.keep(work)
        self.store.committed(work)
        work.end_spans()
        return batch

    async def _after(self, batch: Batch, seconds: float) -> None:
        """What a committed batch leads to; nothing of it may have the batch applied again."""
        erased = self.applying.erased
        self.erasure_seen |= bool(batch.erasures or batch.of_erased(erased))
        erased |= batch.erasures
        await self.parked.retry_after_batch(batch)
        count(self.metrics, batch, seconds, self.clock.now())
        if batch.parked:
            _tell(batch.parked)

    async def _known_after(
        self, error: BaseException, batch: Batch
    ) -> Mapping[bytes, bytes] | None:
        """What is known of the batch's messages for another try; None when none is worth it."""
        is_ended = not isinstance(error, Exception)  # somebody wants this task to end
        if not is_ended and self.applying.committing.failed_to_show(batch.lane):
            return batch.known
        if isinstance(error, Conflict):
            self.metrics.conflicts.labels(self.metrics.service).inc()
            return batch.known
        if isinstance(error, asyncpg.UniqueViolationError):
            async with acquire(self.store.pool) as connection:
                found = await inbox.known(connection, [row[0] for row in batch.rows], batch.before)
            if found:
                return {**batch.known, **found}
        return None

    async def _set_aside(
        self, lane: int, record: Record, positions: Positions, error: Exception
    ) -> None:
        """Park a record that failed alone, and go on behind it; a letter that fails as well is
        written without any text of the record's.
        """
        batch = Batch(lane, [record], self.routes, self.parked.bodies)
        batch.park(record, None, type(error).__name__, told_of(error))
        letter = batch.parked[0]
        try:
            await self.applying.park_alone(batch, letter, positions)
        except Exception as again:
            if not is_its_own(again):
                raise
            bare = letter._replace(
                message_id=None,
                message_type=None,
                subject=UNATTRIBUTED,
                original=Original(record.value, ()),
            )
            await self.applying.park_alone(batch, bare, positions)
        about(letter).error("message_failed", error=error, todo=_FAILED)
        positions.update(batch.ends())
        self.places.forget(lane)


def _tell(parked: Sequence[Parked]) -> None:
    first = min(parked, key=lambda letter: letter.offset or 0)
    about(first).warning("messages_parked", count=len(parked), error=first.error)
