"""Consuming a batch of one lane: decode once, decide in memory, commit everything or nothing.

What a batch does is in one transaction: events, states, inbox rows, dead letters, offsets and the
proof that the lane is still ours. A crash at any point leaves all of it or none of it; a consumer
that lost its lane cannot commit.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg
from asyncpg import Connection

from chassis.bus.base import Record
from chassis.clock import Clock
from chassis.errors import (
    BrokenInvariant,
    Conflict,
    Forbidden,
    Malformed,
    Misconfigured,
    NotFound,
    Rejected,
    Transient,
)
from chassis.logging import get_logger
from chassis.metrics import Metrics
from chassis.runtime.batch import OTHER_BODY, Batch, Item, Routes, topic_of
from chassis.runtime.leases import Leases
from chassis.runtime.routes import MessageRoute
from chassis.store import dead_letters, inbox
from chassis.store.dead_letters import Parked
from chassis.store.pool import acquire
from chassis.store.store import Store
from chassis.store.work import HistoryMissing, Work
from contracts.codec import Message, decode
from contracts.errors import MalformedMessage, UnknownType
from contracts.words.streams import Subject

PARK = (Rejected, Malformed, NotFound, Forbidden, BrokenInvariant)
"""What is parked with its reason while the rest goes on; `BrokenInvariant` too, since stopping a
lane would punish everybody.
"""
RETRY = (Conflict, Transient)
"""What is tried again: the batch was rolled back and nothing of it was kept."""
STOP = (Misconfigured,)
"""What trying again cannot help: the service stops and says so."""

log = get_logger(__name__)

_ATTEMPTS = 8
_OFFSETS = "select topic, next_offset from offsets where lane = $1 and topic = any($2::text[])"
_MOVE = """
insert into offsets as o (topic, lane, next_offset)
select topic, $1, next from unnest($2::text[], $3::bigint[], $4::bigint[]) n (topic, was, next)
on conflict (topic, lane) do update set next_offset = excluded.next_offset
where o.next_offset = (
  select was from unnest($2::text[], $3::bigint[]) w (topic, was) where w.topic = o.topic)"""
_FORGET = """
insert into forget_queue values ($1, $2, $3, $4)
on conflict (topic, lane, key) do update
set before = greatest(forget_queue.before, excluded.before)"""
_ERASED_KEYS = "select creditor, account from subject_keys where wrapped is null"


@dataclass
class Consumer:
    """Applies the records of a lane to the store.

    `probe(point)` is called at the points where a crash hurts most; tests kill the process there.
    `forgets` makes this service the one that has an erased person's messages removed from the bus,
    `guards` are the topics whose unknown types it parks.
    """

    store: Store
    leases: Leases
    routes: Routes
    clock: Clock
    metrics: Metrics
    probe: Callable[[str], None]
    retry_after: frozenset[str] = frozenset()
    forgets: bool = False
    guards: Sequence[str] = ()
    erasure_seen: bool = False
    waiting: set[Subject] = field(default_factory=set)
    deciding: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One lane decides at a time, while the others write: in turns they would only push one
    another's batches out of the processor's cache.
    """
    erased: set[bytes | None] = field(default_factory=set)
    """Keys of erased debtors: what still comes for them is taken off the bus too."""

    async def positions(self, lane: int, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        """The next offset of each topic in a lane that was consumed before.

        Asked when a lane is taken over: whose messages wait for something, and who was erased, is
        learned here too.
        """
        self.store.warm.forget(lane)
        async with acquire(self.store.pool) as connection:
            rows = await connection.fetch(_OFFSETS, lane, topics)
            self.waiting |= await dead_letters.waiting_subjects(connection, lane)
            self.erased |= {
                f"{creditor}/{account}".encode()
                for creditor, account in await connection.fetch(_ERASED_KEYS)
            }
        return {(row["topic"], lane): row["next_offset"] for row in rows}

    async def consume(
        self, lane: int, records: Sequence[Record], positions: dict[tuple[str, int], int]
    ) -> int:
        """Apply records read from `positions`, which move on with the commit; returns how many
        there were.

        Raises `LaneLost` when another instance took the lane, `Conflict` when other writers kept
        being faster.
        """
        self.probe("consume.begin")
        batch = Batch(lane, records, self.routes, guards=self.guards)
        moved = batch.ends()
        for attempt in range(_ATTEMPTS):
            try:
                work = await self._apply(batch, positions, moved)
                self.probe("consume.after_commit")
                positions.update(moved)
                self.store.warm.keep(work)
                break
            except BaseException as error:
                self.store.warm.forget(lane)  # this work's entries moved on without a commit
                known: Mapping[bytes, bytes] = batch.known
                if isinstance(error, asyncpg.UniqueViolationError):
                    known = await self._known(batch)
                elif not isinstance(error, Conflict) or attempt == _ATTEMPTS - 1:
                    raise
                batch = Batch(lane, records, self.routes, known, self.guards)
        await self._retry_waiting(batch)
        self._count(batch)
        self.erasure_seen |= bool(batch.of_erased(self.erased))
        self.erased |= batch.erasures
        return len(records)

    async def _known(self, batch: Batch) -> dict[bytes, bytes]:
        async with acquire(self.store.pool) as connection:
            found = await inbox.known(connection, [row[0] for row in batch.rows])
        return {**batch.known, **found}

    async def _apply(
        self,
        batch: Batch,
        positions: Mapping[tuple[str, int], int],
        moved: Mapping[tuple[str, int], int],
    ) -> Work:
        async with acquire(self.store.pool) as connection, connection.transaction():
            await self.leases.fence(connection, batch.lane)
            work = self.store.begin(self.clock.now(), batch.lane, warm=True)
            async with self.deciding:
                for items in batch.slices():
                    await self._handle(connection, work, batch, items)
                    await asyncio.sleep(0)  # those who write go on meanwhile
            await self._write(connection, work, batch, positions, moved)
        return work

    async def _write(
        self,
        connection: Connection,
        work: Work,
        batch: Batch,
        positions: Mapping[tuple[str, int], int],
        moved: Mapping[tuple[str, int], int],
    ) -> None:
        await self.store.require_unchanged(connection, work)
        if batch.rows:
            await inbox.remember(connection, batch.rows)
        await self._move(connection, batch.lane, positions, moved)
        for letter in batch.parked:
            await self._park(connection, work, letter)
        await self._queue_forgetting(connection, batch)
        await self.store.save(connection, work)
        self.probe("consume.before_commit")

    async def _handle(
        self, connection: Connection, work: Work, batch: Batch, items: Sequence[Item]
    ) -> None:
        histories: list[str] = []
        subjects: list[Subject] = []
        if batch.asks_for_more:
            for _, message, route, streams in items:
                if route.history:
                    histories.extend(streams)
                if route.asks_for_key(message):
                    subjects.append(Subject(message.creditor, message.subject))
        await self.store.extend(
            connection,
            work,
            streams=[stream for _, _, _, streams in items for stream in streams],
            subjects=subjects,
            histories=histories,
        )
        if self.store.beside is not None:
            about = [s for _, _, route, streams in items if route.beside for s in streams]
            await self.store.load_beside(connection, work, about, lock=False)
        for record, message, route, streams in items:
            refusal = run(work, route, message, streams)
            if isinstance(refusal, HistoryMissing):
                await self._load_history(connection, work, refusal)
                refusal = run(work, route, message, streams)
            if refusal is not None:
                batch.park(record, message, type(refusal).__name__, str(refusal))

    async def _load_history(
        self, connection: Connection, work: Work, missing: HistoryMissing
    ) -> None:
        await self.store.extend(connection, work, streams=(), histories=[missing.stream])

    async def _move(
        self,
        connection: Connection,
        lane: int,
        positions: Mapping[tuple[str, int], int],
        moved: Mapping[tuple[str, int], int],
    ) -> None:
        status = await connection.execute(
            _MOVE,
            lane,
            [topic for topic, _ in moved],
            [positions[place] for place in moved],
            list(moved.values()),
        )
        if status != f"INSERT 0 {len(moved)}":
            raise BrokenInvariant(
                f"the offsets of lane {lane} are not where this consumer left them"
            )

    async def _park(self, connection: Connection, work: Work, letter: Parked) -> None:
        if letter.subject not in work.keys:
            work.keys.merge(await self.store.keys(connection, [letter.subject]))
        await dead_letters.park(connection, work.keys, work.now, letter)
        if letter.error == NotFound.__name__:
            self.waiting.add(letter.subject)
        kind = self.metrics.kind(letter.message_type)
        self.metrics.parked.labels(self.metrics.service, letter.source, kind).inc()

    async def _queue_forgetting(self, connection: Connection, batch: Batch) -> None:
        if not self.forgets:
            return
        last = {
            (record.topic, record.partition, record.key): record.offset + 1
            for record in batch.of_erased(self.erased)
        }
        for place, before in last.items():
            await connection.execute(_FORGET, *place, before)

    async def _retry_waiting(self, batch: Batch) -> None:
        """Try again what was parked for want of something that may have come with this batch.

        A correction overtaken by what it corrects needs no hand; what still lacks something stays.
        """
        if not self.waiting and self.retry_after.isdisjoint(batch.applied):
            return
        letters: list[int] = []
        messages = list(batch.messages_again())
        async with acquire(self.store.pool) as connection:
            for subject in self.waiting & {Subject(m.creditor, m.subject) for m in messages}:
                self.waiting.discard(subject)
                letters += await dead_letters.waiting_for_account(connection, *subject)
            for creditor in {m.creditor for m in messages if m.type in self.retry_after}:
                letters += await dead_letters.waiting_for(connection, creditor, batch.lane)
        for letter in sorted(set(letters)):
            await self.retry(letter)

    async def retry(self, letter_id: int) -> bool:
        """Handle a parked message again; False when it was refused again (with its newest reason
        kept).
        """
        async with acquire(self.store.pool) as connection, connection.transaction():
            letter = await dead_letters.get(connection, letter_id)
            if letter is None:
                raise NotFound(f"there is no dead letter {letter_id}")
            if letter["state"] != "parked":
                raise Rejected(f"dead letter {letter_id} is {letter['state']}")
            return await self._handle_again(connection, letter)

    async def _handle_again(self, connection: Connection, letter: asyncpg.Record) -> bool:
        subject = Subject(letter["creditor"], letter["account"])
        keys = await self.store.keys(connection, [subject])
        packed = keys.open(subject, letter["original"])
        if packed is None:
            raise Rejected(f"the original of dead letter {letter['id']} was erased")
        original = dead_letters.unpack_original(packed)
        try:
            message = decode(original.value, original.headers)
            route = self.routes[letter["source"]][message.type]
        except (MalformedMessage, UnknownType, KeyError) as error:
            kind = "UnknownType" if isinstance(error, UnknownType) else "Malformed"
            reason = letter["reason"] if isinstance(error, KeyError) else str(error)
            await dead_letters.refuse_again(connection, letter["id"], kind, reason)
            return False
        row = inbox.inbox_row(message)
        if await inbox.remember_once(connection, row) != row[1]:
            await dead_letters.refuse_again(connection, letter["id"], "Rejected", OTHER_BODY)
            return False
        streams = route.streams(message, letter["lane"])
        work = await self.store.load(
            connection,
            now=self.clock.now(),
            lane=letter["lane"],
            streams=streams,
            subjects=[subject, Subject(message.creditor, message.subject)],
            histories=streams if route.history else (),
        )
        refusal = run(work, route, message, streams)
        if isinstance(refusal, HistoryMissing):
            await self._load_history(connection, work, refusal)
            refusal = run(work, route, message, streams)
        if refusal is not None:
            await dead_letters.refuse_again(
                connection, letter["id"], type(refusal).__name__, str(refusal)
            )
            if isinstance(refusal, NotFound):
                self.waiting.add(subject)
            return False
        await dead_letters.resolve(connection, letter["id"])
        await self.store.save(connection, work)
        return True

    def _tell(self, parked: Sequence[Parked]) -> None:
        first = min(parked, key=lambda letter: letter.offset or 0)
        log.warning(
            "messages_parked",
            count=len(parked),
            lane=first.lane,
            topic=first.source,
            offset=first.offset,
            message_id=first.message_id,
            message_type=first.message_type,
            error=first.error,
            reason=first.reason,
        )

    def _count(self, batch: Batch) -> None:
        service = self.metrics.service
        for kind, number in batch.applied.items():
            self.metrics.consumed.labels(service, topic_of(kind), kind).inc(number)
        if batch.parked:
            self._tell(batch.parked)
        for kind, number in batch.duplicates.items():
            self.metrics.duplicates.labels(service, topic_of(kind), kind).inc(number)
        for (topic, kind), number in batch.unknown.items():
            self.metrics.unknown.labels(service, topic, self.metrics.kind(kind)).inc(number)
        for topic, number in batch.skipped.items():
            self.metrics.skipped.labels(service, topic).inc(number)


def run(
    work: Work, route: MessageRoute, message: Message, streams: Sequence[str]
) -> Exception | None:
    """Handle one message on the work; a refusal undoes what it did and is returned.

    `streams` are what the route named for the message.
    """
    work.begin(message.id, streams)
    try:
        route.handle(work, message)
    except PARK as refusal:
        work.undo()
        return refusal
    except RETRY + STOP:
        raise
    except Exception as fault:
        work.undo()
        log.exception(
            "handler_failed", message_type=message.type, message_id=message.id, error=fault
        )
        return BrokenInvariant(f"{type(fault).__name__} in the handler of {message.type}")
    return None
