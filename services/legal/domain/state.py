"""What the legal service remembers of one debtor's matter."""

from datetime import date, datetime

from msgspec import UNSET, Struct, UnsetType

from chassis.owed.amounts import OwedItem
from chassis.owed.ledger import LedgerView
from contracts.words.streams import subject_of
from services.legal.domain.events import Asked


class PendingDocument(Asked, frozen=True):
    """A requested document that is neither issued nor refused."""

    until: datetime | None = None
    reason: str = ""


class Judgment(Struct, frozen=True):
    """What a court decided, and when the term for paying it ends (`ends`: the instant, UTC)."""

    day: date
    amount: int | None
    pay_by: date
    ends: datetime
    settled: bool = False


class Matter(Struct, frozen=True, omit_defaults=True):
    """One debtor's matter; `number` counts the matters of the account, `open` tells whether one
    runs. `evidence` lists what the file holds, in words; `costs` are amounts by receipt number,
    `inventories` the hashes of their lists by number, `numbers` what people call the latest
    invoices, sealed, `claims` the items of requests that were not told to the end yet.
    """

    creditor: str
    account: str
    profile: bytes = b""
    erased: bool = False
    purge_due: bool = False
    ledger: LedgerView = LedgerView()
    pending: dict[str, PendingDocument] = {}
    number: int = 0
    open: bool = False
    matter_id: str = ""
    case_id: str | None = None
    stage: str = ""
    documents: tuple[str, ...] = ()
    judgment: Judgment | None = None
    written_off: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    costs: dict[str, int] = {}
    inventories: dict[str, str] = {}
    numbers: dict[str, bytes] = {}
    claims: dict[str, tuple[tuple[OwedItem, ...], ...]] | UnsetType = UNSET


def initial_matter(stream: str) -> Matter:
    """A matter of which nothing is known."""
    return Matter(*subject_of(stream))
