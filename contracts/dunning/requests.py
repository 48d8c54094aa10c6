"""What dunning asks of others; each carries the ledger version it was decided on."""

from typing import ClassVar

from contracts.base import (
    Amount,
    Count,
    Currency,
    Day,
    Flag,
    Identifier,
    Instant,
    Label,
    Part,
    PositiveAmount,
    Variables,
)
from contracts.dunning.base import CaseMessage, Decided, DunningContract
from contracts.words.vocabulary import Channel, Choosing, Document, Masking, Purpose, Recipients


class NoticeRequested(Decided):
    """A notice is to be sent by one channel.

    `recipients`: the first usable address, the registered one, or each other address the debtor
    gave. With `needs_overdue` it is not sent when nothing is overdue any more. When a channel fails
    for good the same notice goes on by the next of `fallback`; `choose`: in the order given, or the
    cheapest first. `mask`: whose names a published list masks; absent, as the creditor has set.
    """

    TYPE: ClassVar[str] = "dunning.notice.requested.v1"

    notice_id: Identifier
    account_id: Identifier
    case_id: Identifier | None = None
    purpose: Purpose
    channel: Channel
    recipients: Recipients = "first"
    template: Identifier
    variables: Variables = {}
    respond_by: Day | None = None
    ledger_version: Count
    needs_overdue: Flag
    fallback: tuple[Channel, ...] = ()
    choose: Choosing = "in_order"
    mask: Masking | None = None


class TaskRequested(Decided):
    """Work for a person; without `account_id` it is about the creditor as a whole.

    `owner` is a role, a department, or `responsible` for the person the account names;
    `with_owners` sign too.
    """

    TYPE: ClassVar[str] = "dunning.task.requested.v1"

    task_id: Identifier
    account_id: Identifier | None = None
    case_id: Identifier | None = None
    kind: Identifier
    owner: Label
    with_owners: tuple[Label, ...] = ()
    day: Day
    ledger_version: Count | None = None


class ContactReported(DunningContract):
    """An agency contacted the debtor for the creditor, by a channel or a kind of task."""

    TYPE: ClassVar[str] = "dunning.contact.reported.v1"

    contact_id: Identifier
    account_id: Identifier
    case_id: Identifier | None = None
    agency: Identifier
    channel: Identifier
    day: Day
    at: Instant


class CallPlanned(DunningContract):
    """The `call`-th call about a notice, after one that nobody took, is within the person's limits
    from `not_before` on: contacts of all the person's accounts count.
    """

    TYPE: ClassVar[str] = "dunning.call.planned.v1"

    notice_id: Identifier
    account_id: Identifier
    case_id: Identifier | None = None
    call: Count
    not_before: Instant


class TaskCompleted(DunningContract):
    """A task was done, with its result."""

    TYPE: ClassVar[str] = "dunning.task.completed.v1"

    task_id: Identifier
    account_id: Identifier | None = None
    case_id: Identifier | None = None
    kind: Identifier
    result: Identifier | None = None


class TaskWithdrawn(DunningContract):
    """A task need not be done any more."""

    TYPE: ClassVar[str] = "dunning.task.withdrawn.v1"

    task_id: Identifier
    account_id: Identifier | None = None
    case_id: Identifier | None = None
    kind: Identifier
    reason: Identifier


class RestrictionRequested(CaseMessage, Decided):
    """Upstream is to restrict a service; it confirms with the `request_id`."""

    TYPE: ClassVar[str] = "dunning.restriction.requested.v1"

    request_id: Identifier
    service: Identifier
    ledger_version: Count


class RestorationRequested(CaseMessage, Decided):
    """Upstream is to restore a service at once; it confirms with the `request_id`."""

    TYPE: ClassVar[str] = "dunning.restoration.requested.v1"

    request_id: Identifier
    service: Identifier
    ledger_version: Count


class ReferralMade(CaseMessage, Decided):
    """A case was handed to somebody outside."""

    TYPE: ClassVar[str] = "dunning.referral.made.v1"

    referral_id: Identifier
    to: Identifier
    ledger_version: Count
    overdue: Amount
    currency: Currency


class ClaimItem(Part):
    """One item of a claim as it was decided on."""

    item_id: Identifier
    item: Identifier
    due_on: Day
    principal: Amount
    late_fee: Amount


class DirectDebitRequested(Decided):
    """The bank is to debit an account under its mandate, which stays where names are kept; the
    answer is a payment, or a failure.
    """

    TYPE: ClassVar[str] = "dunning.direct_debit.requested.v1"
    LISTS: ClassVar[tuple[str, ...]] = ("items",)

    request_id: Identifier
    account_id: Identifier
    case_id: Identifier | None = None
    day: Day
    amount: PositiveAmount
    currency: Currency
    items: tuple[ClaimItem, ...] = ()
    ledger_version: Count
    more: Flag | None = None
    part: Count | None = None


class LegalRequested(CaseMessage, Decided):
    """A legal document is to be drawn up; the sums are those of the decision."""

    TYPE: ClassVar[str] = "dunning.legal.requested.v1"
    LISTS: ClassVar[tuple[str, ...]] = ("items",)

    request_id: Identifier
    document: Document
    ledger_version: Count
    currency: Currency
    principal: Amount
    late_fee: Amount
    total: Amount
    items: tuple[ClaimItem, ...] = ()
    more: Flag | None = None
    part: Count | None = None
