"""What the notifier remembers of one account."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from chassis.owed.ledger import LedgerView
from contracts.words.streams import subject_of
from services.notifier.domain.charges import Charge
from services.notifier.domain.events import About, SentEarlier, Wanted

REACHED = frozenset({"delivered", "signed"})
NOT_REACHED = frozenset({"failed", "returned"})
"""Results of a notice that went out; one that was refused did get there."""
Stage = Literal["waiting", "ready", "sending", "unknown"]


class Contact(Struct, frozen=True):
    """One contact of a case on a local day; rule 7 counts them. `is_call`: a call or a visit."""

    day: date
    case_id: str
    is_call: bool = False


class OpenNotice(Wanted, frozen=True):
    """A notice that is neither sent nor given up.

    `until` is when a waiting, sending or unknown notice is looked at again; a `ready` one, and an
    `unknown` one without `until`, are the dispatcher's. `gateway` is the one called last, `tried`
    those that did not take it since it last waited, `moves` how many attempts led to the next one,
    `text` the version of the creditor's own text that the last attempt was written with.
    """

    stage: Stage = "ready"
    until: datetime | None = None
    reason: str = ""
    attempts: int = 0
    day: date | None = None
    content: bytes = b""
    to_masked: str = ""
    sha256: str = ""
    place: str = ""
    calls: int = 0
    gateway: str = ""
    tried: tuple[str, ...] = ()
    moves: int = 0
    charge: Charge | None = None
    text: str = ""

    @property
    def about(self) -> About:
        """What others are told of it."""
        return About(self.channel, self.purpose, self.case_id, self.step, self.correlation)


class SentNotice(Struct, frozen=True, omit_defaults=True):
    """A notice that went out and may still be delivered, signed or returned."""

    notice_id: str
    about: About
    result: str = ""
    place: str = ""
    result_at: datetime | None = None
    receipt: str = ""


class Listing(Struct, frozen=True, omit_defaults=True):
    """The account's entry on the published list, why it is withheld for now, and whose names the
    policy masks.
    """

    notice_id: str
    case_id: str
    withheld: tuple[str, ...] = ()
    mask: str = ""


class Account(Struct, frozen=True, omit_defaults=True):
    """One debtor's account: who they are (sealed), what they owe, and the notices on their way.

    `details` says of the latest items where and when (sealed), `failed` which of the debtor's
    addresses the last notice did not reach, `earlier` what went out in a time this store no longer
    knows, `called` the notices by voice that may be called about again.
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
    earlier: tuple[SentEarlier, ...] = ()
    listed: Listing | None = None
    called: dict[str, OpenNotice] = {}


def initial_account(stream: str) -> Account:
    """An account of which nothing is known."""
    return Account(*subject_of(stream))
