"""Numbers as people write them, kept beside the ids they belong to: sealed, since a licence plate
is one too, in a stream of its own, so that accounts without numbers pay nothing for them.
"""

from typing import Any, Literal, TypeAlias

import msgspec

from chassis.store.aggregate import Aggregate
from chassis.store.work import Work
from contracts.codec import Message
from contracts.words.streams import numbers_stream, subject_of

Kind: TypeAlias = Literal["account", "invoice", "payment"]


class NumberNoted(msgspec.Struct, frozen=True, tag="NumberNoted"):
    """Something has a number: `sealed` opens with the debtor's key, `index` finds it."""

    kind: str
    id: str
    sealed: bytes
    index: bytes


class NumbersErased(msgspec.Struct, frozen=True, tag="NumbersErased"):
    """The debtor's key was destroyed, the numbers with it."""


NumberEvent = NumberNoted | NumbersErased


class Numbers(msgspec.Struct, frozen=True, array_like=True):
    """How many numbers an account's stream has noted."""

    count: int = 0


def _evolve(state: Numbers, event: NumberEvent) -> Numbers:
    return Numbers(state.count + 1 if isinstance(event, NumberNoted) else 0)


NUMBERS: Aggregate[Numbers, Any] = Aggregate(
    name="numbers",
    state=Numbers,
    events=NumberEvent,
    initial=lambda _stream: Numbers(),
    evolve=_evolve,
)


def stream_of(message: Message) -> str:
    """The stream of the numbers of a message's account."""
    return numbers_stream(message.creditor, message.subject)


def is_numbered(message: Message) -> bool:
    """Whether a message brings a number."""
    return message.data.number is not None


def note(work: Work, message: Message, kind: Kind, id_: str) -> None:
    """Keep the number a message brings; nothing for an erased debtor."""
    stream, number = stream_of(message), message.data.number
    subject = subject_of(stream)
    if number is None or work.is_erased(subject):
        return
    index = work.keys.index(number)
    work.append(stream, [NumberNoted(kind, id_, work.seal(subject, number), index)])


def forget(work: Work, message: Message) -> None:
    """Let go of an erased debtor's numbers."""
    stream = stream_of(message)
    if work.state(stream).count:
        work.append(stream, [NumbersErased()])
