"""The case itself: opened, paused, resumed, closed, its steps and its class."""

from typing import ClassVar

from contracts.base import Amount, Count, Currency, Day, Identifier, Version
from contracts.dunning.base import CaseMessage, Decided
from contracts.dunning.terms import CaseTerms


class CaseOpened(CaseMessage):
    """An account became overdue."""

    TYPE: ClassVar[str] = "dunning.case.opened.v1"

    ledger_version: Count
    policy: Identifier
    version: Version
    opened_on: Day
    oldest_due_on: Day
    overdue: Amount
    currency: Currency
    terms: CaseTerms | None = None


class CasePolicyChanged(CaseMessage):
    """A case follows another policy version from `day` on, and its terms of money with it."""

    TYPE: ClassVar[str] = "dunning.case.policy_changed.v1"

    policy: Identifier
    version: Version
    day: Day
    terms: CaseTerms


class CasePaused(CaseMessage):
    """A case stands still: promise, plan, hold, dispute or application."""

    TYPE: ClassVar[str] = "dunning.case.paused.v1"

    reason: Identifier


class CaseResumed(CaseMessage):
    """A case goes on; `reason` is what ended the pause."""

    TYPE: ClassVar[str] = "dunning.case.resumed.v1"

    reason: Identifier


class CaseClosed(CaseMessage):
    """A case is over."""

    TYPE: ClassVar[str] = "dunning.case.closed.v1"

    reason: Identifier


class StepTaken(CaseMessage, Decided):
    """A step of the policy was taken; `days_past_due` counts from the oldest overdue item's due
    date.
    """

    TYPE: ClassVar[str] = "dunning.step.taken.v1"

    step: Identifier
    day: Day
    days_past_due: Count
    ledger_version: Count


class Classified(CaseMessage, Decided):
    """A case was put in a class."""

    TYPE: ClassVar[str] = "dunning.classified.v1"

    classification: Identifier
    previous: Identifier | None = None
