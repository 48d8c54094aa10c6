"""What happened to an account, its case and its creditor, in the past tense.

Free text, names and other personal data are sealed bytes. Every effect carries the case, the step
(or reaction, or calendar entry) that caused it, the reason in words, and the policy with its
version.
"""

from datetime import date, datetime
from typing import Any

from msgspec import Struct, field

from services.dunning.domain.values import (
    Agreement,
    Instalment,
    Item,
    MoneyTerms,
    Owed,
    OwedItem,
    Person,
    PolicyRef,
    Recovered,
    Sealed,
    Terms,
)


class Event(Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Something that happened; its tag is the class's name."""


class Effect(Event, frozen=True, kw_only=True):
    """Something the policy brought about: where it came from and why."""

    case_id: str | None = None
    step: str | None = None
    reason: str = ""
    policy: str = ""
    policy_version: int = 0


# ---- what other services and upstream told


class ItemsUpdated(Event, frozen=True, kw_only=True):
    """The ledger's changed items; `more` says that further parts follow. `prepaid` is the money not
    allocated, `waiting` what of it waits for invoices it names; `released`: some waited until now.
    """

    ledger_version: int
    as_of: date
    currency: str
    items: tuple[Item, ...]
    more: bool = False
    prepaid: int = 0
    waiting: int = 0
    released: bool = False


class PaymentUnmatched(Event, frozen=True, kw_only=True):
    """Money waits for invoices that nobody knows, up to the step time of the day `until`."""

    payment_id: str
    amount: int
    invoices: tuple[str, ...]
    until: date


class PaymentRecorded(Event, frozen=True, kw_only=True):
    payment_id: str
    amount: int
    received_at: datetime
    method: str = ""
    collected_by: bytes | None = None


class PaymentReversed(Event, frozen=True, kw_only=True):
    """`amount` of a payment counts as never made; all of it where none is given."""

    payment_id: str
    amount: int | None = None


class AccountUpdated(Event, frozen=True, kw_only=True):
    """`attributes` names those that are set and true; `profile` is the rest, sealed.

    `reachable` tells whether any way to reach the debtor is known, `responsible` who answers for
    the account, `mandate` whether the bank may debit it; `guarantors` are codes that stand for
    their names, `number` is what people call the account. `people` tells who contacts reach,
    sealed.
    """

    segment: str | None = None
    attributes: tuple[str, ...] = ()
    profile: bytes = b""
    reachable: bool = True
    agreement: Agreement | None = None
    responsible: Person | None = None
    mandate: bool = False
    department: str | None = None
    guarantors: tuple[str, ...] = ()
    people: bytes = b""
    number: Sealed | None = None


class AccountErased(Event, frozen=True, kw_only=True):
    pass


class ObservationRecorded(Event, frozen=True, kw_only=True):
    observation_id: str
    kind: str
    on: date
    note: bytes | None = None


class ReplyRecorded(Event, frozen=True, kw_only=True):
    reply_id: str
    note: bytes | None = None


class DeliveryRecorded(Event, frozen=True, kw_only=True):
    """The fate of a notice: `result` is delivered, signed, refused, returned, failed, sent or
    suppressed; `reason` says why it was suppressed.
    """

    channel: str
    result: str
    notice_id: str | None = None
    reason: str | None = None


class LegalProgressRecorded(Event, frozen=True, kw_only=True):
    progress: str
    on: date
    amount: int | None = None


class LimitationRestarted(Event, frozen=True, kw_only=True):
    """The limitation periods of some items began anew; `cause` is the payment, notice or promise
    that did it. A later one of the same cause takes its place. `amount` is that of the payment.
    """

    item_ids: tuple[str, ...]
    on: date
    cause: str
    amount: int = 0


class InvoiceMarked(Event, frozen=True, kw_only=True):
    """What an invoice says of itself: its attributes that are set and true."""

    item_id: str
    marks: tuple[str, ...]


class MandateWithdrawn(Event, frozen=True, kw_only=True):
    """The bank said that there is no mandate to debit under any more; `reason` is its code."""

    reason: str


class DirectDebitEnded(Event, frozen=True, kw_only=True):
    """The bank answered a request: `paid`, by a payment, or `failed`, with its reason."""

    request_id: str
    outcome: str
    payment_id: str | None = None
    reason: str | None = None


class InvoiceCounted(Event, frozen=True, kw_only=True):
    """What an invoice adds to everything invoiced: its amount in force, 0 once cancelled."""

    item_id: str
    issued_on: date
    amount: int


class RestrictionConfirmed(Event, frozen=True, kw_only=True):
    service: str


# ---- the case


class CaseOpened(Effect, frozen=True, kw_only=True):
    """`first_step_on` is the first day on which a step may be taken, `terms` those of money."""

    policy_ref: PolicyRef
    opened_on: date
    first_step_on: date
    oldest_due_on: date
    overdue: int = 0
    currency: str = ""
    ledger_version: int = 0
    terms: MoneyTerms | None = None


class CasePaused(Effect, frozen=True, kw_only=True):
    reasons: tuple[str, ...]


class CaseResumed(Effect, frozen=True, kw_only=True):
    pass


class CaseClosed(Effect, frozen=True, kw_only=True):
    """`last_overdue_on` is given when what was past due had been disputed to the end."""

    closed_on: date
    last_overdue_on: date | None = None


class OverdueEnded(Event, frozen=True, kw_only=True):
    """Nothing is overdue any more, though no case closed with it."""

    on: date


class CasePolicyChanged(Effect, frozen=True, kw_only=True):
    """A running case was moved to another policy on purpose; what it took before stays taken, and
    `terms` of money are those of the new one from the day `on`.
    """

    before: PolicyRef
    after: PolicyRef
    by: str | None = None
    note: bytes | None = None
    on: date | None = None
    terms: MoneyTerms | None = None


class StepTaken(Effect, frozen=True, kw_only=True):
    """`asks` marks a step that asked for approval: what it does follows once that is granted."""

    on: date
    asks: bool = False
    days_past_due: int = 0
    ledger_version: int = 0


class StepDropped(Effect, frozen=True, kw_only=True):
    on: date


class StepGranted(Effect, frozen=True, kw_only=True):
    """The approved action of a step happened; days after the step count from here."""

    on: date


class ContactDelayed(Effect, frozen=True, kw_only=True):
    """A contact that a frequency limit holds back; `path` finds the action in the pack."""

    contact: str
    on: date
    path: tuple[int, ...]
    channel: str | None = None
    follows: tuple[str, ...] = ()


class ActionPlanned(Effect, frozen=True, kw_only=True):
    """Something is to be done at a later step time, `left` times (None: until the case closes),
    `every_days` apart; `path` finds it in the pack.
    """

    planned_id: str
    on: date
    path: tuple[int, ...] = ()
    every_days: int = 0
    left: int | None = 1


class ActionReached(Effect, frozen=True, kw_only=True):
    """The day of something planned has come."""

    planned_id: str
    on: date


class DecisionFoundLate(Effect, frozen=True, kw_only=True):
    """An application has waited too long; it is told once."""

    application_id: str


class Reacted(Effect, frozen=True, kw_only=True):
    """A reaction that is done once a day had its turn."""

    on: date


# ---- effects


class NoticeRequested(Effect, frozen=True, kw_only=True):
    """One message on one channel; `contact` names the delayed contact it makes up for, `follows`
    what led to it by other notices' fates; `needs_overdue` says to suppress it when the account is
    cleared meanwhile.
    """

    notice_id: str
    purpose: str
    channel: str
    recipients: str
    template: str
    variables: Owed
    on: date
    respond_by: date | None = None
    ledger_version: int
    needs_overdue: bool = True
    contact: str | None = None
    interrupts: bool = False
    """Whether its delivery restarts the limitation period of the items it names."""
    follows: tuple[str, ...] = ()


class TaskRequested(Effect, frozen=True, kw_only=True):
    """Work for a role, a department, or a `person`: then the owner is called `responsible`; `asks`
    is what the policy wants to know or to have done.
    """

    task_id: str
    kind: str
    owner: str
    on: date
    with_owners: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    contact: str | None = None
    person: Person | None = None
    segment: str | None = None


class TaskCompleted(Event, frozen=True, kw_only=True):
    task_id: str
    kind: str
    result: str
    at: datetime
    note: bytes | None = None
    by: str | None = None
    case_id: str | None = None


class TaskWithdrawn(Effect, frozen=True, kw_only=True):
    task_id: str
    kind: str


class RestrictionRequested(Effect, frozen=True, kw_only=True):
    service: str
    on: date
    ledger_version: int


class RestorationRequested(Effect, frozen=True, kw_only=True):
    service: str
    ledger_version: int


class ReferralMade(Effect, frozen=True, kw_only=True):
    to: str
    on: date
    ledger_version: int
    overdue: int = 0
    currency: str = ""


class DirectDebitRequested(Effect, frozen=True, kw_only=True):
    """The bank is asked to debit what an account owes."""

    request_id: str
    on: date
    amount: int
    currency: str
    items: tuple[OwedItem, ...]
    ledger_version: int


class LegalRequested(Effect, frozen=True, kw_only=True):
    request_id: str
    document: str
    on: date
    ledger_version: int
    principal: int
    late_fee: int
    total: int
    items: tuple[OwedItem, ...]
    currency: str = ""


class ApprovalRequested(Effect, frozen=True, kw_only=True):
    """`path` finds what follows in the pack; `holds_steps`: the steps wait for the decision."""

    approval_id: str
    for_: str = field(name="for")
    by_role: str
    path: tuple[int, ...] = ()
    is_step: bool = False
    holds_steps: bool = False
    amount: int | None = None
    period: str | None = None


class ApprovalDecided(Effect, frozen=True, kw_only=True):
    approval_id: str
    for_: str = field(name="for")
    outcome: str
    by: str | None = None
    amount: int | None = None
    at: datetime | None = None


class ApprovalLapsed(Effect, frozen=True, kw_only=True):
    approval_id: str
    for_: str = field(name="for")


class Classified(Effect, frozen=True, kw_only=True):
    as_: str = field(name="as")


class ClassifiedAhead(Effect, frozen=True, kw_only=True):
    """A class given while no case runs; the next case begins with it."""

    as_: str = field(name="as")


class AlertRaised(Effect, frozen=True, kw_only=True):
    kind: str
    on: date | None = None


class LimitationReached(Effect, frozen=True, kw_only=True):
    """The limitation period of an item comes near its end (`near`) or to its last day
    (`expired`).
    """

    item_id: str
    stage: str
    on: date
    ends_on: date


class CommissionEarned(Effect, frozen=True, kw_only=True):
    """What whoever collected a payment earned of it; `rates` are those that applied, `paid` is the
    payment, `parts` where it went.
    """

    collected_by: bytes
    amount: int
    payment_id: str = ""
    recovered: int = 0
    rates: tuple[str, ...] = ()
    on: date | None = None
    paid: int = 0
    parts: tuple[Recovered, ...] = ()


class CommissionReversed(Effect, frozen=True, kw_only=True):
    """Commission taken back with its payment: the amount is below zero; `left` still stands."""

    collected_by: bytes
    amount: int
    payment_id: str
    on: date
    left: int = 0


class FeeCharged(Effect, frozen=True, kw_only=True):
    item_id: str
    item: str
    amount: int
    due_on: date
    on: date | None = None
    currency: str = ""


class LateFeeStarted(Effect, frozen=True, kw_only=True):
    from_day: date


class LateFeeWaived(Effect, frozen=True, kw_only=True):
    """`amount` absent: all of it."""

    amount: int | None = None


class WriteOffApproved(Effect, frozen=True, kw_only=True):
    item_ids: tuple[str, ...]
    approval_id: str = ""


class ReportStored(Effect, frozen=True, kw_only=True):
    name: str
    on: date
    values: dict[str, Any]


class CalendarRun(Effect, frozen=True, kw_only=True):
    """A monthly entry had its day."""

    on: date


# ---- what operators record


class PromiseMade(Event, frozen=True, kw_only=True):
    promise_id: str
    amount: int
    by: date
    made_at: datetime
    case_id: str | None = None
    note: bytes | None = None


class PromiseKept(Event, frozen=True, kw_only=True):
    """What was promised came in, in time; payments that came in up to `until` count for it."""

    promise_id: str
    case_id: str | None = None
    until: datetime | None = None


class PromiseBroken(Event, frozen=True, kw_only=True):
    """What was promised had not come in `until` then; one that came in before and is told later
    keeps the promise all the same.
    """

    promise_id: str
    paid: int
    case_id: str | None = None
    until: datetime | None = None


class PromiseLapsed(Event, frozen=True, kw_only=True):
    """Nothing is owed any more, so the promise ends neither kept nor broken."""

    promise_id: str
    case_id: str | None = None
    until: datetime | None = None


class PromiseResumed(Event, frozen=True, kw_only=True):
    """A payment that kept a promise counts as never made: it runs again."""

    promise_id: str
    amount: int
    by: date
    paid: int = 0
    case_id: str | None = None


class PlanAgreed(Event, frozen=True, kw_only=True):
    plan_id: str
    instalments: tuple[Instalment, ...]
    agreed_at: datetime
    case_id: str | None = None
    note: bytes | None = None
    collateral: bytes | None = None


class PlanBroken(Event, frozen=True, kw_only=True):
    plan_id: str
    paid: int
    due: int
    case_id: str | None = None
    until: datetime | None = None


class PlanCompleted(Event, frozen=True, kw_only=True):
    plan_id: str
    case_id: str | None = None
    until: datetime | None = None


class PlanResumed(Event, frozen=True, kw_only=True):
    """A plan runs again: a payment that completed it counts as never made, or one that came in in
    time was told after the plan had been broken.
    """

    plan_id: str
    instalments: tuple[Instalment, ...]
    paid: int = 0
    case_id: str | None = None


class DisputeOpened(Event, frozen=True, kw_only=True):
    dispute_id: str
    kind: str
    item_ids: tuple[str, ...]
    reason: bytes | None = None
    case_id: str | None = None


class DisputeResolved(Event, frozen=True, kw_only=True):
    """`amount` is the items' new amount, for outcome `reduced`."""

    dispute_id: str
    outcome: str
    item_ids: tuple[str, ...]
    amount: int | None = None
    by: str | None = None
    reason: bytes | None = None
    case_id: str | None = None


class ApplicationMade(Event, frozen=True, kw_only=True):
    """`by_code` stands for who asked: it can be compared with who decides and tells no name."""

    application_id: str
    for_: str = field(name="for")
    on: date
    amount: int | None = None
    until: date | None = None
    by_code: str | None = None
    reason: bytes | None = None
    case_id: str | None = None


class ApplicationDecided(Event, frozen=True, kw_only=True):
    application_id: str
    for_: str = field(name="for")
    outcome: str
    by: str | None = None
    amount: int | None = None
    until: date | None = None
    case_id: str | None = None


class ItemDeferred(Event, frozen=True, kw_only=True):
    item_ids: tuple[str, ...]
    until: date
    application_id: str


class HoldPlaced(Event, frozen=True, kw_only=True):
    """Everything stops; `observed` is the observation that brought it about, if no person did."""

    hold_id: str
    reason: bytes | None = None
    by: str | None = None
    observed: str | None = None


class HoldReleased(Event, frozen=True, kw_only=True):
    hold_id: str
    by: str | None = None


# ---- the creditor


class CreditorConfigured(Event, frozen=True, kw_only=True):
    """A creditor was set up or changed; `terms` are what its pack says to the ledger."""

    name: str
    zone: str
    currency: str
    languages: tuple[str, ...]
    policy_ref: PolicyRef
    terms: Terms
    calendar: str = ""
    closed_days: tuple[date, ...] = ()


class PolicyProposed(Event, frozen=True, kw_only=True):
    """A policy for the cases to come was proposed; `note` is sealed under the creditor's key."""

    proposal_id: str
    policy_ref: PolicyRef
    by: str
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


class WakeScheduled(Event, frozen=True, kw_only=True):
    """The next instant at which there is something to do; `turn_on` is the local day whose steps
    were last gone through, `put_off` one whose steps wait for money released that morning.
    """

    at: datetime | None
    turn_on: date | None = None
    put_off: date | None = None


AccountEvent = (
    ItemsUpdated
    | PaymentUnmatched
    | PaymentRecorded
    | PaymentReversed
    | AccountUpdated
    | AccountErased
    | ObservationRecorded
    | ReplyRecorded
    | DeliveryRecorded
    | LegalProgressRecorded
    | LimitationRestarted
    | InvoiceCounted
    | InvoiceMarked
    | DirectDebitRequested
    | DirectDebitEnded
    | MandateWithdrawn
    | RestrictionConfirmed
    | CaseOpened
    | CasePaused
    | CaseResumed
    | CaseClosed
    | OverdueEnded
    | CasePolicyChanged
    | StepTaken
    | StepDropped
    | StepGranted
    | ContactDelayed
    | ActionPlanned
    | ActionReached
    | DecisionFoundLate
    | Reacted
    | NoticeRequested
    | TaskRequested
    | TaskCompleted
    | TaskWithdrawn
    | RestrictionRequested
    | RestorationRequested
    | ReferralMade
    | LegalRequested
    | ApprovalRequested
    | ApprovalDecided
    | ApprovalLapsed
    | Classified
    | ClassifiedAhead
    | AlertRaised
    | LimitationReached
    | CommissionEarned
    | CommissionReversed
    | FeeCharged
    | LateFeeStarted
    | LateFeeWaived
    | WriteOffApproved
    | CalendarRun
    | PromiseMade
    | PromiseKept
    | PromiseBroken
    | PromiseLapsed
    | PromiseResumed
    | PlanAgreed
    | PlanBroken
    | PlanCompleted
    | PlanResumed
    | DisputeOpened
    | DisputeResolved
    | ApplicationMade
    | ApplicationDecided
    | ItemDeferred
    | HoldPlaced
    | HoldReleased
    | WakeScheduled
)
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
