"""What dunning's API answers; amounts in minor units, days are the creditor's."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from services.dunning.api.timeline import Entry

CaseState = Literal["open", "paused", "closed"]
Standing = Literal["open", "paused", "closed", "none"]


class PolicyOut(BaseModel):
    """A policy as cases follow it: version, the figures that differ from the pack's, and the hash
    of the pack's text.
    """

    policy: str
    version: int
    parameters: dict[str, Any] = {}
    content_hash: str = ""


class PolicyText(PolicyOut):
    """A policy with its full text."""

    document: str


class CasePolicy(PolicyText):
    """The policy a case follows, and those it followed before."""

    before: list[PolicyText]


class ProposalOut(BaseModel):
    """A policy that waits for a second person."""

    proposal_id: str
    policy: PolicyOut
    by: str


class PolicyChange(BaseModel):
    """A policy was proposed or decided; `reason` is null once the names were destroyed."""

    at: datetime
    what: Literal["proposed", "approved", "rejected"]
    proposal_id: str
    policy: PolicyOut
    by: str
    reason: str | None


class PolicyVersions(BaseModel):
    """The policies of a creditor."""

    creditor: str
    in_force: PolicyOut
    waiting: list[ProposalOut]
    history: list[PolicyChange]


class CreditorOut(BaseModel):
    """A creditor's set-up; `terms` is what the ledger and the notifier are told of the policy."""

    creditor: str
    name: str
    time_zone: str
    currency: str
    languages: list[str]
    calendar: str | list[date] | None = None
    policy: str
    policy_version: int
    parameters: dict[str, Any]
    content_hash: str
    terms: dict[str, Any]
    next_at: datetime | None


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
    debtors.
    """

    debtor: Debtor | None
    next: list[Ahead]
    timeline: list[Entry]


class CaseStanding(BaseModel):
    """How an account's case stands: `none` when there never was one."""

    creditor: str
    account: str
    state: Standing
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


class DecisionRow(BaseModel):
    """An application or an approval; `by_role` decides an approval."""

    decision_id: str
    creditor: str
    account: str | None
    case_id: str | None
    what: Literal["application", "approval"]
    purpose: str
    by_role: str | None
    asked_at: datetime
    amount: int | None
    until: date | None
    reason: str | None
    state: Literal["pending", "approved", "rejected", "lapsed"]
    decided_by: str | None
    decided_at: datetime | None


class TaskRow(BaseModel):
    """A task; without `account` it concerns the creditor as a whole."""

    task_id: str
    creditor: str
    account: str | None
    case_id: str | None
    kind: str
    owner: str
    segment: str | None
    with_owners: list[str]
    asks: list[str]
    step: str | None
    reason: str | None
    requested_at: datetime
    requested_on: date
    state: Literal["open", "done", "withdrawn"]
    result: str | None
    ended_by: str | None
    ended_at: datetime | None


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


class DebitRun(BaseModel):
    """A direct-debit run: its requests by what became of them."""

    run_on: date
    currency: str
    requests: int
    amount: int
    waiting: int
    paid: int
    failed: int


class DebitRuns(BaseModel):
    """Direct-debit runs, the latest first."""

    creditor: str
    runs: list[DebitRun]


class DebitRequest(BaseModel):
    """What the bank was asked for; mandate and debtor are null once the debtor was erased, the
    mandate also once it was withdrawn.
    """

    request_id: str
    account: str
    amount: int
    currency: str
    asked_at: datetime
    state: str
    reason: str | None
    payment_id: str | None
    ended_at: datetime | None
    mandate: str | None
    debtor: str | None


class BankColumn(BaseModel):
    """A column of the bank's file and what stands in it."""

    name: str
    holds: str


class BankFile(BaseModel):
    """How the bank's file is written."""

    format: str
    media_type: str
    encoding: str
    rules: str
    columns: list[BankColumn]


class DebitRunDetail(BaseModel):
    """One direct-debit run, and how its file is written."""

    creditor: str
    day: date
    requests: list[DebitRequest]
    file: BankFile


class StoredReport(BaseModel):
    """A report, and the days the calendar stored it on."""

    name: str
    stored: list[date]


class Reports(BaseModel):
    """The reports there are."""

    creditor: str
    reports: list[StoredReport]


class ReportOut(BaseModel):
    """A report as it stood at the end of a day; which values it has is its own matter."""

    creditor: str
    name: str
    day: date
    values: dict[str, Any] = Field(description="figures, or lists of rows, by name")
