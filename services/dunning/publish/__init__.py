"""What dunning tells others: literal tables from its events to contract messages.

Sealed texts and names never leave the service.
"""

from collections.abc import Mapping

from chassis.runtime.outgoing import Outgoing
from chassis.store.stored import Stored
from contracts import dunning as m
from contracts.splitting import in_parts
from services.dunning.domain.agreements.events import DecisionFoundLate, PromiseLapsed
from services.dunning.domain.case.events import (
    ActionPlanned,
    ActionReached,
    CalendarRun,
    ClassifiedAhead,
    LegalProgressRecorded,
    ObservationRecorded,
    OverdueEnded,
    Reacted,
    RestrictionConfirmed,
    StepDropped,
    StepGranted,
    WakeScheduled,
)
from services.dunning.domain.contact.events import (
    AccountErased,
    AccountUpdated,
    ContactDelayed,
    ReplyRecorded,
)
from services.dunning.domain.creditor.events import (
    ClearanceCertified,
    CollectorStarted,
    PolicyDecided,
    PolicyProposed,
    ReportStored,
)
from services.dunning.domain.event import Event, case_of
from services.dunning.domain.money.events import (
    AllocationTold,
    CommissionEarned,
    CommissionReversed,
    DirectDebitEnded,
    InvoiceCounted,
    InvoiceMarked,
    ItemsUpdated,
    LimitationRestarted,
    MandateWithdrawn,
    PaymentRecorded,
    PaymentReversed,
    PaymentUnmatched,
)
from services.dunning.publish import cases, people, requests, terms
from services.dunning.publish.parts import Make
from services.dunning.views.rows import owner_of

MESSAGES: Mapping[type[Event], Make] = {
    **cases.MESSAGES,
    **requests.MESSAGES,
    **people.MESSAGES,
    **terms.MESSAGES,
}
KEPT: frozenset[type[Event]] = frozenset(
    {
        ItemsUpdated,
        AllocationTold,
        PaymentRecorded,
        PaymentUnmatched,
        PaymentReversed,
        AccountUpdated,
        AccountErased,
        ObservationRecorded,
        ReplyRecorded,
        LegalProgressRecorded,
        RestrictionConfirmed,
        StepDropped,
        StepGranted,
        ClassifiedAhead,
        ContactDelayed,
        ActionPlanned,
        ActionReached,
        DecisionFoundLate,
        Reacted,
        CalendarRun,
        ReportStored,
        PromiseLapsed,
        LimitationRestarted,
        InvoiceCounted,
        OverdueEnded,
        InvoiceMarked,
        DirectDebitEnded,
        MandateWithdrawn,
        # Whoever collects is named in them.
        # Creditors hear of the terms; whose proposal they were is the creditor's own business.
        PolicyProposed,
        PolicyDecided,
        CommissionEarned,
        CommissionReversed,
        CollectorStarted,
        ClearanceCertified,
        WakeScheduled,
    }
)
"""Events that are dunning's own business: what others told it, bookkeeping, and what names people.
"""


def publish(stored: Stored) -> list[Outgoing]:
    """The messages of one event; the terms of a creditor go to every lane."""
    make = MESSAGES.get(type(stored.event))
    if make is None:
        return []
    creditor, account = owner_of(stored)
    data = make(stored, account)
    if data is None:
        return []
    correlation = case_of(stored.event)
    if isinstance(data, m.TermsPublished):
        return [Outgoing(data, creditor, correlation=correlation, lanes="every")]
    if account is None:
        return [Outgoing(data, creditor, correlation=correlation)]
    return [Outgoing(part, creditor, account, correlation) for part in in_parts(data)]
