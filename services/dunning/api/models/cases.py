"""Cases and accounts, as the API answers them."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel

from services.dunning.api.timeline import Entry
from services.dunning.domain.case.phase import Phase

CaseState = Literal["open", "paused", "closed"]
Standing = Literal["open", "paused", "closed", "none"]


class CaseRow(BaseModel):
    """A case. `owed` is the principal that is open on the account, late fee apart, null once the
    case is closed; `owners` are those of open tasks, `guarantors` codes, `number` is what people
    call the account.
    """

    case_id: str
    creditor: str
    account: str
    number: str | None = None
    state: CaseState
    policy: str
    policy_version: int
    opened_at: datetime
    opened_on: date
    oldest_due_on: date
    closed_on: date | None
    paused_for: list[str]
    last_step: str | None
    last_step_on: date | None
    classified: str | None
    next_at: datetime | None
    owed: int | None
    currency: str | None
    department: str | None
    guarantors: list[str]
    owners: list[str]


class Ahead(BaseModel):
    """A thing to come: a step, a check or a pause; `when` is null while that is not known."""

    what: str
    when: datetime | None
    reason: str
    step: str | None


Debtor = dict[str, Any]
"""The account as upstream described it (`billing.account.upserted`), or `{"erased": true}`."""


class CaseDetail(CaseRow):
    """One case: why, and what comes next; `debtor` is null for callers who do not deal with
    debtors, `phase` once the case is closed.
    """

    phase: Phase | None
    debtor: Debtor | None
    next: list[Ahead]
    timeline: list[Entry]


class CaseStanding(BaseModel):
    """How an account's case stands: `none` when there never was one; `phase` is null while none
    runs.
    """

    creditor: str
    account: str
    state: Standing
    phase: Phase | None
    case_id: str | None
    paused_for: list[str]
    classified: str | None


class Overdue(BaseModel):
    """What is overdue today."""

    principal: int
    late_fee: int
    total: int
    currency: str
    oldest_due_on: date | None


class TaskBrief(BaseModel):
    """An open task."""

    kind: str
    owner: str


class AccountOut(CaseStanding):
    """What dunning knows of an account."""

    overdue: Overdue
    restrictions: list[str]
    open_tasks: list[TaskBrief]
    debtor: Debtor | None
    next: list[Ahead]


class CaseGroup(BaseModel):
    """Running cases of a department or a guarantor; `key` filters the list of cases."""

    key: str | None
    name: str | None
    cases: int
    oldest_due_on: date
    case_ids: list[str]


class CaseGroups(BaseModel):
    """Running cases, grouped."""

    creditor: str
    by: Literal["department", "guarantor"]
    groups: list[CaseGroup]
