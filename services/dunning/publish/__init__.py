"""What dunning tells others: literal tables from its events to contract messages.

Sealed texts and names never leave the service.
"""

from collections.abc import Mapping

from chassis.runtime.outgoing import Outgoing
from chassis.store.stored import Stored
from contracts import dunning as m
from services.dunning.domain import events as e
from services.dunning.publish import cases, people, requests, terms
from services.dunning.publish.parts import Make
from services.dunning.views.rows import owner_of

MESSAGES: Mapping[type[e.Event], Make] = {
    **cases.MESSAGES,
    **requests.MESSAGES,
    **people.MESSAGES,
    **terms.MESSAGES,
}
KEPT: frozenset[type[e.Event]] = frozenset(
    {
        e.ItemsUpdated,
        e.PaymentRecorded,
        e.PaymentUnmatched,
        e.PaymentReversed,
        e.AccountUpdated,
        e.AccountErased,
        e.ObservationRecorded,
        e.ReplyRecorded,
        e.DeliveryRecorded,
        e.LegalProgressRecorded,
        e.RestrictionConfirmed,
        e.StepDropped,
        e.StepGranted,
        e.ClassifiedAhead,
        e.ContactDelayed,
        e.ActionPlanned,
        e.ActionReached,
        e.DecisionFoundLate,
        e.Reacted,
        e.CalendarRun,
        e.ReportStored,
        e.PromiseLapsed,
        e.LimitationRestarted,
        e.InvoiceCounted,
        e.OverdueEnded,
        e.InvoiceMarked,
        e.DirectDebitEnded,
        e.MandateWithdrawn,
        # Whoever collects is named in them.
        # Creditors hear of the terms; whose proposal they were is the creditor's own business.
        e.PolicyProposed,
        e.PolicyDecided,
        e.CommissionEarned,
        e.CommissionReversed,
        e.CollectorStarted,
        e.ClearanceCertified,
        e.WakeScheduled,
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
    correlation = getattr(stored.event, "case_id", None)
    if isinstance(data, m.TermsPublished):
        return [Outgoing(data, creditor, correlation=correlation, lanes="every")]
    if account is None:
        return [Outgoing(data, creditor, correlation=correlation)]
    return [Outgoing(data, creditor, account, correlation)]
