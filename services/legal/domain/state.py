"""What the legal service remembers of one debtor's matter."""

from datetime import date, datetime

from msgspec import Struct

from contracts.words.streams import subject_of
from services.legal.domain.events import ClaimItem, OpenItem


class LedgerView(Struct, frozen=True):
    """The ledger's figures as last seen; `version` 0 when nothing was seen yet."""

    version: int = 0
    overdue: int = 0
    late_fee: int = 0
    oldest_due_on: date | None = None
    currency: str = ""
    as_of: date | None = None
    items: dict[str, OpenItem] = {}
    prepaid: int = 0


class PendingDocument(Struct, frozen=True):
    """A requested document that is neither issued nor refused."""

    request_id: str
    document: str
    case_id: str
    ledger_version: int
    requested_at: datetime
    currency: str
    principal: int
    late_fee: int
    total: int
    items: tuple[ClaimItem, ...] = ()
    policy: str = ""
    policy_version: int = 0
    step: str | None = None
    correlation: str | None = None
    until: datetime | None = None
    reason: str = ""


class Judgment(Struct, frozen=True):
    """What a court decided, and when the term for paying it ends (`ends`: the instant, UTC)."""

    day: date
    amount: int | None
    pay_by: date
    ends: datetime
    settled: bool = False


class Matter(Struct, frozen=True):
    """One debtor's matter; `number` counts the matters of the account, `open` tells whether one
    runs. `evidence` lists what the file holds, in words; `costs` are amounts by receipt number,
    `inventories` the hashes of their lists by number, `numbers` what people call the latest
    invoices, sealed.
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


def initial_matter(stream: str) -> Matter:
    """A matter of which nothing is known; `stream` is `matter-{creditor}/{account}`."""
    creditor, account = subject_of(stream)
    return Matter(creditor=creditor, account=account)
