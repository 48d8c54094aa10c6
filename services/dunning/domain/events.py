"""Every event of an account."""

from services.dunning.domain.agreements.events import (
    ApplicationDecided,
    ApplicationMade,
    DecisionFoundLate,
    DisputeOpened,
    DisputeResolved,
    ItemDeferred,
    PlanAgreed,
    PlanBroken,
    PlanCompleted,
    PlanResumed,
    PromiseBroken,
    PromiseKept,
    PromiseLapsed,
    PromiseMade,
    PromiseResumed,
)
from services.dunning.domain.case.events import (
    ActionPlanned,
    ActionReached,
    AlertRaised,
    ApprovalDecided,
    ApprovalLapsed,
    ApprovalRequested,
    CalendarRun,
    CaseClosed,
    CaseOpened,
    CasePaused,
    CasePolicyChanged,
    CaseResumed,
    Classified,
    ClassifiedAhead,
    HoldPlaced,
    HoldReleased,
    LegalProgressRecorded,
    LegalRequested,
    ObservationRecorded,
    OverdueEnded,
    Reacted,
    ReferralMade,
    RestorationRequested,
    RestrictionConfirmed,
    RestrictionRequested,
    RetentionEnded,
    StepDropped,
    StepGranted,
    StepTaken,
    TaskCompleted,
    TaskRequested,
    TaskWithdrawn,
    WakeScheduled,
)
from services.dunning.domain.contact.events import (
    AccountErased,
    AccountUpdated,
    ContactDelayed,
    ContactReported,
    DeliveryRecorded,
    NoticeRequested,
    ReplyRecorded,
)
from services.dunning.domain.money.events import (
    AllocationTold,
    CommissionEarned,
    CommissionReversed,
    DirectDebitEnded,
    DirectDebitRequested,
    FeeCharged,
    InvoiceCounted,
    InvoiceMarked,
    ItemsUpdated,
    LateFeeStarted,
    LateFeeWaived,
    LimitationReached,
    LimitationRestarted,
    MandateWithdrawn,
    PaymentRecorded,
    PaymentReversed,
    PaymentUnmatched,
    WriteOffApproved,
)

AccountEvent = (
    ItemsUpdated
    | PaymentUnmatched
    | AllocationTold
    | PaymentRecorded
    | PaymentReversed
    | AccountUpdated
    | AccountErased
    | ObservationRecorded
    | ReplyRecorded
    | ContactReported
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
    | RetentionEnded
    | WakeScheduled
)
