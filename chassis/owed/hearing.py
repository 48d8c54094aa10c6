"""What handlers do with the messages about a debtor: open what is known, seal what is new."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from chassis.owed.debtor import Profile
from chassis.owed.ledger import FollowBalance, FollowClearance
from chassis.store.work import Work
from contracts import billing, ledger
from contracts.codec import Message
from contracts.words.streams import Subject, terms_stream, told_sources_stream

P = TypeVar("P", bound=Profile)

HEARD = frozenset({"ledger_seen", "debtor_upserted", "terms_published", "sources_told"})
"""Types of the events that only say what a service heard: no table of its own shows them."""


@dataclass(frozen=True)
class Told(Generic[P]):
    """What billing told of a debtor: the profile before (`None`: nobody was known) and after, and
    the latter sealed.
    """

    before: P | None
    profile: P
    sealed: bytes


def debtor_of(message: Message) -> Subject:
    """Whose personal data a message brings."""
    return Subject(message.creditor, message.subject)


def terms_of(message: Message, lane: int) -> Sequence[str]:
    """The stream of the terms of a message's creditor in a lane."""
    return [terms_stream(message.creditor, lane)]


def told_sources_of(message: Message, lane: int) -> Sequence[str]:
    """The stream of the sources of a message's creditor in a lane."""
    return [told_sources_stream(message.creditor, lane)]


def sources_told(work: Work, message: Message) -> None:
    """Keep for this lane who may publish `billing` for the creditor."""
    data: ledger.CreditorSourcesChanged = message.data
    stream = told_sources_stream(message.creditor, work.lane)
    event = work.entry(stream).aggregate.events
    work.append(stream, [event(sources=tuple(data.sources))])


def balance_changed(_work: Work, message: Message) -> FollowBalance:
    """Follow the ledger."""
    return FollowBalance(message.data)


def account_cleared(_work: Work, message: Message) -> FollowClearance:
    """Nothing is overdue, whatever was last heard of the balance."""
    return FollowClearance(message.data)


def profile_told(
    work: Work,
    message: Message,
    sealed: bytes,
    kind: type[P],
    tell: Callable[[P, billing.AccountUpserted], P | None],
) -> Told[P] | None:
    """Take in what billing tells of a debtor whose profile is kept `sealed`.

    `tell` answers the new profile, made of the one known; `None` when the message says nothing of
    it. What a message leaves out stays as it was. Nothing is kept of an erased debtor.
    """
    subject = debtor_of(message)
    if work.is_erased(subject):
        return None
    opened = work.open(subject, sealed, "profile")
    known = msgspec.convert(opened or {}, kind)
    profile = tell(known, message.data)
    if profile is None:
        return None
    before = None if opened is None else known
    return Told(before, profile, work.seal(subject, msgspec.to_builtins(profile), "profile"))
