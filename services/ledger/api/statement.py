"""A statement made of an account's events: movements in order, with the running balance."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from chassis.sheets import Money, Table
from chassis.store.stored import Stored
from services.ledger.api.models import StatementLine, StatementOut
from services.ledger.domain import events as e
from services.ledger.domain.calendar import local_day
from services.ledger.domain.events import Event, name_of

_COLUMNS = ("recorded_on", "counts_from", "kind", "reference", "amount", "balance", "currency")
Row = tuple[Any, ...]


def lines(stored: Stored, balance: int, time_zone: str) -> Iterator[StatementLine]:
    """The movements of one event, from the balance before it; late fee that was paid, and
    recoveries, are movements of their own.

    The balance is open principal less prepaid money: what a payment puts on a late fee, or on what
    was written off, is charged in the same breath.
    """
    for kind, reference, amount in _movements(stored.event, balance):
        balance += amount
        yield StatementLine(
            version=stored.version,
            at=stored.at,
            day=_counts_from(stored, time_zone),
            recorded_on=local_day(time_zone, stored.at),
            kind=kind,
            reference=reference,
            amount=amount,
            balance=balance,
        )


def balance_after(event: Event) -> int:
    """The balance the movements of an event, and of all before it, come to."""
    return event.effects.balance.principal - event.effects.balance.prepaid


def as_table(statement: StatementOut, rows: list[Row]) -> Table:
    """A statement as a file's table; what has accrued of late fees and is not paid yet comes last,
    with the balance it makes.
    """
    currency = statement.currency
    if statement.late_fee:
        day = statement.as_of
        accrued = Money(statement.late_fee, currency), Money(statement.total, currency)
        rows = [*rows, (day, day, "late_fee_accrued", None, *accrued, currency)]
    return Table("statement", _COLUMNS, tuple(rows))


def row(line: StatementLine, currency: str) -> Row:
    """A movement, column by column."""
    return (
        line.recorded_on,
        line.day,
        line.kind,
        line.number or line.reference,
        Money(line.amount, currency),
        Money(line.balance, currency),
        currency,
    )


def _counts_from(stored: Stored, time_zone: str) -> date:
    if isinstance(stored.event, e.PaymentReceived | e.PaymentAnnounced):
        return local_day(time_zone, stored.event.received_at)
    day: date = stored.event.effects.day
    return day


def _movements(event: Event, before: int) -> Iterator[tuple[str, str | None, int]]:
    effects = event.effects
    left = balance_after(event) - before
    for part in effects.parts:
        if part.late_fee:
            yield "late_fee_charged", part.item_id, part.late_fee
            left -= part.late_fee
    for item_id, amount in effects.recovered:
        yield "recovery_booked", item_id, amount
        left -= amount
    if isinstance(event, e.PaymentReversed):
        yield "payment_reversed", event.payment_id, event.amount
        if left != event.amount:  # late fee that later payments bear otherwise, or no longer
            yield "payments_reallocated", None, left - event.amount
        return
    if isinstance(event, e.PaymentReceived) and event.account is not None:
        yield "payment_received", event.payment_id, -event.amount
        if left != -event.amount:
            yield "payments_reallocated", None, left + event.amount
        return
    if left or not isinstance(event, e.DayBegan | e.CaseTermsSet):
        yield name_of(event), _reference(event), left


def _reference(event: Event) -> str | None:
    """What a movement is about: the id of what came in, else of what it changed."""
    match event:
        case e.PaymentReceived() | e.PaymentReversed() | e.PaymentAnnounced():
            return event.payment_id
        case e.ItemAdjusted():
            return event.adjustment_id
        case e.CreditGranted():
            return event.credit_id
        case e.ItemOpened() | e.ItemCancelled():
            return event.item_id
        case e.RefundFellDue():
            return event.refund_id
        case e.ItemsDisputed() | e.DisputeResolved():
            return event.dispute_id
        case e.PlanAgreed() | e.PlanEnded():
            return event.plan_id
    return None
