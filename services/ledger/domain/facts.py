"""The facts of a history: the command each event answered, with the instant it counts from."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from msgspec.structs import replace

from services.ledger.domain import commands as c
from services.ledger.domain import events as e
from services.ledger.domain.calendar import local_day
from services.ledger.domain.past import Past
from services.ledger.domain.terms import Terms


class Fact(NamedTuple):
    """A fact of a history, the instant it counts from, and the terms the account followed then."""

    at: datetime
    command: c.Command
    terms: Terms
    event: e.AccountEvent


def facts_of(history: Iterable[Past], less: Mapping[str, int], schedule: Terms) -> list[Fact]:
    facts = []
    terms: Terms | None = None
    announced: set[str] = set()
    for at, event in history:
        if isinstance(event, e.PaymentAnnounced):
            announced.add(event.payment_id)
        elif isinstance(event, e.PaymentReceived) and event.payment_id in announced:
            continue
        if event.effects.terms is not None:
            terms = replace(event.effects.terms, rates=schedule.rates)
        command = _command(event, terms or schedule, less)
        if command is not None:
            counts_from = _counts_from(event, at, schedule)
            if isinstance(command, c.ReceivePayment):
                command = replace(command, told_on=local_day(schedule.time_zone, at))
            facts.append(
                Fact(at=counts_from, command=command, terms=terms or schedule, event=event)
            )
    return sorted(facts, key=lambda fact: fact.at)


def _counts_from(event: e.AccountEvent, at: datetime, terms: Terms) -> datetime:
    if not isinstance(event, e.PaymentReceived | e.PaymentAnnounced):
        return at
    told = local_day(terms.time_zone, at)
    if event.received_at > at or local_day(terms.time_zone, event.received_at) < told:
        return event.received_at
    return at


def _command(event: e.AccountEvent, terms: Terms, less: Mapping[str, int]) -> c.Command | None:
    """The command an event answered; `None` for days that began and for payments left out."""
    match event:
        case e.ItemOpened():
            item = next(item for item in event.effects.items if item.id == event.item_id)
            return c.OpenItem(
                item_id=item.id,
                item=item.item,
                amount=event.amount,
                currency=terms.currency,
                issued_on=item.issued_on,
                due_on=item.original_due_on,
                source=item.source,
            )
        case e.PaymentReceived() | e.PaymentAnnounced():
            amount = event.amount - less.get(event.payment_id, 0)
            if amount <= 0:
                return None
            return c.ReceivePayment(
                payment_id=event.payment_id,
                amount=amount,
                currency=terms.currency,
                received_at=event.received_at,
                method=event.method,
                invoices=event.invoices,
                collected_by=event.collected_by,
            )
        case e.CreditGranted():
            return c.GrantCredit(event.credit_id, event.amount, terms.currency)
        case _:
            correction = _CORRECTIONS.get(type(event))
            return correction(event) if correction else None


_CORRECTIONS: dict[type[e.AccountEvent], Callable[[Any], c.Command]] = {
    e.ItemAdjusted: lambda ev: c.AdjustItem(ev.item_id, ev.adjustment_id, ev.change),
    e.ItemCancelled: lambda ev: c.CancelItem(ev.item_id),
    e.ItemsDisputed: lambda ev: c.DisputeItems(ev.dispute_id, ev.item_ids),
    e.DisputeResolved: lambda ev: c.ResolveDispute(
        dispute_id=ev.dispute_id, outcome=ev.outcome, item_ids=ev.item_ids, amount=ev.amount
    ),
    e.ItemsDeferred: lambda ev: c.DeferItems(ev.item_ids, ev.until),
    e.PlanAgreed: lambda ev: c.AgreePlan(ev.plan_id),
    e.PlanEnded: lambda ev: c.EndPlan(ev.plan_id),
    e.LateFeeStarted: lambda ev: c.StartLateFee(ev.from_day),
    e.LateFeeWaived: lambda ev: c.WaiveLateFee(ev.amount),
    e.ItemsWrittenOff: lambda ev: c.WriteOff(
        ev.item_ids,
        tuple((part.item_id, part.principal, part.late_fee) for part in ev.written_off),
    ),
    e.RefundFellDue: lambda ev: c.Refund(ev.refund_id, ev.amount, paid_out=True),
}
