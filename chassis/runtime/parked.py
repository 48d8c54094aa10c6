"""Messages that could not be handled: set aside as dead letters, and tried again."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import islice

import asyncpg
from asyncpg import Connection

from chassis.clock import Clock
from chassis.errors import NotFound, Rejected
from chassis.logging import get_logger
from chassis.metrics import Metrics
from chassis.recorders import asking
from chassis.runtime.batch import OTHER_BODY, PERHAPS_ANOTHERS, Batch, Routes
from chassis.runtime.boundaries import misplaced
from chassis.runtime.handling import STOP, run, run_with_history
from chassis.runtime.routes import MessageRoute
from chassis.runtime.sources import SourcesStream, enforced, not_among, registries
from chassis.runtime.traced import again
from chassis.store import dead_letters, inbox, letter_actions, subject_keys
from chassis.store.bodies import Bodies
from chassis.store.dead_letters import Original, Parked
from chassis.store.faults import is_its_own, told_of
from chassis.store.inbox import BodyBefore
from chassis.store.letter_actions import Action
from chassis.store.overdue import TIMES, took_too_long
from chassis.store.pool import acquire
from chassis.store.store import Store
from chassis.store.work import Work
from contracts.characters import clean
from contracts.codec import Message, decode
from contracts.errors import MalformedMessage, UnknownType
from contracts.words.streams import Subject

log = get_logger(__name__)

_AT_ONCE = 50
"""How many letters are tried again before the lane goes on with what it reads."""


@dataclass
class ParkedMessages:
    """The dead letters of the lanes an instance reads.

    `waiting` are the debtors of messages that lacked something not known yet.
    """

    store: Store
    routes: Routes
    clock: Clock
    metrics: Metrics
    bodies: Bodies
    retry_after: frozenset[str] = frozenset()
    sources_of: SourcesStream | None = None
    waiting: set[Subject] = field(default_factory=set)
    _again: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    """By lane, the letters to be tried again, in order, and how often each took too long."""

    async def take_over(self, connection: Connection, lane: int) -> None:
        """Learn whose messages of a lane wait for something.

        All are tried once: what they wait for may have come with the last batch of somebody who
        ended before it tried them.
        """
        waiting = await dead_letters.waiting_in(connection, lane)
        self._again[lane] = dict.fromkeys(waiting, 0)
        self.waiting |= set(waiting.values())

    async def park(self, connection: Connection, work: Work, letter: Parked) -> None:
        """Set a message aside in the transaction of its batch."""
        letter = letter.plain()
        if letter.subject not in work.keys:
            work.keys.merge(await self.store.keys(connection, [letter.subject]))
        await dead_letters.park(connection, work.keys, work.now, letter)
        work.has_letters = True
        if letter.error == NotFound.__name__:
            self.waiting.add(letter.subject)
        kind = self.metrics.kind(letter.message_type)
        self.metrics.parked.labels(self.metrics.service, letter.source, kind).inc()

    async def retry_after_batch(self, batch: Batch) -> None:
        """Try again what was parked for want of something that may have come with this batch.

        A correction overtaken by what it corrects needs no hand; what still lacks something stays.
        Of many, the rest follows by `retry_next`: the lane goes on meanwhile.
        """
        if not self.waiting and self.retry_after.isdisjoint(batch.applied):
            return
        messages = list(batch.messages_again())
        subjects = self.waiting & {Subject(m.creditor, m.subject) for m in messages}
        found = await self._worth_a_try(batch.lane, messages, subjects)
        self.waiting -= subjects
        self._again[batch.lane].update(dict.fromkeys(sorted(found), 0))
        await self.retry_next(batch.lane)

    def lanes_to_retry(self) -> set[int]:
        """The lanes in which letters are left to be tried again."""
        return {lane for lane, letters in self._again.items() if letters}

    async def retry_next(self, lane: int) -> int:
        """Try the next letters of a lane again; returns how many that were."""
        letters = self._again[lane]
        tried = [await self._retry_alone(lane, one) for one in list(islice(letters, _AT_ONCE))]
        return sum(tried)

    async def _retry_alone(self, lane: int, letter_id: int) -> bool:
        """Try one again after a batch that is committed: whatever comes of it stops nobody. False
        when a passing fault was in the way: then it is tried once more, behind the others, unless
        it takes too long every time.
        """
        letters = self._again[lane]
        late = letters.pop(letter_id, 0)
        try:
            await self.retry(letter_id)
        except STOP:
            raise
        except Exception as error:  # noqa: BLE001 - it stays a dead letter, people can try again
            log.warning("letter_not_retried", place=f"dead letter {letter_id}", error=error)
            if not is_its_own(error):
                late += await took_too_long(self.store.pool, error)
                if late < TIMES:
                    letters[letter_id] = late
                    return False
        return True

    async def _worth_a_try(
        self, lane: int, messages: Sequence[Message], subjects: Collection[Subject]
    ) -> set[int]:
        letters: set[int] = set()
        async with acquire(self.store.pool) as connection:
            for subject in subjects:
                letters.update(await dead_letters.waiting_for_account(connection, *subject))
            for creditor in {m.creditor for m in messages if m.type in self.retry_after}:
                letters.update(await dead_letters.waiting_for(connection, creditor, lane))
        return letters

    async def retry(
        self, letter_id: int, action: Action | None = None, lane: int | None = None
    ) -> bool:
        """Handle a parked message again; False when it was refused again (with its newest reason
        kept). `action` says who asked for it and why, `lane` where an edited one belongs.
        """
        try:
            async with acquire(self.store.pool) as connection, connection.transaction():
                letter = await dead_letters.open_letter(connection, letter_id)
                work = await self._handle_again(connection, letter, action, lane)
        except _RefusedAgain as refused:
            await self._refuse(letter_id, refused, action)
            return False
        self.store.committed(work)
        work.end_spans()
        return True

    async def _refuse(
        self, letter_id: int, refused: "_RefusedAgain", action: Action | None
    ) -> None:
        """Nothing of the attempt is kept, the row in the inbox neither: only why it was refused."""
        async with acquire(self.store.pool) as connection, connection.transaction():
            letter = await dead_letters.open_letter(connection, letter_id)
            reason = clean(refused.reason, dead_letters.REASON_MAX)
            await dead_letters.refuse_again(connection, letter_id, refused.error, reason)
            if refused.error == NotFound.__name__:
                self.waiting.add(letter_actions.subject_of(letter))
            if action is not None:
                now = self.clock.now()
                keys = await self.store.keys(connection, letter_actions.subjects(letter, action))
                await letter_actions.record(
                    connection, keys, now, letter, action, "refused", reason
                )
                await subject_keys.save(connection, keys, now)

    async def _handle_again(
        self,
        connection: Connection,
        letter: asyncpg.Record,
        action: Action | None,
        lane: int | None,
    ) -> Work:
        original = action and action.edited
        original = original or await letter_actions.last_edit(connection, self.store.keys, letter)
        if original is None:
            subject = letter_actions.subject_of(letter)
            keys = await self.store.keys(connection, [subject])
            packed = keys.open(subject, letter["original"] or b"", "letter")
            if packed is None:
                raise Rejected(f"the original of dead letter {letter['id']} was erased")
            original = dead_letters.unpack_original(packed)
        try:
            lane = letter["lane"] if lane is None else lane
            read = message, _ = self._read(letter, original)
            work = await self._apply(connection, letter, read, lane, by_hand=action is not None)
            if action is not None:
                await letter_actions.record(
                    connection, work.keys, work.now, letter, action, "resolved"
                )
            if dead_letters.names_nobody(letter_actions.subject_of(letter)):
                about = Subject(message.creditor, message.subject)
                await letter_actions.attribute(connection, work.keys, letter, about)
            await dead_letters.resolve(connection, letter["id"])
            await self.store.save(connection, work)
        except Exception as error:
            if isinstance(error, _RefusedAgain) or not is_its_own(error):
                raise
            raise _RefusedAgain(type(error).__name__, told_of(error)) from error
        return work

    async def _apply(
        self,
        connection: Connection,
        letter: asyncpg.Record,
        read: tuple[Message, MessageRoute],
        lane: int,
        *,
        by_hand: bool,
    ) -> Work:
        """The unit of work of a message's effect, to be saved; raises `_RefusedAgain`."""
        topic = letter["source"]
        message, route = read
        streams = route.streams(message, lane)
        known = registries(self.sources_of, lane, [(topic, message)])
        subjects = letter_actions.subject_of(letter), Subject(message.creditor, message.subject)
        work = await self.store.load(
            connection,
            now=self.clock.now(),
            lane=lane,
            streams=[*known.values(), *streams],
            subjects=subjects,
            histories=streams if route.history else (),
        )
        work.recorder = asking()  # somebody asked for it, and may have written the message
        if await self._had_its_effect(connection, letter, message, lane, by_hand=by_hand):
            return work
        if route.asks_beside(message):
            await self.store.load_beside(connection, work, streams, lock=True)
        foreign = not_among(enforced(work, known), topic, message)
        with work.under(again(self.store.traces, topic, message)):
            refusal = foreign or run(work, route, message, streams)
            if refusal is not None:
                refusal = await run_with_history(
                    self.store, connection, work, route, message, streams, refusal
                )
        if refusal is not None:
            raise _RefusedAgain(type(refusal).__name__, str(refusal))
        return work

    def _read(self, letter: asyncpg.Record, original: Original) -> tuple[Message, MessageRoute]:
        """A letter's message and its route, by the rules of its first arrival."""
        topic = letter["source"]
        try:
            message = decode(original.value, original.headers)
        except UnknownType as error:
            raise _RefusedAgain(UnknownType.__name__, str(error)) from error
        except MalformedMessage as error:
            raise _RefusedAgain("Malformed", str(error)) from error
        wrong = misplaced(topic, message.type, message.source)
        if wrong is not None:
            raise _RefusedAgain(wrong.error, wrong.reason)
        route = self.routes.get(topic, {}).get(message.type)
        if route is None:
            raise _RefusedAgain(UnknownType.__name__, f"{message.type} is not read here")
        return message, route

    async def _had_its_effect(
        self,
        connection: Connection,
        letter: asyncpg.Record,
        message: Message,
        lane: int,
        *,
        by_hand: bool,
    ) -> bool:
        """Take the message's id; True when the same came again meanwhile and was handled.

        Only a person can say that what came before an upgrade was another creditor's.
        """
        asks, hashed = self.store.has_inbox_before, self.bodies.now
        if letter["holds_id"]:
            await inbox.forget(connection, message, asks_before=asks)
        known = await inbox.remember_once(connection, lane, message, hashed, asks_before=asks)
        other = known is not None and not self.bodies.is_message(known, message)
        if other and isinstance(known, BodyBefore):
            if not by_hand:
                raise _RefusedAgain(Rejected.__name__, PERHAPS_ANOTHERS)
            known = await inbox.remember_once(connection, lane, message, hashed, asks_before=False)
            other = known is not None and not self.bodies.is_message(known, message)
        if other:
            raise _RefusedAgain(Rejected.__name__, OTHER_BODY)
        return known is not None


class _RefusedAgain(Exception):
    """A message was refused again: the kind of error and its sentence."""

    def __init__(self, error: str, reason: str) -> None:
        super().__init__(reason)
        self.error = error
        self.reason = reason
