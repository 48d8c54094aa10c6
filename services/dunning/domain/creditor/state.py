"""A creditor as it was set up."""

from datetime import date, datetime

from msgspec import Struct

from contracts.words.streams import creditor_of
from contracts.words.workdays import WorkingDays
from services.dunning.domain.case.state import Approval, OpenTask, PolicyRef
from services.dunning.domain.codes import id_code
from services.dunning.domain.money.state import LateFeeTerms


class PolicyProposal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A policy proposed for a creditor's future cases and not decided yet."""

    proposal_id: str
    policy: PolicyRef
    by: str
    subject: str | None = None


class ContactTerms(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Local hours (`HH:MM`) of contact, and contacts per case in seven days."""

    from_hour: str
    until_hour: str
    per_seven_days: int


class Terms(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the ledger and the notifier need of the policy."""

    allocation: str
    due_days: int | None = None
    late_fee: LateFeeTerms | None = None
    contact: ContactTerms | None = None
    cash_desk: bool = False
    unmatched_days: int = 6
    minimum_overdue: int = 0


class Creditor(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A creditor as it was set up, its own open tasks and approvals, since when whom collects for
    it (by code), when its monthly entries next run, and its working days: `calendar_told` is the
    latest year of which nobody knew them. `retention_days` is for how long it keeps closed accounts
    (None: until somebody erases them).
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
    retention_days: int | None = None
    second_person_above: int = 0

    @property
    def working_days(self) -> WorkingDays:
        """The days on which it works."""
        return WorkingDays(self.calendar, self.closed_days)

    @property
    def code(self) -> str:
        """A short name for the creditor, the front of every id made here."""
        return id_code(self.creditor)


def initial_creditor(stream: str) -> Creditor:
    """The empty state of `creditor-{creditor}`."""
    return Creditor(creditor=creditor_of(stream))
