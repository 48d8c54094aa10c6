"""What happens to a debtor's matter, in the past tense; personal data only sealed."""

from datetime import date, datetime

from msgspec import Struct

from chassis.owed.amounts import OwedItem
from chassis.owed.debtor import DebtorErased, DebtorUpserted
from chassis.owed.ledger import LedgerSeen


class Asked(Struct, frozen=True):
    """A document that was asked for; the figures are those of the decision."""

    request_id: str
    document: str
    case_id: str
    ledger_version: int
    requested_at: datetime
    currency: str
    principal: int
    late_fee: int
    total: int
    items: tuple[OwedItem, ...] = ()
    policy: str = ""
    policy_version: int = 0
    step: str | None = None
    correlation: str | None = None


class DocumentRequested(Asked, frozen=True, tag="document_requested"):
    """A document is to be issued."""


class ClaimTold(Struct, frozen=True, tag="claim_told"):
    """A part of what a document with many items is to claim; it is asked for with the last."""

    request_id: str
    part: int
    items: tuple[OwedItem, ...]


class DocumentDeferred(Struct, frozen=True, tag="document_deferred"):
    """A document waits for what it needs: profile, terms or ledger."""

    request_id: str
    until: datetime
    reason: str


class DocumentRefused(Struct, frozen=True, tag="document_refused"):
    """A document is not issued: cleared, closed, erased, no_debtor or no_terms."""

    request_id: str
    reason: str


class MatterOpened(Struct, frozen=True, tag="matter_opened"):
    """A debtor's debt went to the lawyers."""

    matter_id: str
    case_id: str | None
    day: date


class DocumentIssued(Struct, frozen=True, tag="document_issued"):
    """A document was drawn up: its sealed text, the SHA-256 of the text, and what it claims."""

    document_id: str
    document: str
    matter_id: str
    day: date
    principal: int
    late_fee: int
    total: int
    currency: str
    sha256: str
    content: bytes
    ledger_version: int
    case_id: str | None = None
    step: str | None = None
    correlation: str | None = None


class DocumentFiled(Struct, frozen=True, tag="document_filed"):
    """The document lies in the documents folder; `pdf_sha256` is of its PDF, empty where there is
    none.
    """

    document_id: str
    pdf_sha256: str = ""


class MatterProgressed(Struct, frozen=True, tag="matter_progressed"):
    """Something happened in court or with the debtor; `pay_by` ends the term of a judgment."""

    matter_id: str
    step: str
    day: date
    by: str
    case_id: str | None = None
    amount: int | None = None
    pay_by: date | None = None
    pay_by_ends: datetime | None = None
    note: bytes = b""


class JudgmentTermExpired(Struct, frozen=True, tag="judgment_term_expired"):
    """The term for paying after a judgment ran out with money still owed."""

    matter_id: str
    pay_by: date
    overdue: int


class JudgmentMet(Struct, frozen=True, tag="judgment_met"):
    """When the term of a judgment ran out nothing was owed any more."""

    matter_id: str


class DebtWrittenOff(Struct, frozen=True, tag="debt_written_off"):
    """An approved write-off goes to the ledger."""

    approval_id: str
    item_ids: tuple[str, ...]
    amount: int | None
    case_id: str | None
    reason: str
    correlation: str | None = None
    evidence: tuple[str, ...] = ()
    part: int | None = None


class CostIncurred(Struct, frozen=True, tag="cost_incurred"):
    """Pursuing the debt cost money; `number` is the receipt's, `note` sealed."""

    number: str
    item_id: str
    item: str
    matter_id: str
    amount: int
    currency: str
    day: date
    due_on: date
    by: str
    case_id: str | None = None
    note: bytes = b""


class InventoryTaken(Struct, frozen=True, tag="inventory_taken"):
    """What an absent debtor left behind was listed; the list is sealed, `sha256` is of it."""

    number: str
    day: date
    entries: int
    sha256: str
    content: bytes
    by: str
    case_id: str | None = None


class GoodsStored(Struct, frozen=True, tag="goods_stored"):
    """What an inventory lists was put into storage, or given out of it; the record is sealed."""

    number: str
    day: date
    what: str
    content: bytes
    by: str
    case_id: str | None = None


class TaskReported(Struct, frozen=True, tag="task_reported"):
    """A task of the file (inventory, storage) was done, says dunning."""

    task_id: str
    kind: str
    result: str | None
    at: datetime
    case_id: str | None = None


class RecoverySeen(Struct, frozen=True, tag="recovery_seen"):
    """Money came in on a debt written off."""

    item_id: str | None
    amount: int
    currency: str
    day: date
    payment_id: str | None = None


class LimitationReached(Struct, frozen=True, tag="limitation_reached"):
    """The limitation period of an item comes `near` its last day, or that day has come
    (`expired`).
    """

    item_id: str
    stage: str
    ends_on: date
    case_id: str | None = None
    correlation: str | None = None


class MatterClosed(Struct, frozen=True, tag="matter_closed"):
    """Nothing is left to pursue, or the case ended."""

    matter_id: str
    reason: str
    case_id: str | None = None
    by: str | None = None
    note: bytes = b""


class InvoiceNumbered(Struct, frozen=True, tag="invoice_numbered"):
    """Billing told what people call an invoice."""

    item_id: str
    sealed: bytes


class FilesPurged(Struct, frozen=True, tag="files_purged"):
    """The files of an erased debtor's documents are deleted."""


Event = (
    DebtorUpserted
    | DebtorErased
    | LedgerSeen
    | ClaimTold
    | DocumentRequested
    | DocumentDeferred
    | DocumentRefused
    | MatterOpened
    | DocumentIssued
    | DocumentFiled
    | MatterProgressed
    | JudgmentTermExpired
    | JudgmentMet
    | DebtWrittenOff
    | CostIncurred
    | InventoryTaken
    | GoodsStored
    | TaskReported
    | RecoverySeen
    | LimitationReached
    | MatterClosed
    | InvoiceNumbered
    | FilesPurged
)
