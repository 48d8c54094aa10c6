"""What is known of an account with its case, and of a creditor."""

import hashlib
from datetime import date, datetime

from msgspec import Struct

from contracts.words.streams import creditor_of, subject_of
from contracts.words.workdays import WorkingDays
from services.dunning.domain.values import (
    Agreement,
    Application,
    Approval,
    Clock,
    Dispute,
    Earned,
    Item,
    Judgment,
    OpenTask,
    Person,
    Plan,
    Planned,
    PolicyProposal,
    PolicyRef,
    Promise,
    ReportedTask,
    Restriction,
    RunningDebit,
    Terms,
    Value,
)


class WaitingContact(Value, frozen=True, kw_only=True):
    """A contact that a frequency limit holds back; `path` finds its action in the pack."""

    contact: str
    path: tuple[int, ...]
    step: str
    reason: str
    channel: str | None = None
    follows: tuple[str, ...] = ()


class NoticeAsked(Value, frozen=True, kw_only=True):
    """A notice of the case: what asked for it, the reactions that led there (`follows`), and what
    became of it, empty while nobody said.
    """

    purpose: str
    on: date
    step: str | None = None
    follows: tuple[str, ...] = ()
    fate: str = ""


class Case(Value, frozen=True, kw_only=True):
    """The running dunning case.

    `last_step_on` is the day the latest step used up, `base_on` the day from which "then k days"
    counts. `asking` is the step or reaction whose decision the steps wait for, `granted` the
    approval whose action a pause holds back. `asked` are the latest notices by id, `sent` and
    `delivered` the purposes of those that went out and arrived; `in_hand` are purposes by id of
    notices asked for before `asked` was kept. `unreachable` says that this was told,
    `referred_on` since when the case is with somebody else. `results` holds when a task kind (and
    `kind:result`) was last completed, `completed` how often, `reported` the latest task of a kind,
    `progress` when a legal stage was last recorded, `judgment` what the latest one is about,
    `contacts` the days of the latest contacts, `repeated` the day on which the series of a step or
    reaction last came up.
    """

    case_id: str
    policy: PolicyRef
    opened_on: date
    first_step_on: date
    taken: dict[str, date] = {}
    dropped: tuple[str, ...] = ()
    last_step_on: date | None = None
    base_on: date | None = None
    asking: str | None = None
    granted: Approval | None = None
    paused: tuple[str, ...] = ()
    replied: bool = False
    disputed: bool = False
    sent: tuple[str, ...] = ()
    in_hand: dict[str, str] = {}
    referred: tuple[str, ...] = ()
    classified: str | None = None
    results: dict[str, datetime] = {}
    completed: dict[str, int] = {}
    reported: dict[str, ReportedTask] = {}
    progress: dict[str, date] = {}
    judgment: Judgment | None = None
    contacts: tuple[date, ...] = ()
    calls: tuple[date, ...] = ()
    waiting: tuple[WaitingContact, ...] = ()
    repeated: dict[str, date] = {}
    asked: dict[str, NoticeAsked] = {}
    delivered: tuple[str, ...] = ()
    unreachable: bool = False
    referred_on: date | None = None


class Account(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The local view of one account, and its running case if there is one.

    `items` are the open ones by id. `wake` is the next instant at which something is to be done,
    `turn_on` the local day whose steps were last gone through, `hold` the id of the hold in force.
    `profile` and `people`, whom its contacts reach, are sealed. `settled` and `payments` are the
    latest ids, enough to dispute a paid item and to know a payment again, `contested` the latest
    items a dispute was about; `written_off` holds the due dates of what was given up. `demands` are
    the latest notices whose delivery restarts limitation periods, with their items, `clocks` what
    is known of those periods by item, `commissions` what was earned by payment. `prepaid` is the
    money not allocated, `waiting` what of it waits for invoices it names, `debits` are the requests
    the bank has not answered yet, the oldest first; `debit` is one of a state kept before amounts
    were.
    `past_promises` and `past_plans` are the latest that ended: money told late, or taken back, may
    change how. `unmatched` are payments that wait for invoices nobody knows, each with the day of
    whose step time it is released, `put_off` a day whose turn waits for such money.
    """

    creditor: str
    account: str
    sequence: int = 0
    ledger_version: int = 0
    updating: bool = False
    currency: str = ""
    items: dict[str, Item] = {}
    segment: str | None = None
    attributes: tuple[str, ...] = ()
    profile: bytes = b""
    case: Case | None = None
    cases: int = 0
    last_case_id: str | None = None
    last_overdue_on: date | None = None
    hold: str | None = None
    promises: tuple[Promise, ...] = ()
    plan: Plan | None = None
    disputes: tuple[Dispute, ...] = ()
    disputed_ever: bool = False
    contested: tuple[str, ...] = ()
    applications: tuple[Application, ...] = ()
    approvals: tuple[Approval, ...] = ()
    tasks: tuple[OpenTask, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    planned: tuple[Planned, ...] = ()
    notices: dict[str, str] = {}
    classified_ahead: str | None = None
    observed: dict[str, date] = {}
    reacted: dict[str, date] = {}
    settled: tuple[str, ...] = ()
    written_off: dict[str, date] = {}
    payments: tuple[str, ...] = ()
    reachable: bool = True
    agreement: Agreement | None = None
    responsible: Person | None = None
    mandate: bool = False
    department: str | None = None
    guarantors: tuple[str, ...] = ()
    debit: str | None = None
    demands: dict[str, tuple[str, ...]] = {}
    clocks: dict[str, Clock] = {}
    commissions: dict[str, Earned] = {}
    wake: datetime | None = None
    turn_on: date | None = None
    prepaid: int = 0
    waiting: int = 0
    debits: tuple[RunningDebit, ...] = ()
    past_promises: tuple[Promise, ...] = ()
    past_plans: tuple[Plan, ...] = ()
    unmatched: dict[str, date] = {}
    people: bytes = b""
    put_off: date | None = None

    @property
    def code(self) -> str:
        """A short name for the account, the front of every id made here."""
        return short_code(f"{self.creditor}/{self.account}")


class Creditor(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A creditor as it was set up, its own open tasks and approvals, since when whom collects for
    it (by code), when its monthly entries next run, and its working days: `calendar_told` is the
    latest year of which nobody knew them.
    """

    creditor: str
    sequence: int = 0
    name: str = ""
    zone: str = ""
    currency: str = ""
    languages: tuple[str, ...] = ()
    policy: PolicyRef | None = None
    terms: Terms | None = None
    tasks: tuple[OpenTask, ...] = ()
    approvals: tuple[Approval, ...] = ()
    collectors: dict[str, date] = {}
    proposals: tuple[PolicyProposal, ...] = ()
    wake: datetime | None = None
    turn_on: date | None = None
    calendar: str = ""
    closed_days: tuple[date, ...] = ()
    calendar_told: int = 0

    @property
    def working_days(self) -> WorkingDays:
        """The days on which it works."""
        return WorkingDays(self.calendar, self.closed_days)

    @property
    def code(self) -> str:
        """A short name for the creditor, the front of every id made here."""
        return short_code(self.creditor)


def person_code(name: str) -> str:
    """What stands for a person's name where it must not be told."""
    return short_code(name.strip())


def short_code(name: str) -> str:
    """Twelve hexadecimal digits that stand for a name in ids."""
    return hashlib.blake2b(name.encode(), digest_size=6).hexdigest()


def initial_account(stream: str) -> Account:
    """The empty state of `account-{creditor}/{account}`."""
    creditor, account = subject_of(stream)
    return Account(creditor=creditor, account=account)


def initial_creditor(stream: str) -> Creditor:
    """The empty state of `creditor-{creditor}`."""
    return Creditor(creditor=creditor_of(stream))
