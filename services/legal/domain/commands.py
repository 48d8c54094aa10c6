"""What others ask of a matter, in the imperative; `now` and sealed texts come with the command."""

from datetime import date, datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from chassis.owed.amounts import Owed
from chassis.owed.ledger import FollowBalance, FollowClearance
from chassis.owed.terms import Terms
from contracts.words.vocabulary import LegalStep
from services.legal.domain import events as e


class KeepDebtor(Struct, frozen=True):
    """Keep who the debtor is, sealed."""

    sealed: bytes


class EraseDebtor(Struct, frozen=True):
    """Forget the debtor."""


class KeepNumber(Struct, frozen=True):
    """Keep what people call an invoice, sealed."""

    item_id: str
    sealed: bytes


class TakeNote(Struct, frozen=True):
    """Keep with the file what others say happened."""

    fact: e.RecoverySeen | e.TaskReported | e.LimitationReached


class RequestDocument(Struct, frozen=True):
    """Take a request for a document on; `more`, `part`: its items are told in parts."""

    wanted: e.DocumentRequested
    more: bool = False
    part: int | None = None


class CheckDocument(Struct, frozen=True):
    """Tell why a document is not drawn up now."""

    request_id: str
    terms: Terms
    now: datetime


class IssueDocument(Struct, frozen=True):
    """Issue a document as drawn up: its text, sealed, with the SHA-256 of it and what it claims."""

    request_id: str
    sha256: str
    content: bytes
    claim: Owed
    day: date


class RefuseDocument(Struct, frozen=True):
    """Give a document up."""

    request_id: str
    reason: str


class RecordFiling(Struct, frozen=True):
    """Tell that a document lies in the documents folder, with the SHA-256 of its PDF if it has
    one.
    """

    document_id: str
    pdf_sha256: str = ""


class RecordPurge(Struct, frozen=True):
    """Tell that the files of an erased debtor's documents are deleted."""


class EndTerm(Struct, frozen=True):
    """Look at the term of a judgment."""

    now: datetime


class WriteOff(Struct, frozen=True):
    """Pass an approved write-off on to the ledger."""

    approved: e.DebtWrittenOff


class EndCase(Struct, frozen=True):
    """End the matter with its case."""

    reason: str


class RecordProgress(Struct, frozen=True):
    """Tell what happened; `note` is sealed, `pay_by` is wanted for a judgment."""

    step: LegalStep
    day: date
    by: str
    amount: int | None = None
    pay_by: date | None = None
    pay_by_ends: datetime | None = None
    note: bytes = b""


class IncurCost(Struct, frozen=True):
    """Book what pursuing the debt cost; `number` is the receipt's and makes it count once."""

    number: str
    item: str
    amount: int
    currency: str
    day: date
    due_on: date
    by: str
    note: bytes = b""


class TakeInventory(Struct, frozen=True):
    """Keep the list of what was left behind, sealed, with its hash."""

    number: str
    day: date
    entries: int
    sha256: str
    bare_sha256: str
    """As versions before kept it: without a key."""
    content: bytes
    by: str


class MoveGoods(Struct, frozen=True):
    """Tell that listed goods were `stored` or `released`; the record is sealed."""

    number: str
    day: date
    what: Literal["stored", "released"]
    content: bytes
    by: str


class CloseMatter(Struct, frozen=True):
    """End a matter before its case ends."""

    reason: str
    by: str
    note: bytes = b""


Command: TypeAlias = (
    KeepDebtor
    | EraseDebtor
    | KeepNumber
    | FollowBalance
    | FollowClearance
    | TakeNote
    | RequestDocument
    | CheckDocument
    | IssueDocument
    | RefuseDocument
    | RecordFiling
    | RecordPurge
    | RecordProgress
    | EndTerm
    | WriteOff
    | IncurCost
    | TakeInventory
    | MoveGoods
    | CloseMatter
    | EndCase
)
