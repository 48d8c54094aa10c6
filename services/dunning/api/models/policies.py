"""Policies and the set-up of a creditor, as the API answers them."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel


class PolicyOut(BaseModel):
    """A policy as cases follow it: version, the figures that differ from the pack's, and the hash
    of the pack's text.
    """

    policy: str
    version: int
    parameters: dict[str, Any] = {}
    content_hash: str = ""


class PolicyText(PolicyOut):
    """A policy with its full text, and the SHA-256 of that."""

    document: str
    sha256: str = ""


class CasePolicy(PolicyText):
    """The policy a case follows, and those it followed before."""

    before: list[PolicyText]


class PolicyWaiting(BaseModel):
    """A policy that waits for a second person."""

    proposal_id: str
    policy: PolicyOut
    by: str


class Proposal(PolicyText):
    """A proposed policy, and how it differs from the one in force now."""

    proposal_id: str
    state: Literal["waiting", "approved", "rejected"]
    by: str
    in_force: PolicyOut
    difference: str


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
    waiting: list[PolicyWaiting]
    history: list[PolicyChange]


class CreditorOut(BaseModel):
    """A creditor's set-up; `terms` is what the ledger and the notifier are told of the policy.
    `proposal_id` names a change that waits for a second person.
    """

    creditor: str
    name: str
    time_zone: str
    currency: str
    languages: list[str]
    calendar: str | list[date] | None = None
    retention_days: int | None = None
    policy: str
    policy_version: int
    parameters: dict[str, Any]
    content_hash: str
    terms: dict[str, Any]
    next_at: datetime | None
    second_person_above: int = 0
    proposal_id: str | None = None
