"""What happens to a creditor as a whole."""

from datetime import date
from typing import Any

from services.dunning.domain.case.events import (
    AlertRaised,
    ApprovalDecided,
    ApprovalRequested,
    CalendarRun,
    TaskCompleted,
    TaskRequested,
    WakeScheduled,
)
from services.dunning.domain.case.state import PolicyRef
from services.dunning.domain.contact.state import Person
from services.dunning.domain.creditor.state import Terms
from services.dunning.domain.event import Effect, Event


class ReportStored(Effect, frozen=True, kw_only=True):
    name: str
    on: date
    values: dict[str, Any]


class CreditorConfigured(Event, frozen=True, kw_only=True):
    """A creditor was set up or changed; `terms` are what its pack says to the ledger. Reductions
    and refunds above `second_person_above` take a second person.
    """

    name: str
    zone: str
    currency: str
    languages: tuple[str, ...]
    policy_ref: PolicyRef
    terms: Terms
    calendar: str = ""
    closed_days: tuple[date, ...] = ()
    retention_days: int | None = None
    second_person_above: int = 0


class PolicyProposed(Event, frozen=True, kw_only=True):
    """A policy for the cases to come was proposed; `note` is sealed under the creditor's key,
    `subject` whose token it was (None: proposed before that was kept).
    """

    proposal_id: str
    policy_ref: PolicyRef
    by: str
    subject: str | None = None
    note: bytes | None = None


class PolicyDecided(Event, frozen=True, kw_only=True):
    """A second person approved a proposed policy, or somebody rejected it."""

    proposal_id: str
    policy_ref: PolicyRef
    outcome: str
    by: str
    note: bytes | None = None


class CollectorStarted(Event, frozen=True, kw_only=True):
    """Since when somebody collects for the creditor."""

    collector: Person
    started_on: date
    by: str | None = None


class ClearanceCertified(Event, frozen=True, kw_only=True):
    """None of a person's accounts owed anything on a day."""

    person: Person
    on: date
    accounts: int
    by: str | None = None


class CommissionApproved(Event, frozen=True, kw_only=True):
    """The commission of a month (`YYYY-MM`) may be paid."""

    approval_id: str
    month: str
    amount: int
    currency: str


CreditorEvent = (
    CreditorConfigured
    | TaskRequested
    | TaskCompleted
    | AlertRaised
    | ApprovalRequested
    | ApprovalDecided
    | CommissionApproved
    | PolicyProposed
    | PolicyDecided
    | CollectorStarted
    | ClearanceCertified
    | ReportStored
    | CalendarRun
    | WakeScheduled
)
