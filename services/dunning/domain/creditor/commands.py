"""What may be asked of a creditor."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.dunning.domain.contact.state import Person


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigureCreditor:
    """Set up or change a creditor; the pack (with its parameters) comes beside the command."""

    name: str
    zone: str
    currency: str
    languages: tuple[str, ...] = ("zh",)
    calendar: str = ""
    closed_days: tuple[date, ...] = ()
    retention_days: int | None = None
    second_person_above: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposePolicy:
    """Propose the pack that comes beside the command for the cases to come; `subject` is that of
    the token that asks for it, whatever `by` says.
    """

    by: str
    subject: str | None = None
    note: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DecidePolicy:
    """Approve or reject a proposal; its pack comes beside the command."""

    proposal_id: str
    outcome: str
    by: str
    subject: str | None = None
    note: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RunCalendar:
    """The creditor's wake-up; `reports` holds the reports its entries store (name → values) as they
    stand now, `any_overdue` whether any item of any account is overdue.

    `segments` are those with open items, `arrears` the overdue principal of all accounts,
    `invoiced` everything invoiced in the calendar year so far, `commission` what the month before
    earned (None: nothing).
    """

    reports: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    any_overdue: bool = False
    segments: tuple[str, ...] = ()
    arrears: int = 0
    invoiced: int = 0
    commission: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CountCash:
    """`ledger.cash.difference_found.v1`: a collector's cash at the end of a day; `running` is all
    collected so far less all deposited.
    """

    day: date
    collected: int
    deposited: int
    running: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StartCollector:
    """Since when somebody collects for the creditor."""

    collector: Person
    started_on: date
    by: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertifyClearance:
    """A person asks to hand over their accounts; `owing` are those that still owe."""

    person: Person
    accounts: int
    owing: tuple[str, ...] = ()
    by: str | None = None
