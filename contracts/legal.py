"""What the legal service tells: matters, documents, write-offs."""

from typing import ClassVar

from contracts.base import (
    Amount,
    Contract,
    Count,
    Currency,
    Day,
    Flag,
    Identifier,
    PositiveAmount,
    Sha256,
)
from contracts.words.vocabulary import Document, LegalStep


class LegalContract(Contract):
    """The base of what is said about one account's matter."""

    TOPIC: ClassVar[str] = "legal"

    account_id: Identifier
    case_id: Identifier | None = None


class MatterOpened(LegalContract):
    """A debtor's debt went to the lawyers."""

    TYPE: ClassVar[str] = "legal.matter.opened.v1"

    matter_id: Identifier
    opened_on: Day


class DocumentIssued(LegalContract):
    """A document was drawn up; the sums are those it claims, `content_hash` is of its text."""

    TYPE: ClassVar[str] = "legal.document.issued.v1"

    document_id: Identifier
    request_id: Identifier | None = None
    matter_id: Identifier
    document: Document
    issued_on: Day
    ledger_version: Count
    currency: Currency
    principal: Amount
    late_fee: Amount
    total: Amount
    content_hash: Sha256
    step: Identifier | None = None


class MatterProgressed(LegalContract):
    """Something happened in court or with the debtor; `pay_by` is the last day to pay after a
    judgment.
    """

    TYPE: ClassVar[str] = "legal.matter.progressed.v1"

    matter_id: Identifier
    step: LegalStep
    day: Day
    amount: Amount | None = None
    pay_by: Day | None = None


class CostIncurred(LegalContract):
    """Pursuing the debt cost money that the debtor bears: the ledger adds it as an item of its
    own.
    """

    TYPE: ClassVar[str] = "legal.cost.incurred.v1"

    matter_id: Identifier
    item_id: Identifier
    item: Identifier
    amount: PositiveAmount
    currency: Currency
    incurred_on: Day
    due_on: Day


class LimitationNear(LegalContract):
    """The limitation period of an item ends soon."""

    TYPE: ClassVar[str] = "legal.limitation.near.v1"

    item_id: Identifier
    expires_on: Day


class LimitationExpired(LegalContract):
    """The limitation period of an item is over."""

    TYPE: ClassVar[str] = "legal.limitation.expired.v1"

    item_id: Identifier
    expires_on: Day


class DebtWrittenOff(LegalContract):
    """An approved write-off: the ledger gives up the items; no `item_ids` means all that has fallen
    due.
    """

    TYPE: ClassVar[str] = "legal.debt.written_off.v1"
    LISTS: ClassVar[tuple[str, ...]] = ("item_ids",)

    approval_id: Identifier
    item_ids: tuple[Identifier, ...] = ()
    amount: Amount | None = None
    reason: Identifier
    more: Flag | None = None
    part: Count | None = None


class MatterClosed(LegalContract):
    """Nothing is left to pursue, or the case ended."""

    TYPE: ClassVar[str] = "legal.matter.closed.v1"

    matter_id: Identifier
    reason: Identifier


class InventoryTaken(LegalContract):
    """What an absent debtor left behind was listed; the list itself stays with the file."""

    TYPE: ClassVar[str] = "legal.inventory.taken.v1"

    inventory_id: Identifier
    taken_on: Day
    entries: Count
    content_hash: Sha256
