"""A statement made of an account's events: every movement in order, with the running balance."""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from chassis.sheets import Money, Table
from chassis.store.stored import Stored
from services.ledger.api.models import StatementLine, StatementOut
from services.ledger.domain.calendar import local_day
from services.ledger.domain.events import (
    CaseTermsSet,
    DayBegan,
    Event,
    PaymentAnnounced,
    PaymentReceived,
    PaymentReversed,
)

_WORD = re.compile(r"(?<!^)(?=[A-Z])")
_REFERENCES = (
    "payment_id",
    "adjustment_id",
    "credit_id",
    "item_id",
    "refund_id",
    "dispute_id",
    "plan_id",
)


def lines(history: Iterable[Stored], time_zone: str) -> list[StatementLine]:
    """The movements; late fee that was paid, and recoveries, are movements of their own.

    The balance is open principal less prepaid money: what a payment puts on a late fee, or on what
    was written off, is charged in the same breath.
    """
    shown: list[StatementLine] = []
    balance = 0
    for stored in history:
        for kind, reference, amount in _movements(stored.event, balance):
            balance += amount
            shown.append(
                StatementLine(
                    version=stored.version,
                    at=stored.at,
                    day=_counts_from(stored, time_zone),
                    recorded_on=local_day(time_zone, stored.at),
                    kind=kind,
                    reference=reference,
                    amount=amount,
                    balance=balance,
                )
            )
    return shown


def as_table(statement: StatementOut) -> Table:
    """A statement as a file's table; what has accrued of late fees and is not paid yet comes last,
    with the balance it makes.
    """
    currency = statement.currency
    rows = [
        (one.recorded_on, one.day, one.kind, one.number or one.reference, one.amount, one.balance)
        for one in statement.lines
    ]
    if statement.late_fee:
        day = statement.as_of
        rows.append((day, day, "late_fee_accrued", None, statement.late_fee, statement.total))
    return Table(
        "statement",
        ("recorded_on", "counts_from", "kind", "reference", "amount", "balance", "currency"),
        tuple(
            (*row[:-2], Money(row[-2], currency), Money(row[-1], currency), currency)
            for row in rows
        ),
    )


def _counts_from(stored: Stored, time_zone: str) -> date:
    if isinstance(stored.event, PaymentReceived | PaymentAnnounced):
        return local_day(time_zone, stored.event.received_at)
    day: date = stored.event.effects.day
    return day


def _movements(event: Event, before: int) -> Iterator[tuple[str, str | None, int]]:
    effects = event.effects
    left = effects.balance.principal - effects.balance.prepaid - before
    for part in effects.parts:
        if part.late_fee:
            yield "late_fee_charged", part.item_id, part.late_fee
            left -= part.late_fee
    for item_id, amount in effects.recovered:
        yield "recovery_booked", item_id, amount
        left -= amount
    if isinstance(event, PaymentReversed):
        yield "payment_reversed", event.payment_id, event.amount
        if left != event.amount:  # late fee that later payments bear otherwise, or no longer
            yield "payments_reallocated", None, left - event.amount
        return
    if isinstance(event, PaymentReceived) and event.account is not None:
        yield "payment_received", event.payment_id, -event.amount
        if left != -event.amount:
            yield "payments_reallocated", None, left + event.amount
        return
    if left or not isinstance(event, DayBegan | CaseTermsSet):
        yield _WORD.sub("_", type(event).__name__).lower(), _reference(event), left


def _reference(event: Event) -> str | None:
    found = (getattr(event, name, None) for name in _REFERENCES)
    return next((reference for reference in found if reference is not None), None)
