"""What became of notices."""

from typing import ClassVar, Literal

from contracts.base import Contract, Count, Identifier, Instant, Label, Sha256
from contracts.words.vocabulary import Channel, Purpose


class NotifierContract(Contract):
    """The base of what is said about one notice."""

    TOPIC: ClassVar[str] = "notifier"

    notice_id: Identifier
    account_id: Identifier
    case_id: Identifier | None = None
    purpose: Purpose | None = None
    channel: Channel
    step: Identifier | None = None


class NoticeSent(NotifierContract):
    """A gateway took a notice; `to` is masked, `reference` the gateway's own, `content_hash` of the
    text, with a key that only the notifier has, `template` the version of the creditor's own text
    it was written with. Of a notice by telephone each call is told, `call` counts them.
    """

    TYPE: ClassVar[str] = "notifier.notice.sent.v1"

    to: Label
    reference: Label | None = None
    content_hash: Sha256
    sent_at: Instant
    attempt: Count = 1
    template: Label | None = None
    call: Count | None = None


class CallUnanswered(NotifierContract):
    """Nobody took a call about a notice, the `call`-th. There may be another on a later day; after
    the last one the notice fails or goes on by another channel.
    """

    TYPE: ClassVar[str] = "notifier.call.unanswered.v1"

    how: Literal["busy", "no_answer", "machine"]
    call: Count | None = None
    at: Instant


class NoticeDelivered(NotifierContract):
    """A notice reached its address."""

    TYPE: ClassVar[str] = "notifier.notice.delivered.v1"

    at: Instant


class NoticeFailed(NotifierContract):
    """A notice was given up; `reason` is a code for people to act on."""

    TYPE: ClassVar[str] = "notifier.notice.failed.v1"

    reason: Identifier
    at: Instant


class NoticeRerouted(NotifierContract):
    """A notice did not reach the debtor by `channel`, for the `reason` given, and goes on by
    `next_channel`: it is the same notice, and its fate is still open.
    """

    TYPE: ClassVar[str] = "notifier.notice.rerouted.v1"

    next_channel: Channel
    reason: Identifier
    at: Instant


class NoticeReturned(NotifierContract):
    """A notice came back, or was refused."""

    TYPE: ClassVar[str] = "notifier.notice.returned.v1"

    reason: Identifier
    at: Instant


class NoticeAcknowledged(NotifierContract):
    """Somebody signed for a notice, or answered it."""

    TYPE: ClassVar[str] = "notifier.notice.acknowledged.v1"

    how: Literal["signed", "replied"]
    at: Instant


class NoticeSuppressed(NotifierContract):
    """A notice was not sent on purpose."""

    TYPE: ClassVar[str] = "notifier.notice.suppressed.v1"

    reason: Literal["cleared", "opted_out", "no_address", "erased"]
    at: Instant
