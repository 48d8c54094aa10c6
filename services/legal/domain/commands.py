"""What others ask of the legal service, in the imperative."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from contracts.words.vocabulary import LegalStep


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


@dataclass(frozen=True)
class Drawn:
    """A document as drawn up, sealed, with the SHA-256 of its text."""

    sha256: str
    content: bytes
