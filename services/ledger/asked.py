"""What messages ask of an account or of a creditor's terms, as commands."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfoNotFoundError

from chassis.errors import Malformed
from chassis.store.vault import KeyRing
from contracts import billing, dunning, legal
from services.ledger.collectors import code_of
from services.ledger.domain import commands as c
from services.ledger.domain.calendar import local_day
from services.ledger.domain.terms import PublishTerms


def invoice(data: billing.InvoiceIssued) -> c.OpenItem:
    """An invoice to be owed."""
    return c.OpenItem(
        item_id=data.invoice_id,
        item=data.item,
        amount=data.amount,
        currency=data.currency,
        issued_on=data.issued_on,
        due_on=data.due_on,
    )


def payment(data: billing.PaymentReceived, keys: KeyRing) -> c.ReceivePayment:
    """Money to be allocated."""
    return c.ReceivePayment(
        payment_id=data.payment_id,
        amount=data.amount,
        currency=data.currency,
        received_at=data.received_at,
        method=data.method,
        invoices=tuple(data.invoices),
        collected_by=code_of(keys, data.collected_by),
    )


def terms(data: dunning.TermsPublished, now: datetime) -> PublishTerms:
    """Terms that hold from the local day on; raises `Malformed` for a time zone nobody knows."""
    try:
        today = local_day(data.time_zone, now)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Malformed(f"data.time_zone: {data.time_zone} is no time zone") from error
    fee = data.late_fee
    return PublishTerms(
        time_zone=data.time_zone,
        currency=data.currency,
        day=today,
        due_days=data.due_days,
        allocation=data.allocation,
        rate_per_day=Decimal(fee.rate_per_day) if fee else None,
        cap_ratio=Decimal(fee.cap_ratio) if fee else Decimal(1),
        starts=fee.starts if fee else "due",
        minimum_overdue=data.minimum_overdue,
        unmatched_days=data.unmatched_days,
        second_person_above=data.second_person_above,
    )


def money(terms: dunning.CaseTerms) -> c.Money:
    """What of a case's policy version governs its money."""
    fee = terms.late_fee
    return c.Money(
        due_days=terms.due_days,
        charges_first=terms.allocation == "charges_first",
        rate_per_day=Decimal(fee.rate_per_day) if fee else None,
        cap_ratio=Decimal(fee.cap_ratio) if fee else Decimal(1),
        starts_on_notice=fee is not None and fee.starts == "started",
    )


def fee(data: dunning.FeeCharged) -> c.OpenItem:
    """A fee to be owed."""
    return c.OpenItem(
        item_id=data.item_id,
        item=data.item,
        amount=data.amount,
        currency=data.currency,
        issued_on=data.issued_on,
        due_on=data.due_on,
        source="charge",
    )


def cost(data: legal.CostIncurred) -> c.OpenItem:
    """What pursuing the debt cost, to be owed."""
    return c.OpenItem(
        item_id=data.item_id,
        item=data.item,
        amount=data.amount,
        currency=data.currency,
        issued_on=data.incurred_on,
        due_on=data.due_on,
        source="charge",
    )


def resolved(data: dunning.DisputeResolved) -> c.ResolveDispute | None:
    """A dispute that was decided. Told in parts it is decided with the last of them, over all that
    stands in it: a new amount is shared out over all of its items.
    """
    if data.more:
        return None
    return c.ResolveDispute(
        dispute_id=data.dispute_id,
        outcome=data.outcome,
        item_ids=() if data.part else tuple(data.item_ids),
        amount=data.amount,
    )
