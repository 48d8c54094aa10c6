"""Tasks and decisions, as the API answers them."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field


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


class DebtorHours(BaseModel):
    """When a debtor may be called or visited, by the clocks where they are."""

    time_zone: str
    from_: str = Field(alias="from")
    until: str


class TaskRow(BaseModel):
    """A task; without `account` it concerns the creditor as a whole. `debtor_hours` stands on open
    calls and visits of debtors who are in another time zone than the creditor.
    """

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
    debtor_hours: DebtorHours | None = None
