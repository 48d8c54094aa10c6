"""What others ask of a matter, in the imperative; `now` and sealed texts come with the command."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from chassis.owed.amounts import Owed
from chassis.owed.ledger import FollowBalance, FollowClearance
from chassis.owed.terms import Terms
from contracts.words.vocabulary import LegalStep
from services.legal.domain import events as e


@dataclass(frozen=True)
class KeepDebtor:
    """Keep who the debtor is, sealed."""

    sealed: bytes


@dataclass(frozen=True)
class EraseDebtor:
    """Forget the debtor."""


@dataclass(frozen=True)
class KeepNumber:
    """Keep what people call an invoice, sealed."""

    item_id: str
    sealed: bytes


@dataclass(frozen=True)
class TakeNote:
    """Keep with the file what others say happened."""

    fact: e.RecoverySeen | e.TaskReported | e.LimitationReached


@dataclass(frozen=True)
class RequestDocument:
    """Take a request for a document on."""

    wanted: e.DocumentRequested


@dataclass(frozen=True)
class CheckDocument:
    """Tell why a document is not drawn up now."""

    request_id: str
    terms: Terms
    now: datetime


@dataclass(frozen=True)
class IssueDocument:
    """Issue a document as drawn up: its text, sealed, with the SHA-256 of it and what it claims."""

    request_id: str
    sha256: str
    content: bytes
    claim: Owed
    day: date


@dataclass(frozen=True)
class RefuseDocument:
    """Give a document up."""

    request_id: str
    reason: str


@dataclass(frozen=True)
class RecordFiling:
    """Tell that a document lies in the documents folder."""

    document_id: str


@dataclass(frozen=True)
class RecordPurge:
    """Tell that the files of an erased debtor's documents are deleted."""


@dataclass(frozen=True)
class EndTerm:
    """Look at the term of a judgment."""

    now: datetime


@dataclass(frozen=True)
class WriteOff:
    """Pass an approved write-off on to the ledger."""

    approved: e.DebtWrittenOff


@dataclass(frozen=True)
class EndCase:
    """End the matter with its case."""

    reason: str


@dataclass(frozen=True)
class RecordProgress:
    """Tell what happened; `note` is sealed, `pay_by` is wanted for a judgment."""

    step: LegalStep
    day: date
    by: str
    amount: int | None = None
    pay_by: date | None = None
    pay_by_ends: datetime | None = None
    note: bytes = b""


@dataclass(frozen=True)
class IncurCost:
    """Book what pursuing the debt cost; `number` is the receipt's and makes it count once."""

    number: str
    item: str
    amount: int
    currency: str
    day: date
    due_on: date
    by: str
    note: bytes = b""


@dataclass(frozen=True)
class TakeInventory:
    """Keep the list of what was left behind, sealed, with its hash."""

    number: str
    day: date
    entries: int
    sha256: str
    content: bytes
    by: str


@dataclass(frozen=True)
class MoveGoods:
    """Tell that listed goods were `stored` or `released`; the record is sealed."""

    number: str
    day: date
    what: Literal["stored", "released"]
    content: bytes
    by: str


@dataclass(frozen=True)
class CloseMatter:
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
