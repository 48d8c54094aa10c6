"""Money that comes in: what it names first, then the oldest that has fallen due; the rest waits."""

from datetime import date, datetime, timedelta

from msgspec.structs import replace

from chassis.errors import Rejected
from services.ledger.domain import commands as c
from services.ledger.domain.calendar import midnight
from services.ledger.domain.draft import Draft
from services.ledger.domain.events import AccountEvent, PaymentAnnounced, PaymentReceived
from services.ledger.domain.state import Account, Coming, Waiting, is_known
from services.ledger.domain.terms import Terms, require_currency


def is_of_day(command: c.ReceivePayment, terms: Terms, day: date, now: datetime) -> bool:
    """Whether a payment was received on the local day it is told on: within a day the order of
    telling counts.
    """
    return midnight(terms.time_zone, day) <= command.received_at <= now


def check_payment(account: Account, command: c.ReceivePayment, terms: Terms) -> None:
    """Raise `Rejected` for a payment that cannot be taken."""
    require_currency(terms, command.currency, f"payment {command.payment_id}")
    if command.amount <= 0:
        raise Rejected(
            f"payment {command.payment_id}: the amount must be above 0, not {command.amount}"
        )
    if is_known(account, "payment", command.payment_id):
        raise Rejected(f"payment {command.payment_id} is already known on this account")


def receive_payment(draft: Draft, command: c.ReceivePayment) -> AccountEvent:
    """Allocate a payment: what it names, then the oldest that has fallen due; the rest waits."""
    check_payment(draft.account, command, draft.terms)
    return take_payment(draft, command)


def take_payment(draft: Draft, command: c.ReceivePayment) -> AccountEvent:
    """Allocate a payment that is good to take."""
    left = command.amount
    if command.invoices:
        left = _settle_named(draft, command, left)
    draft.hold(left)
    draft.settle_due()
    return PaymentReceived(
        effects=draft.effects(),
        payment_id=command.payment_id,
        amount=command.amount,
        method=command.method,
        received_at=command.received_at,
        invoices=command.invoices,
        collected_by=command.collected_by,
    )


def announce_payment(draft: Draft, command: c.ReceivePayment) -> AccountEvent:
    """Keep a payment in mind that is received later than now."""
    check_payment(draft.account, command, draft.terms)
    draft.coming.append(as_coming(command))
    return PaymentAnnounced(
        effects=draft.effects(),
        payment_id=command.payment_id,
        amount=command.amount,
        method=command.method,
        received_at=command.received_at,
        invoices=command.invoices,
        collected_by=command.collected_by,
    )


def as_coming(command: c.ReceivePayment) -> Coming:
    """A payment as an account keeps it in mind until it is received."""
    return Coming(
        payment_id=command.payment_id,
        amount=command.amount,
        received_at=command.received_at,
        method=command.method,
        invoices=command.invoices,
        collected_by=command.collected_by,
    )


def _settle_named(draft: Draft, command: c.ReceivePayment, money: int) -> int:
    """Put money on the items it names; what is left waits when one of them is not known yet."""
    unknown = []
    for item_id in command.invoices:
        item = draft.items.get(item_id)
        if item is not None:
            money = draft.pay(item, money, draft.day) if money else 0
        elif item_id in draft.lost:
            money = draft.recover(money, (item_id,))
        elif item_id not in draft.closed and not is_known(draft.account, "item", item_id):
            unknown.append(item_id)
    if money and unknown:
        # Whoever is to find out what was meant has these days from when it is told.
        told = max(draft.day, command.told_on or draft.day)
        until = told + timedelta(days=draft.terms.unmatched_days)
        draft.waiting.append(
            Waiting(
                payment_id=command.payment_id,
                amount=money,
                invoices=tuple(unknown),
                paid_on=draft.day,
                until=until,
            )
        )
        return 0
    return money


def release_waiting(draft: Draft, item_id: str) -> None:
    """Put the money that waited for an item on it; what it leaves waits for the others it names,
    else is free.
    """
    still: list[Waiting] = []
    for entry in draft.waiting:
        if item_id not in entry.invoices:
            still.append(entry)
            continue
        left = draft.pay(draft.items[item_id], entry.amount, entry.paid_on)
        others = tuple(i for i in entry.invoices if i != item_id)
        if left and others:
            still.append(replace(entry, amount=left, invoices=others))
        elif left:
            # It was promised to that invoice until now: what else is overdue bore its late fee.
            draft.hold(left)
    draft.waiting = still
