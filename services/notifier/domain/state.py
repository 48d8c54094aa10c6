"""What the notifier remembers of one account."""

from datetime import date, datetime
from typing import Any, Literal

from msgspec import Struct

from contracts.words.streams import subject_of
from services.notifier.domain.events import About, OpenItem

Stage = Literal["waiting", "ready", "sending", "unknown"]


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


class Contact(Struct, frozen=True):
    """One contact of a case on a local day; rule 7 counts them."""

    day: date
    case_id: str


class OpenNotice(Struct, frozen=True):
    """A notice that is neither sent nor given up.

    `until` is when a waiting, sending or unknown notice is looked at again; a `ready` one, and an
    `unknown` one without `until`, are the dispatcher's.
    """

    notice_id: str
    purpose: str
    channel: str
    recipients: str
    template: str
    needs_overdue: bool
    ledger_version: int
    requested_at: datetime
    case_id: str | None = None
    respond_by: date | None = None
    variables: dict[str, Any] = {}
    policy: str = ""
    policy_version: int = 0
    step: str | None = None
    correlation: str | None = None
    destination: bytes = b""
    stage: Stage = "ready"
    until: datetime | None = None
    reason: str = ""
    attempts: int = 0
    day: date | None = None
    content: bytes = b""
    to_masked: str = ""
    sha256: str = ""
    place: str = ""

    @property
    def about(self) -> About:
        """What others are told of it."""
        return About(self.channel, self.purpose, self.case_id, self.step, self.correlation)


class SentNotice(Struct, frozen=True):
    """A notice that went out and may still be delivered, signed or returned."""

    notice_id: str
    about: About
    result: str = ""
    place: str = ""


class Account(Struct, frozen=True):
    """One debtor's account: who they are (sealed), what they owe, and the notices on their way.

    `details` says of the latest items where and when (sealed), `failed` which of the debtor's
    addresses the last notice did not reach.
    """

    creditor: str
    account: str
    profile: bytes = b""
    erased: bool = False
    purge_due: bool = False
    ledger: LedgerView = LedgerView()
    details: dict[str, bytes] = {}
    contacts: tuple[Contact, ...] = ()
    opt_outs: tuple[str, ...] = ()
    open: dict[str, OpenNotice] = {}
    sent: tuple[SentNotice, ...] = ()
    callbacks: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def initial_account(stream: str) -> Account:
    """An account of which nothing is known; `stream` is `account-{creditor}/{account}`."""
    creditor, account = subject_of(stream)
    return Account(creditor=creditor, account=account)
