"""What happens to an account's notices; personal data only in `sealed` fields."""

from datetime import date, datetime
from typing import Any

from msgspec import Struct

from chassis.owed import debtor
from chassis.owed.debtor import DebtorErased
from chassis.owed.ledger import LedgerSeen
from services.notifier.domain.charges import ChannelChosen, Charge, NoticeMoved, ResultNotAwaited
from services.notifier.domain.entries import EntryRemoved, EntryRestored, EntryWithheld


class DebtorUpserted(debtor.DebtorUpserted, frozen=True, tag="debtor_upserted"):
    """Billing told who the debtor is; `moved`: where they can be reached changed."""

    moved: bool = False


class InvoiceDetailed(Struct, frozen=True, tag="invoice_detailed"):
    """Where and when what an invoice is for took place, sealed."""

    item_id: str
    sealed: bytes


class ContactSeen(Struct, frozen=True, tag="contact_seen"):
    """Somebody calls, visits or (no `is_call`) writes for the creditor: a contact."""

    case_id: str
    day: date
    is_call: bool = True


class OptedOut(Struct, frozen=True, tag="opted_out"):
    """The debtor wants nothing by a channel, or no reminders by it (`email:reminder`)."""

    channel: str
    by: str


class OptedIn(Struct, frozen=True, tag="opted_in"):
    """The debtor took the objection to a channel back."""

    channel: str
    by: str


class Wanted(Struct, frozen=True):
    """A notice that was asked for."""

    notice_id: str
    purpose: str
    channel: str
    recipients: str
    template: str
    needs_overdue: bool
    ledger_version: int
    requested_at: datetime
    case_id: str | None = None
    respond_by: date | None = None
    variables: dict[str, Any] = {}
    policy: str = ""
    policy_version: int = 0
    step: str | None = None
    correlation: str | None = None
    destination: bytes = b""
    mask: str = ""


class NoticeRequested(Wanted, frozen=True, tag="notice_requested"):
    """A notice is to be sent, when a channel fails by those of `fallback`; `cheapest` first."""

    fallback: tuple[str, ...] = ()
    cheapest: bool = False


class NoticeDeferred(Struct, frozen=True, tag="notice_deferred"):
    """A notice has to wait; what `reason` may be says `waiting.py`.

    `refund` is the charge of the attempt before, which led to nothing.
    """

    notice_id: str
    until: datetime
    reason: str
    refund: Charge | None = None


PAUSED = "paused"


class NoticePaused(Struct, frozen=True, tag="notice_paused"):
    """A notice waits for as long as its case is paused."""

    notice_id: str

    @property
    def reason(self) -> str:
        """Why it waits."""
        return PAUSED


class NoticeReleased(Struct, frozen=True, tag="notice_released"):
    """The waiting is over; the rules are looked at again before it is sent."""

    notice_id: str


class NoticeAttempted(Struct, frozen=True, tag="notice_attempted"):
    """A notice is about to be handed to its gateway: committed before the gateway is called.

    `place` says which of the debtor's addresses it goes to, `gateway` which of the channel's
    gateways is called: nobody else can be asked what became of it; `template` which own text.
    """

    notice_id: str
    attempt: int
    at: datetime
    day: date
    to_masked: str
    sha256: str
    content: bytes
    place: str = ""
    gateway: str = ""
    charge: Charge | None = None
    template: str = ""


class About(Struct, frozen=True):
    """What others are told of a notice whenever something becomes of it."""

    channel: str
    purpose: str
    case_id: str | None = None
    step: str | None = None
    correlation: str | None = None


class NoticeSent(Struct, frozen=True, tag="notice_sent"):
    """The gateway took the notice; `parts` are the names by which it reports what becomes of each
    part of a long one, `call` says which call about the notice it is, `template` which own text it
    was written with.
    """

    notice_id: str
    reference: str
    at: datetime
    to_masked: str
    sha256: str
    attempt: int
    about: About
    gateway: str = ""
    parts: tuple[str, ...] = ()
    template: str = ""
    call: int = 0


class NoticeInDoubt(Struct, frozen=True, tag="notice_in_doubt"):
    """Nobody knows whether the gateway took the notice: it is to be found out."""

    notice_id: str


class LookupPostponed(Struct, frozen=True, tag="lookup_postponed"):
    """The gateway could not tell either; it is asked again."""

    notice_id: str
    until: datetime


class NoticeFailed(Struct, frozen=True, tag="notice_failed"):
    """A notice was given up; `reason` says why, for a person to act on; `refused`: the gateway did
    not want it.
    """

    notice_id: str
    reason: str
    about: About
    refused: bool = False
    refund: Charge | None = None


class NoticeRerouted(Struct, frozen=True, tag="notice_rerouted"):
    """A notice goes on by its next channel; all but `channel` tells of the one that failed."""

    notice_id: str
    channel: str
    reason: str
    about: About
    refused: bool = False
    attempts: int = 0
    day: date | None = None
    to_masked: str = ""
    sha256: str = ""
    refund: Charge | None = None


class NoticeSuppressed(Struct, frozen=True, tag="notice_suppressed"):
    """A notice is not sent on purpose: cleared, opted_out, no_address or erased."""

    notice_id: str
    reason: str
    about: About


class DeliveryRecorded(Struct, frozen=True, tag="delivery_recorded"):
    """The fate of a sent notice became known; `by` names the person who recorded it, nobody for a
    provider's callback. One that `goes_on` by its next channel has no fate yet; `late`: it went
    on before.
    """

    notice_id: str
    result: str
    at: datetime
    about: About
    callback_id: str = ""
    by: str = ""
    goes_on: bool = False
    late: bool = False


class ReceiptNoted(Struct, frozen=True, tag="receipt_noted"):
    """The post gave a receipt for a letter, by whose number it is found again."""

    notice_id: str
    number: str
    posted_on: date | None
    by: str


class CallUnanswered(Struct, frozen=True, tag="call_unanswered"):
    """Nobody took a call (`busy`, `no_answer`, `machine`): there is another, not before `until`,
    unless it was the last.
    """

    notice_id: str
    how: str
    at: datetime
    until: datetime
    about: About
    callback_id: str = ""
    call: int = 0
    last: bool = False

    @property
    def reason(self) -> str:
        """Why the notice waits."""
        return self.how


class Fate(Struct, frozen=True):
    """What became known of a sent notice, and when."""

    result: str
    at: datetime


class SentEarlier(Struct, frozen=True, tag="sent_earlier"):
    """A notice went out after the backup this store was restored from; until `until` the first to
    be asked for that is like it is this one.
    """

    notice_id: str
    about: About
    reference: str
    at: datetime
    day: date
    to_masked: str
    sha256: str
    until: datetime
    fates: tuple[Fate, ...] = ()


class OutboxPurged(Struct, frozen=True, tag="outbox_purged"):
    """The files of an erased debtor's notices are deleted."""


# fmt: off
Event = (
    DebtorUpserted | DebtorErased | LedgerSeen | InvoiceDetailed | ContactSeen | OptedOut
    | OptedIn | NoticeRequested | NoticeDeferred | NoticePaused | NoticeReleased
    | NoticeAttempted | NoticeMoved | NoticeSent | NoticeInDoubt | LookupPostponed | NoticeFailed
    | ChannelChosen | NoticeRerouted | ResultNotAwaited | NoticeSuppressed | DeliveryRecorded
    | ReceiptNoted | CallUnanswered | SentEarlier | EntryWithheld | EntryRestored | EntryRemoved
    | OutboxPurged
)
# fmt: on
