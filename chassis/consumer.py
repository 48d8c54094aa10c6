"""Consuming a batch of one lane: decode once, decide in memory, commit everything or nothing.

What a batch does is in one transaction: events, states, inbox rows, dead letters, offsets and the
proof that the lane is still ours. A crash at any point leaves all of it or none of it; a consumer
that lost its lane cannot commit.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import asyncpg
from asyncpg import Connection

from chassis import dead_letters, inbox
from chassis.bus.base import Record
from chassis.clock import Clock
from chassis.dead_letters import Original, Parked
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
from chassis.leases import Leases
from chassis.logging import get_logger
from chassis.metrics import Metrics
from chassis.pool import acquire
from chassis.routes import MessageRoute
from chassis.store import Store
from chassis.vault import Subject
from chassis.work import Entry, Work
from contracts.codec import Message, decode
from contracts.errors import MalformedMessage, UnknownType

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
_OTHER_BODY = "this id was used before with another body; the first one stands"
ERASED = "billing.account.erased.v1"
_PERSONAL = "billing"
"""The only topic with personal data in clear."""


_Item = tuple[Record, Message, MessageRoute, inbox.Row]
"""A plain tuple, since one is made for every message."""


@dataclass
class _Batch:
    records: Sequence[Record]
    items: list[_Item] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    seen: dict[bytes, bytes] = field(default_factory=dict)
    duplicates: "Counter[tuple[str, str]]" = field(default_factory=Counter)
    erasures: set[bytes | None] = field(default_factory=set)
    """The keys of debtors erased here."""

    def applied(self) -> "Counter[tuple[str, str]]":
        """How many messages of each topic and type were handled."""
        return Counter([(record.topic, message.type) for record, message, _, _ in self.items])

    def of_erased(self, known: set[bytes | None]) -> list[Record]:
        """What came in clear for debtors erased before or here, in order."""
        here = self.erasures
        if not known and not here:
            return []
        return [
            record
            for record in self.records
            if record.topic == _PERSONAL and (record.key in known or record.key in here)
        ]


@dataclass
class Consumer:
    """Applies the records of a lane to the store.

    `probe(point)` is called at the points where a crash hurts most; tests kill the process there.
    `forgets` makes this service the one that has an erased person's messages removed from the bus.
    """

    store: Store
    leases: Leases
    routes: Mapping[str, MessageRoute]
    clock: Clock
    metrics: Metrics
    probe: Callable[[str], None]
    retry_after: frozenset[str] = frozenset()
    forgets: bool = False
    erasure_seen: bool = False
    waiting: set[Subject] = field(default_factory=set)
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
        batch = self._decode(lane, records)
        moved = {(record.topic, record.partition): record.offset + 1 for record in records}
        for attempt in range(_ATTEMPTS):
            try:
                async with acquire(self.store.pool) as connection:
                    async with connection.transaction():
                        work = await self._apply(connection, lane, batch, positions, moved)
                    self.probe("consume.after_commit")
                    positions.update(moved)
                    self.store.warm.keep(work)
                break
            except BaseException as error:
                self.store.warm.forget(lane)  # this work's entries moved on without a commit
                if isinstance(error, asyncpg.UniqueViolationError):
                    await self._drop_duplicates(lane, batch)
                elif not isinstance(error, Conflict) or attempt == _ATTEMPTS - 1:
                    raise
        applied = batch.applied()
        await self._retry_waiting(lane, batch, applied)
        self._count(batch, applied)
        self.erasure_seen |= bool(batch.of_erased(self.erased))
        self.erased |= batch.erasures
        return len(records)

    def _decode(self, lane: int, records: Sequence[Record]) -> _Batch:
        batch = _Batch(records)
        routes = self.routes
        for record in records:
            try:
                message = decode(record.value, record.headers)
            except UnknownType:
                continue
            except MalformedMessage as error:
                batch.parked.append(_parked(lane, record, None, "Malformed", str(error)))
                continue
            route = routes.get(message.type)
            if route is None:
                continue
            row = inbox.inbox_row(message)
            known = batch.seen.setdefault(*row)
            if known is row[1]:  # just put there: the first with this id
                batch.items.append((record, message, route, row))
                if message.type == ERASED:
                    batch.erasures.add(record.key)
            else:
                self._duplicate(lane, batch, (record, message, route, row), known)
        return batch

    def _duplicate(self, lane: int, batch: _Batch, item: _Item, known: bytes) -> None:
        record, message, _, row = item
        if known == row[1]:
            batch.duplicates[record.topic, message.type] += 1
            return
        batch.parked.append(_parked(lane, record, message, "Rejected", _OTHER_BODY))

    async def _drop_duplicates(self, lane: int, batch: _Batch) -> None:
        async with acquire(self.store.pool) as connection:
            known = await inbox.known(connection, [row[0] for *_, row in batch.items])
        fresh = []
        for item in batch.items:
            before = known.get(item[-1][0])
            if before is None:
                fresh.append(item)
            else:
                self._duplicate(lane, batch, item, before)
        batch.items = fresh

    async def _apply(
        self,
        connection: Connection,
        lane: int,
        batch: _Batch,
        positions: Mapping[tuple[str, int], int],
        moved: Mapping[tuple[str, int], int],
    ) -> Work:
        await self.leases.fence(connection, lane)
        warm = self.store.warm.of(lane)
        streams = [route.streams(message, lane) for _, message, route, _ in batch.items]
        work = await self._load(connection, lane, batch.items, streams, warm)
        parked = list(batch.parked)
        for (record, message, route, _), needed in zip(batch.items, streams, strict=True):
            refusal = run(work, route, message, needed)
            if refusal is not None:
                parked.append(_parked(lane, record, message, type(refusal).__name__, str(refusal)))
        await self.store.require_unchanged(connection, work, warm)
        if batch.items:
            await inbox.remember(connection, [row for _, _, _, row in batch.items])
        await self._move(connection, lane, positions, moved)
        for letter in parked:
            await self._park(connection, work, letter)
        await self._queue_forgetting(connection, batch)
        await self.store.save(connection, work)
        self.probe("consume.before_commit")
        return work

    async def _load(
        self,
        connection: Connection,
        lane: int,
        items: Sequence[_Item],
        streams: Sequence[Sequence[str]],
        warm: Mapping[str, Entry],
    ) -> Work:
        histories: list[str] = []
        subjects: list[Subject] = []
        for (_, message, route, _), needed in zip(items, streams, strict=True):
            if route.history:
                histories.extend(needed)
            if route.subject:
                subjects.append(Subject(message.creditor, message.subject))
        return await self.store.load(
            connection,
            now=self.clock.now(),
            lane=lane,
            streams=chain.from_iterable(streams),
            subjects=subjects,
            histories=histories,
            warm=warm,
        )

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
        kind = letter.message_type or "unreadable"
        self.metrics.parked.labels(self.metrics.service, letter.source, kind).inc()

    async def _queue_forgetting(self, connection: Connection, batch: _Batch) -> None:
        if not self.forgets:
            return
        last = {
            (record.topic, record.partition, record.key): record.offset + 1
            for record in batch.of_erased(self.erased)
        }
        for place, before in last.items():
            await connection.execute(_FORGET, *place, before)

    async def _retry_waiting(
        self, lane: int, batch: _Batch, applied: "Counter[tuple[str, str]]"
    ) -> None:
        """Try again what was parked for want of something that may have come with this batch.

        A correction overtaken by what it corrects needs no hand; what still lacks something stays.
        """
        letters: list[int] = []
        creditors_come = any(kind in self.retry_after for _, kind in applied)
        if not self.waiting and not creditors_come:
            return
        messages = [message for _, message, _, _ in batch.items]
        async with acquire(self.store.pool) as connection:
            for subject in self.waiting & {Subject(m.creditor, m.subject) for m in messages}:
                self.waiting.discard(subject)
                letters += await dead_letters.waiting_for_account(connection, *subject)
            for creditor in {m.creditor for m in messages if m.type in self.retry_after}:
                letters += await dead_letters.waiting_for(connection, creditor, lane)
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
            route = self.routes[message.type]
        except (MalformedMessage, UnknownType, KeyError) as error:
            await dead_letters.refuse_again(connection, letter["id"], "Malformed", str(error))
            return False
        row = inbox.inbox_row(message)
        if await inbox.remember_once(connection, row) != row[1]:
            await dead_letters.refuse_again(connection, letter["id"], "Rejected", _OTHER_BODY)
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

    def _count(self, batch: _Batch, applied: "Counter[tuple[str, str]]") -> None:
        service = self.metrics.service
        for (topic, kind), number in applied.items():
            self.metrics.consumed.labels(service, topic, kind).inc(number)
        for (topic, kind), number in batch.duplicates.items():
            self.metrics.duplicates.labels(service, topic, kind).inc(number)


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


def _parked(lane: int, record: Record, message: Message | None, error: str, reason: str) -> Parked:
    return Parked(
        lane=lane,
        source=record.topic,
        offset=record.offset,
        message_id=None if message is None else message.id,
        message_type=None if message is None else message.type,
        subject=dead_letters.subject_of(record)
        if message is None
        else Subject(message.creditor, message.subject),
        error=error,
        reason=reason,
        original=Original(record.value, tuple(record.headers)),
    )
