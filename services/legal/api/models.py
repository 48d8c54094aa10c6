"""What the legal service's API takes and answers; amounts in minor units."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.base import Amount, StatedDay
from contracts.words.identifiers import CHARACTER
from contracts.words.vocabulary import LegalStep

DocumentState = Literal["waiting", "issued", "refused"]
Term = Literal["running", "expired", "met"]


class DocumentRow(BaseModel):
    """A document; `reason` says what it waits for or why it was refused."""

    document_id: str
    creditor: str
    account: str
    case_id: str
    matter_id: str | None
    document: str
    state: DocumentState
    reason: str
    requested_at: datetime
    issued_at: datetime | None
    issued_on: date | None
    principal: int | None
    late_fee: int | None
    total: int | None
    currency: str | None
    content_hash: str | None
    policy: str
    policy_version: int
    step: str | None


class DocumentDetail(DocumentRow):
    """A document with its text: null for callers who may not read it, and after an erasure;
    `pdf_hash` is the SHA-256 of the PDF that was filed with it.
    """

    title: str | None
    text: str | None
    pdf_hash: str | None = None


class MatterRow(BaseModel):
    """A matter; `term` tells how the time for paying a judgment stands (empty: no judgment)."""

    matter_id: str
    creditor: str
    account: str
    case_id: str | None
    stage: str
    opened_at: datetime
    opened_on: date
    documents: int
    progressed_on: date | None
    judgment_on: date | None
    judgment_amount: int | None
    pay_by: date | None
    term: str
    closed_at: datetime | None
    closed_reason: str | None


class ProgressRow(BaseModel):
    """One step of a matter."""

    matter_id: str
    step: str
    day: date
    amount: int | None
    pay_by: date | None
    by: str
    at: datetime
    note: str | None


class Milestone(BaseModel):
    """Where a matter stood from a day on: referred, filed, hearing, judgment, settled, enforced,
    frozen, seized, closed.
    """

    matter_id: str
    milestone: str
    day: date
    at: datetime
    by: str | None = None
    reason: str | None = None


class CostRow(BaseModel):
    """What pursuing the debt cost; the ledger's item is `item_id`."""

    number: str
    matter_id: str
    item_id: str
    item: str
    amount: int
    currency: str
    day: date
    due_on: date
    by: str
    note: str | None


class MatterDetail(BaseModel):
    """An account's matters and everything that happened in them."""

    account: str
    open: bool
    stage: str
    matters: list[MatterRow]
    progress: list[ProgressRow]
    milestones: list[Milestone]
    costs: list[CostRow]


class Progress(BaseModel):
    """Something happened; for a judgment `pay_by` is the last day to pay (default: the term of the
    settings).
    """

    model_config = ConfigDict(extra="forbid")

    step: LegalStep
    amount: Amount | None = None
    day: StatedDay | None = None
    pay_by: StatedDay | None = None
    note: Annotated[str, Field(max_length=4000)] | None = None


class Closing(BaseModel):
    """Why a matter ends before its case does."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    note: Annotated[str, Field(max_length=4000)] | None = None


CostItem = Literal[
    "court_fee",
    "lawyer_fee",
    "preservation_fee",
    "enforcement_fee",
    "notary_fee",
    "storage_fee",
    "other_costs",
]
Number = Annotated[str, Field(pattern=f"^{CHARACTER}{{1,100}}$")]
"""A number of the creditor's own books: the same one again is the same thing."""
Label = Annotated[str, Field(min_length=1, max_length=200)]


class Cost(BaseModel):
    """A cost of the running matter, by the number of its receipt; due the same day unless said."""

    model_config = ConfigDict(extra="forbid")

    number: Number
    item: CostItem
    amount: Annotated[int, Field(strict=True, gt=0, le=10**15)]
    day: StatedDay | None = None
    due_on: StatedDay | None = None
    note: Annotated[str, Field(max_length=4000)] | None = None


class Signature(BaseModel):
    """Who signed, and as what."""

    model_config = ConfigDict(extra="forbid")

    name: Label
    role: Label


class Goods(BaseModel):
    """One line of an inventory; `photos` are references to where pictures are kept."""

    model_config = ConfigDict(extra="forbid")

    description: Label
    quantity: Annotated[int, Field(ge=1, le=10**6)] = 1
    condition: Label | None = None
    photos: Annotated[tuple[Label, ...], Field(max_length=50)] = ()


class Inventory(BaseModel):
    """What an absent debtor left behind, and who signed the list."""

    model_config = ConfigDict(extra="forbid")

    number: Number
    day: StatedDay | None = None
    place: Label
    entries: Annotated[tuple[Goods, ...], Field(min_length=1, max_length=1000)]
    signed_by: Annotated[tuple[Signature, ...], Field(min_length=1, max_length=20)]
    witness: Label | None = None
    photos: Annotated[tuple[Label, ...], Field(max_length=200)] = ()
    note: Annotated[str, Field(max_length=4000)] | None = None


class Movement(BaseModel):
    """Where listed goods went: into storage with a keeper, or out to whoever was given them."""

    model_config = ConfigDict(extra="forbid")

    what: Literal["stored", "released"]
    day: StatedDay | None = None
    place: Label
    keeper: Label
    signed_by: Annotated[tuple[Signature, ...], Field(min_length=1, max_length=20)]
    photos: Annotated[tuple[Label, ...], Field(max_length=200)] = ()
    note: Annotated[str, Field(max_length=4000)] | None = None


class MovementRow(BaseModel):
    """One movement; `record` is null for callers who may not read it, and after an erasure."""

    what: str
    day: date
    at: datetime
    by: str
    record: Movement | None


class InventoryRow(BaseModel):
    """An inventory with its movements; `record` as above."""

    number: str
    day: date
    at: datetime
    by: str
    entries: int
    content_hash: str
    record: Inventory | None
    movements: list[MovementRow]


class FileTask(BaseModel):
    """A task of the file that dunning says was done."""

    task_id: str
    kind: str
    result: str | None
    at: datetime


class Inventories(BaseModel):
    """What the account's file holds of abandoned goods."""

    account: str
    inventories: list[InventoryRow]
    tasks: list[FileTask]


class Recovery(BaseModel):
    """Money that came in for a debt written off."""

    item_id: str | None
    amount: int
    currency: str
    day: date
    payment_id: str | None


class WriteOffRow(BaseModel):
    """An approved write-off, with the list of what the file held to justify it (no `item_ids`: all
    that had fallen due).
    """

    approval_id: str
    at: datetime
    case_id: str | None
    item_ids: list[str]
    amount: int | None
    evidence: list[str]


class WriteOffs(BaseModel):
    """What was given up on an account, and what came in afterwards."""

    account: str
    write_offs: list[WriteOffRow]
    recoveries: list[Recovery]
    recovered: int
