"""What people do with dead letters: retry, edit and retry, discard, each with who and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asyncpg import Connection

from chassis.bus.base import lane_of
from chassis.errors import Malformed, Rejected
from chassis.runtime.parked import ParkedMessages
from chassis.runtime.round import Round
from chassis.store import dead_letters, letter_actions, subject_keys
from chassis.store.dead_letters import Original
from chassis.store.faults import is_its_own, told_of
from chassis.store.letter_actions import Action, Outcome, subject_of
from chassis.store.pool import acquire
from chassis.store.vault import UNATTRIBUTED
from contracts.characters import CLEANED
from contracts.codec import Message, decode
from contracts.envelope import Told, told
from contracts.errors import MalformedMessage, UnknownType
from contracts.registry import MODELS, OWNERS
from contracts.words.streams import Subject, key_of


@dataclass
class Letters:
    """The dead letters of a service, for those who look after it."""

    parked: ParkedMessages
    round: Round
    partitions: int

    async def retry(self, letter_id: int, who: str, why: str) -> bool:
        """Handle, publish, project or wake again; False when that failed again."""
        action = Action("retried", who, why)
        async with acquire(self.parked.store.pool) as connection:
            letter = await dead_letters.open_letter(connection, letter_id)
        if letter["stream"] is None:
            return await self.parked.retry(letter_id, action)
        return await self._event_again(letter, action)

    async def edit(self, letter_id: int, who: str, why: str, text: str) -> bool:
        """Handle another body in the place of the original, which is kept; False when it was
        refused.

        Raises `Malformed` for a body no contract has, `Rejected` for another message's, and for
        what a service said: its rules, and the people it asked, stand behind that.
        """
        async with acquire(self.parked.store.pool) as connection:
            letter = await dead_letters.open_letter(connection, letter_id)
            said = await self._said(connection, letter)
        if letter["stream"] is not None:
            raise Rejected("an event is never rewritten: retry or discard its letter")
        if letter["source"] in OWNERS:
            owner = OWNERS[letter["source"]]
            raise Rejected(f"{owner} said this and nobody else may: retry or discard its letter")
        edited = Original(text.encode(), (("content-type", b"application/cloudevents+json"),))
        message = _decoded(edited)
        _must_be_the_same(said, subject_of(letter), message)
        lane = self._lane(letter, message)
        about = Subject(message.creditor, message.subject)
        action = Action("edited", who, why, edited, about)
        return await self.parked.retry(letter_id, action, lane)

    async def discard(self, letter_id: int, who: str, why: str) -> None:
        """Close a letter that is not to have its effect; it stays, with its original."""
        async with acquire(self.parked.store.pool) as connection, connection.transaction():
            letter = await dead_letters.open_letter(connection, letter_id)
            await dead_letters.discard(connection, letter_id)
            await self._record(connection, letter, Action("discarded", who, why), "discarded")

    async def actions(self, letter: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What was done with a letter so far."""
        async with acquire(self.parked.store.pool) as connection:
            return await letter_actions.of_letter(connection, self.parked.store.keys, letter)

    async def _event_again(self, letter: Mapping[str, Any], action: Action) -> bool:
        error: Exception | None = None
        async with acquire(self.parked.store.pool) as connection:
            try:
                async with connection.transaction():
                    await dead_letters.open_letter(connection, letter["id"])
                    await self._do_again(connection, letter)
                    await dead_letters.resolve(connection, letter["id"])
                    await self._record(connection, letter, action, "resolved")
            except Exception as failure:
                if isinstance(failure, Rejected) or not is_its_own(failure):
                    raise
                error = failure
            if error is None:
                return True
            async with connection.transaction():
                kind, reason = type(error).__name__, told_of(error)
                await dead_letters.refuse_again(connection, letter["id"], kind, reason)
                await self._record(connection, letter, action, "refused", reason)
        return False

    async def _do_again(self, connection: Connection, letter: Mapping[str, Any]) -> None:
        what, _, view = letter["source"].partition(":")
        stream, version = letter["stream"], letter["version"]
        if what == "publication":
            await self.round.publish_again(stream, version)
        elif what == "projection":
            await self.round.projector.apply_again(connection, view, stream, version)
        else:
            await self.round.wakes.fire_again(connection, stream)

    async def _record(
        self,
        connection: Connection,
        letter: Mapping[str, Any],
        action: Action,
        outcome: Outcome,
        reason: str = "",
    ) -> None:
        now = self.parked.clock.now()
        keys = await self.parked.store.keys(connection, [subject_of(letter)])
        await letter_actions.record(connection, keys, now, letter, action, outcome, reason)
        await subject_keys.save(connection, keys, now)

    async def _said(self, connection: Connection, letter: Mapping[str, Any]) -> Told:
        """What could be read of a letter's message as it came; nothing once it was erased."""
        keys = await self.parked.store.keys(connection, [subject_of(letter)])
        packed = keys.open(subject_of(letter), letter["original"] or b"", "letter")
        if packed is None:
            return told(b"")
        return told(*dead_letters.unpack_original(packed))

    def _lane(self, letter: Mapping[str, Any], message: Message) -> int:
        """The lane of an edited message: that of its account, else the one it came on."""
        if message.subject == "*":
            return int(letter["lane"])
        return lane_of(key_of(message.creditor, message.subject).encode(), self.partitions)


def _decoded(edited: Original) -> Message:
    try:
        return decode(edited.value, edited.headers)
    except (MalformedMessage, UnknownType) as error:
        raise Malformed(f"the text is no message: {error}") from error


def _must_be_the_same(said: Told, about: Subject, message: Message) -> None:
    """An edited message stays what it was, as far as that could be read: whose, about whom, from
    where, of which id and type. A type that no contract describes may have been a slip.

    Whom the letter is about may be known from the record's key alone: whoever looks after one
    creditor's letters speaks for no other creditor.
    """
    known = about != UNATTRIBUTED
    kind = said.type if said.type in MODELS else None
    whole = {
        "id": (said.id, message.id),
        "type": (kind, message.type),
        "source": (said.source, message.source),
        "creditor": (said.creditor, message.creditor),
        "account": (said.subject, message.subject),
        "creditor of the letter": (about.creditor if known else None, message.creditor),
        "account of the letter": (about.account if known else None, message.subject),
    }
    for name, (was, now) in whole.items():
        if was is not None and CLEANED not in was and was != now:
            raise Rejected(f"the {name} of the message stays {was}: anything else is sent anew")
