"""Messages that could not be handled: set aside as dead letters, and tried again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from asyncpg import Connection

from chassis.clock import Clock
from chassis.errors import NotFound, Rejected
from chassis.logging import get_logger
from chassis.metrics import Metrics
from chassis.runtime.batch import OTHER_BODY, Batch, Routes
from chassis.runtime.boundaries import misplaced
from chassis.runtime.handling import STOP, run, run_with_history
from chassis.runtime.routes import MessageRoute
from chassis.runtime.sources import SourcesStream, enforced, not_among, registries
from chassis.store import dead_letters, inbox
from chassis.store.dead_letters import Parked
from chassis.store.pool import acquire
from chassis.store.store import Store
from chassis.store.work import Work
from contracts.characters import clean
from contracts.codec import Message, body_hash, decode
from contracts.errors import MalformedMessage, UnknownType
from contracts.words.streams import Subject

log = get_logger(__name__)

_NAME_MAX = 256
_REASON_MAX = 1000


@dataclass
class ParkedMessages:
    """The dead letters of the lanes an instance reads.

    `waiting` are the debtors of messages that lacked something not known yet.
    """

    store: Store
    routes: Routes
    clock: Clock
    metrics: Metrics
    retry_after: frozenset[str] = frozenset()
    sources_of: SourcesStream | None = None
    waiting: set[Subject] = field(default_factory=set)

    async def take_over(self, connection: Connection, lane: int) -> None:
        """Learn whose messages of a lane wait for something."""
        self.waiting |= await dead_letters.waiting_subjects(connection, lane)

    async def park(self, connection: Connection, work: Work, letter: Parked) -> None:
        """Set a message aside in the transaction of its batch."""
        letter = _plain(letter)
        if letter.subject not in work.keys:
            work.keys.merge(await self.store.keys(connection, [letter.subject]))
        await dead_letters.park(connection, work.keys, work.now, letter)
        if letter.error == NotFound.__name__:
            self.waiting.add(letter.subject)
        kind = self.metrics.kind(letter.message_type)
        self.metrics.parked.labels(self.metrics.service, letter.source, kind).inc()

    async def retry_after_batch(self, batch: Batch) -> None:
        """Try again what was parked for want of something that may have come with this batch.

        A correction overtaken by what it corrects needs no hand; what still lacks something stays.
        """
        if not self.waiting and self.retry_after.isdisjoint(batch.applied):
            return
        for letter in sorted(await self._worth_a_try(batch.lane, list(batch.messages_again()))):
            await self._retry_alone(letter)

    async def _retry_alone(self, letter_id: int) -> None:
        """Try one again after a batch that is committed: whatever comes of it stops nobody."""
        try:
            await self.retry(letter_id)
        except STOP:
            raise
        except Exception as error:  # noqa: BLE001 - it stays a dead letter, people can try again
            log.warning("letter_not_retried", place=f"dead letter {letter_id}", error=error)

    async def _worth_a_try(self, lane: int, messages: Sequence[Message]) -> set[int]:
        letters: set[int] = set()
        async with acquire(self.store.pool) as connection:
            for subject in self.waiting & {Subject(m.creditor, m.subject) for m in messages}:
                self.waiting.discard(subject)
                letters.update(await dead_letters.waiting_for_account(connection, *subject))
            for creditor in {m.creditor for m in messages if m.type in self.retry_after}:
                letters.update(await dead_letters.waiting_for(connection, creditor, lane))
        return letters

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
        wrong = misplaced(letter["source"], message.type, message.source)
        if wrong is not None:
            await dead_letters.refuse_again(connection, letter["id"], *wrong)
            return False
        asks_before = self.store.has_inbox_before
        known = await inbox.remember_once(connection, message, asks_before=asks_before)
        if known != body_hash(message):
            await dead_letters.refuse_again(connection, letter["id"], "Rejected", OTHER_BODY)
            return False
        return await self._apply(connection, letter, message, route)

    async def _apply(
        self, connection: Connection, letter: asyncpg.Record, message: Message, route: MessageRoute
    ) -> bool:
        subject = Subject(letter["creditor"], letter["account"])
        topic, lane = letter["source"], letter["lane"]
        streams = route.streams(message, lane)
        known = registries(self.sources_of, lane, [(topic, message)])
        work = await self.store.load(
            connection,
            now=self.clock.now(),
            lane=lane,
            streams=[*known.values(), *streams],
            subjects=[subject, Subject(message.creditor, message.subject)],
            histories=streams if route.history else (),
        )
        foreign = not_among(enforced(work, known), topic, message)
        refusal = foreign or run(work, route, message, streams)
        if refusal is not None:
            refusal = await run_with_history(
                self.store, connection, work, route, message, streams, refusal
            )
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


def about(letter: Parked) -> Any:
    """A logger that says of a dead letter where it came from, and why."""
    return log.bind(
        lane=letter.lane,
        topic=letter.source,
        offset=letter.offset,
        message_id=letter.message_id,
        message_type=letter.message_type,
        reason_class=letter.error,
        reason=letter.reason,
    )


def _plain(letter: Parked) -> Parked:
    """A letter whose texts any store takes, whatever was in the message."""
    id_, kind = letter.message_id, letter.message_type
    creditor, account = letter.subject
    return letter._replace(
        message_id=None if id_ is None else clean(id_, _NAME_MAX),
        message_type=None if kind is None else clean(kind, _NAME_MAX),
        subject=Subject(clean(creditor, _NAME_MAX), clean(account, _NAME_MAX)),
        reason=clean(letter.reason, _REASON_MAX),
    )
