"""Every command to an account, and to a creditor."""

from services.dunning.domain.agreements.commands import (
    AgreePlan,
    MakeApplication,
    MakePromise,
    OpenDispute,
    ResolveDispute,
)
from services.dunning.domain.case.commands import (
    CompleteTask,
    ConfirmRestriction,
    Decide,
    EndRetention,
    FollowPolicy,
    PlaceHold,
    Reassess,
    RecordLegalProgress,
    RecordObservation,
    ReleaseHold,
    Wake,
)
from services.dunning.domain.contact.commands import (
    EraseAccount,
    RecordContact,
    RecordDelivery,
    RecordReply,
    UpdateAccount,
)
from services.dunning.domain.creditor.commands import (
    CertifyClearance,
    ConfigureCreditor,
    CountCash,
    DecidePolicy,
    ProposePolicy,
    RunCalendar,
    StartCollector,
)
from services.dunning.domain.money.commands import (
    FailDirectDebit,
    MarkInvoice,
    NameCollector,
    NoteUnmatched,
    RecordPayment,
    ReversePayment,
    UpdateItems,
)

AccountCommand = (
    Wake
    | UpdateItems
    | NoteUnmatched
    | Reassess
    | RecordPayment
    | NameCollector
    | ReversePayment
    | UpdateAccount
    | EraseAccount
    | MarkInvoice
    | FailDirectDebit
    | RecordObservation
    | ConfirmRestriction
    | RecordDelivery
    | RecordLegalProgress
    | CompleteTask
    | RecordReply
    | RecordContact
    | MakePromise
    | AgreePlan
    | OpenDispute
    | ResolveDispute
    | MakeApplication
    | Decide
    | PlaceHold
    | ReleaseHold
    | EndRetention
    | FollowPolicy
)


CreditorCommand = (
    ConfigureCreditor
    | RunCalendar
    | CompleteTask
    | Decide
    | CountCash
    | StartCollector
    | CertifyClearance
    | ProposePolicy
    | DecidePolicy
)
