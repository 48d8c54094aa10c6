"""What people decide and agree on: approvals, promises, plans, disputes, applications, holds. Their
words stay in dunning.
"""

from typing import ClassVar, Literal

from pydantic import Field

from contracts.base import (
    Amount,
    Count,
    Currency,
    Day,
    Flag,
    Identifier,
    Label,
    Part,
    PositiveAmount,
    Version,
)
from contracts.dunning.base import DunningContract
from contracts.words.vocabulary import Decision, DisputeKind, DisputeOutcome


class AccountMessage(DunningContract):
    """The base of what may happen without a case too."""

    account_id: Identifier
    case_id: Identifier | None = None


class ApprovalRequested(DunningContract):
    """A second person is asked to allow `action`; without `account_id` it is about the creditor as
    a whole. `owner` decides. `purpose` is the action by the name it has over HTTP.
    """

    TYPE: ClassVar[str] = "dunning.approval.requested.v1"

    approval_id: Identifier
    account_id: Identifier | None = None
    case_id: Identifier | None = None
    action: Identifier
    owner: Label
    amount: Amount | None = None
    ledger_version: Count | None = None
    policy: Identifier | None = None
    version: Version | None = None
    step: Identifier | None = None
    reason: Label | None = None
    purpose: Identifier | None = None


class ApprovalDecided(DunningContract):
    """An approval was given or refused, or it lapsed with its case."""

    TYPE: ClassVar[str] = "dunning.approval.decided.v1"

    approval_id: Identifier
    account_id: Identifier | None = None
    case_id: Identifier | None = None
    action: Identifier
    outcome: Literal["approved", "rejected", "lapsed"]
    amount: Amount | None = None
    until: Day | None = None
    purpose: Identifier | None = None


class PromiseMade(AccountMessage):
    """The debtor promises to pay an amount by a day; `until` is that day too, as over HTTP."""

    TYPE: ClassVar[str] = "dunning.promise.made.v1"

    promise_id: Identifier
    amount: PositiveAmount
    by: Day
    until: Day | None = None


class PromiseKept(AccountMessage):
    """What was promised was paid."""

    TYPE: ClassVar[str] = "dunning.promise.kept.v1"

    promise_id: Identifier


class PromiseBroken(AccountMessage):
    """What was promised was not paid in time; `paid` came in since."""

    TYPE: ClassVar[str] = "dunning.promise.broken.v1"

    promise_id: Identifier
    paid: Amount = 0


class Instalment(Part):
    """One instalment of a plan."""

    due_on: Day
    amount: PositiveAmount


class PlanAgreed(AccountMessage):
    """What is open is paid by instalments."""

    TYPE: ClassVar[str] = "dunning.plan.agreed.v1"

    plan_id: Identifier
    instalments: tuple[Instalment, ...] = Field(min_length=1, max_length=600)


class PlanBroken(AccountMessage):
    """A plan was not kept; `paid` came in since it was signed, `expected` was due."""

    TYPE: ClassVar[str] = "dunning.plan.broken.v1"

    plan_id: Identifier
    paid: Amount = 0
    expected: Amount = 0


class PlanCompleted(AccountMessage):
    """A plan was paid."""

    TYPE: ClassVar[str] = "dunning.plan.completed.v1"

    plan_id: Identifier


class DisputeOpened(AccountMessage):
    """The debtor objects to items: objection, hearing, statement, appeal or complaint."""

    TYPE: ClassVar[str] = "dunning.dispute.opened.v1"
    LISTS: ClassVar[tuple[str, ...]] = ("item_ids",)

    dispute_id: Identifier
    kind: DisputeKind
    item_ids: tuple[Identifier, ...] = ()
    more: Flag | None = None
    part: Count | None = None


class DisputeResolved(AccountMessage):
    """A dispute was decided; `amount` is the new amount of what was disputed, for `reduced`."""

    TYPE: ClassVar[str] = "dunning.dispute.resolved.v1"
    LISTS: ClassVar[tuple[str, ...]] = ("item_ids",)

    dispute_id: Identifier
    outcome: DisputeOutcome
    item_ids: tuple[Identifier, ...] = ()
    amount: Amount | None = None
    more: Flag | None = None
    part: Count | None = None


class ApplicationMade(AccountMessage):
    """Somebody asks for `action`: hardship, deferral, relief, waive_late_fee, …"""

    TYPE: ClassVar[str] = "dunning.application.made.v1"

    application_id: Identifier
    action: Identifier
    amount: Amount | None = None
    until: Day | None = None
    purpose: Identifier | None = None


class ApplicationDecided(AccountMessage):
    """An application was approved or rejected."""

    TYPE: ClassVar[str] = "dunning.application.decided.v1"

    application_id: Identifier
    action: Identifier
    outcome: Decision
    amount: Amount | None = None
    until: Day | None = None
    purpose: Identifier | None = None


class HoldPlaced(AccountMessage):
    """Everything stops for an account, if no other hold has stopped it already."""

    TYPE: ClassVar[str] = "dunning.hold.placed.v1"

    hold_id: Identifier


class HoldReleased(AccountMessage):
    """An account goes on: its last hold has ended."""

    TYPE: ClassVar[str] = "dunning.hold.released.v1"

    hold_id: Identifier


class RetentionEnded(AccountMessage):
    """An account has been closed for the `days` its creditor keeps it: its debtor is erased."""

    TYPE: ClassVar[str] = "dunning.retention.ended.v1"

    closed_on: Day
    days: Count


class CommissionEarned(AccountMessage):
    """Whoever collected a payment earned a share of it; `rate` is that share."""

    TYPE: ClassVar[str] = "dunning.commission.earned.v1"

    payment_id: Identifier
    collected_by: Label
    recovered: Amount
    rate: str = Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,12})?$")
    amount: Amount
    currency: Currency


class CommissionApproved(DunningContract):
    """The commission of a month may be paid: creditor-wide. `month` is `YYYY-MM`."""

    TYPE: ClassVar[str] = "dunning.commission.approved.v1"

    approval_id: Identifier
    month: str = Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")
    amount: Amount
    currency: Currency


class LimitationReached(AccountMessage):
    """The limitation period of an item, which `ends_on` its last day, comes near that day (`near`)
    or has reached it (`expired`).
    """

    TYPE: ClassVar[str] = "dunning.limitation.reached.v1"

    item_id: Identifier
    stage: Literal["near", "expired"]
    day: Day
    ends_on: Day


class AlertRaised(DunningContract):
    """A word to operations; without `account_id` it is about the creditor as a whole."""

    TYPE: ClassVar[str] = "dunning.alert.raised.v1"

    alert_id: Identifier
    account_id: Identifier | None = None
    case_id: Identifier | None = None
    kind: Identifier
    day: Day
    collected_by: Label | None = None
    amount: Amount | None = None
    reason: Label | None = None
