"""What the legal service's API takes and answers; amounts in minor units."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.base import Amount, LegalStep

AccountId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
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
    """A document with its text: null for callers who may not read it, and after an erasure."""

    title: str | None
    text: str | None


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


class MatterDetail(BaseModel):
    """An account's matters and everything that happened in them."""

    account: str
    open: bool
    stage: str
    matters: list[MatterRow]
    progress: list[ProgressRow]


class Progress(BaseModel):
    """Something happened; for a judgment `pay_by` is the last day to pay (default: the term of the
    settings).
    """

    model_config = ConfigDict(extra="forbid")

    step: LegalStep
    amount: Amount | None = None
    day: date | None = None
    pay_by: date | None = None
    note: Annotated[str, Field(max_length=4000)] | None = None
