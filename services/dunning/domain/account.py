"""What is known of an account with its case."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from contracts.words.streams import key_of, subject_of
from services.dunning.domain.agreements.state import Application, Dispute, Plan, Promise
from services.dunning.domain.case.state import Approval, Case, OpenTask, Planned, Restriction
from services.dunning.domain.codes import id_code
from services.dunning.domain.contact.state import Person
from services.dunning.domain.money.state import (
    Agreement,
    Clock,
    Earned,
    Item,
    MoneyPart,
    RunningDebit,
    Unclaimed,
)


class Account(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The local view of one account, and its running case if there is one.

    `items` are the open ones by id. `wake` is the next instant at which something is to be done,
    `turn_on` the local day whose steps were last gone through. `profile` and `people`, whom its
    contacts reach, are sealed. `settled` and `payments` are the latest ids, enough to dispute a
    paid item and to know a payment again, `contested` the latest items a dispute was about;
    `written_off` holds the due dates of what was given up. `demands` are the latest notices whose
    delivery restarts limitation periods, with their items, `clocks` what is known of those periods
    by item, `commissions` what was earned by payment. `prepaid` is the money not allocated,
    `waiting` what of it waits for invoices it names, `debits` are the requests the bank has not
    answered yet, the oldest first; `debit` is one of a state kept before amounts were.
    `past_promises` and `past_plans` are the latest that ended: money told late, or taken back, may
    change how. `unmatched` are payments that wait for invoices nobody knows, each with the day of
    whose step time it is released, `put_off` a day whose steps wait for such money. `allocating` is
    where payments went that were not told to the end yet, `reported` names the latest contacts that
    agencies told of. `brought_by` is who brought in payments that are not recorded yet, sealed,
    `unclaimed` what recorded ones earn somebody who was not told of yet. `right_hold` is the id of
    the hold that a debtor's right stands for and `hold_ground` that right, `hold` the id of the one
    in force beside it; `is_over` says that its creditor keeps the account no longer.
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
    allocating: dict[str, tuple[tuple[MoneyPart, ...], ...]] = {}
    reported: tuple[str, ...] = ()
    brought_by: dict[str, bytes] = {}
    unclaimed: dict[str, Unclaimed] = {}
    hold_ground: str = ""
    is_over: bool = False
    right_hold: str | None = None

    @property
    def is_on_hold(self) -> bool:
        """Whether any hold is in force."""
        return self.hold is not None or self.right_hold is not None

    @property
    def code(self) -> str:
        """A short name for the account, the front of every id made here."""
        return id_code(key_of(self.creditor, self.account))


Change = Callable[[Account, Any], Account]
"""How an event changes an account."""


def unchanged(state: Account, _event: object) -> Account:
    """Nothing of the account follows from the event."""
    return state


def with_case(state: Account, **changes: Any) -> Account:
    """The account with fields of its running case changed; as it was without one."""
    return replace(state, case=replace(state.case, **changes)) if state.case else state


def initial_account(stream: str) -> Account:
    """The empty state of `account-{creditor}/{account}`."""
    creditor, account = subject_of(stream)
    return Account(creditor=creditor, account=account)
