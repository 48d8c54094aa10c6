"""What follows from a command: money in, items opened, days begun; the other commands are in
`corrections` and `relief`.

`decide(account, command, now, terms, archive)` answers the events, in order: first the days that
began unnoticed, then the fact itself. `terms` are the creditor's present ones, `archive` the closed
items by id for commands that may touch them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from chassis.errors import BrokenInvariant, NotFound, Rejected
from services.ledger.domain import commands as c
from services.ledger.domain import corrections, quick, relief
from services.ledger.domain.calendar import local_day, midnight, morning, next_day
from services.ledger.domain.case_terms import effective, pinned
from services.ledger.domain.draft import Draft
from services.ledger.domain.events import (
    AccountEvent,
    CaseTermsSet,
    DayBegan,
    ItemOpened,
    MoneyReleased,
    PaymentAnnounced,
    PaymentReceived,
)
from services.ledger.domain.evolve import evolve
from services.ledger.domain.state import Account, Coming, Item, Waiting, is_known, wake_at
from services.ledger.domain.terms import Terms

Archive = Mapping[str, Item]
_NO_ARCHIVE: Archive = {}


def step(
    account: Account, command: c.Command, now: datetime, terms: Terms
) -> tuple[Sequence[AccountEvent], Account]:
    """The events `decide` answers and the account they lead to, the common case in one go."""
    day = local_day(terms.time_zone, now)
    if account.wake_on is None or account.wake_on > day:
        done: tuple[AccountEvent, Account] | None = None
        if isinstance(command, c.OpenItem):
            done = quick.open_item(account, command, day, terms)
        elif isinstance(command, c.ReceivePayment) and is_of_day(command, terms, day, now):
            done = quick.receive_payment(account, command, day, terms)
        if done is not None:
            event, account = done
            return (event,), account
    events = decide(account, command, now, terms)
    for event in events:
        account = evolve(account, event)
    return events, account


def is_of_day(command: c.ReceivePayment, terms: Terms, day: date, now: datetime) -> bool:
    """Whether a payment was received on the local day it is told on: within a day the order of
    telling counts.
    """
    return midnight(terms.time_zone, day) <= command.received_at <= now


def decide(
    account: Account,
    command: c.Command,
    now: datetime,
    terms: Terms | None,
    archive: Archive = _NO_ARCHIVE,
) -> list[AccountEvent]:
    """Decide a command on an account; `[]` means there is nothing to do.

    Raises `Rejected` or `NotFound` with the reason when the rules refuse it.
    """
    if terms is None:
        terms = account.terms
        if terms is None:
            raise NotFound("the creditor is not set up: its terms are not known")
    events, account = catch_up(account, now, terms)
    # what those days closed is closed for this command too
    if archive and events:
        archive = {**archive, **{i.id: i for event in events for i in event.effects.items}}
    event = decide_under(account, command, now, effective(account, terms), archive)
    return events if event is None else [*events, event]


def decide_under(
    account: Account,
    command: c.Command,
    now: datetime,
    terms: Terms,
    archive: Archive = _NO_ARCHIVE,
) -> AccountEvent | None:
    """Decide a command under the very terms given, on an account whose days have begun."""
    day = local_day(terms.time_zone, now)
    draft = Draft(account, terms, day)
    if archive:
        draft.closed = archive
    if isinstance(command, c.ReceivePayment) and command.received_at > now:
        return announce_payment(draft, command)
    return _DECIDERS[type(command)](draft, command)


def decide_wake(account: Account, now: datetime, terms: Terms | None = None) -> list[AccountEvent]:
    """What happened by itself since the account was last looked at."""
    terms = terms or account.terms
    return [] if terms is None else catch_up(account, now, terms)[0]


def begin_days(account: Account, today: date) -> tuple[list[AccountEvent], Account]:
    """Let all happen that happens by itself by the end of a day."""
    if account.terms is None:
        return [], account
    end = midnight(account.terms.time_zone, next_day(today)) - timedelta(microseconds=1)
    return catch_up(account, end, account.terms)


def catch_up(account: Account, now: datetime, terms: Terms) -> tuple[list[AccountEvent], Account]:
    """Let all happen that happens by itself up to an instant, each at its own: a late timer changes
    nothing but when it is noticed.
    """
    events: list[AccountEvent] = []
    if account.terms is None:
        return events, account
    while (wakes := wake_at(account)) is not None and wakes <= now:
        event = _by_itself(account, wakes, effective(account, terms))
        events.append(event)
        before, account = account, evolve(account, event)
        if wake_at(account) == wakes and _due_money(account) == _due_money(before):
            raise BrokenInvariant(f"an account woken at {wakes} did nothing and is still due")
    return events, account


def _due_money(account: Account) -> int:
    return len(account.coming) + len(account.waiting)


def _by_itself(account: Account, instant: datetime, terms: Terms) -> AccountEvent:
    """What happens at the instant an account wakes: a payment is received, money is released, a day
    begins.
    """
    day = local_day(terms.time_zone, instant)
    draft = Draft(account, terms, day)
    for coming in account.coming:
        if coming.received_at == instant:
            draft.coming.remove(coming)
            command = c.ReceivePayment(
                coming.payment_id,
                coming.amount,
                terms.currency,
                coming.received_at,
                coming.method,
                coming.invoices,
                coming.collected_by,
            )
            return take_payment(draft, command)
    released = [
        entry
        for entry in account.waiting
        if entry.until and morning(terms.time_zone, entry.until) == instant
    ]
    if released:
        draft.waiting = [entry for entry in account.waiting if entry not in released]
        draft.hold(sum(entry.amount for entry in released))
    draft.settle_due()
    if draft.prepaid and not account.prepaid:
        # What is left was there all the time for what is yet to be invoiced.
        draft.prepaid_on = max(entry.paid_on for entry in released)
    if released:
        return MoneyReleased(draft.effects(), tuple(entry.payment_id for entry in released))
    return DayBegan(draft.effects())


def check_item(account: Account, command: c.OpenItem, terms: Terms) -> None:
    """Raise `Rejected` for an item that cannot be owed."""
    if command.currency != terms.currency:
        raise _wrong_currency(f"invoice {command.item_id}", command.currency, terms)
    if command.amount <= 0:
        raise Rejected(
            f"invoice {command.item_id}: the amount must be above 0, not {command.amount}"
        )
    if is_known(account, "item", command.item_id):
        raise Rejected(f"invoice {command.item_id} is already known on this account")


def check_payment(account: Account, command: c.ReceivePayment, terms: Terms) -> None:
    """Raise `Rejected` for a payment that cannot be taken."""
    if command.currency != terms.currency:
        raise _wrong_currency(f"payment {command.payment_id}", command.currency, terms)
    if command.amount <= 0:
        raise Rejected(
            f"payment {command.payment_id}: the amount must be above 0, not {command.amount}"
        )
    if is_known(account, "payment", command.payment_id):
        raise Rejected(f"payment {command.payment_id} is already known on this account")


def open_item(draft: Draft, command: c.OpenItem) -> AccountEvent:
    """Owe an item: money that waits for it or was prepaid settles it as far as it goes."""
    check_item(draft.account, command, draft.terms)
    if command.item_id in draft.closed:
        raise Rejected(f"invoice {command.item_id} is already known on this account")
    due_on = _due_on(draft.terms, command)
    item = draft.new_item(command.item_id, command.item, command.amount, command.issued_on, due_on)
    draft.put(item if command.source == "invoice" else replace(item, source=command.source))
    if draft.waiting:
        _release_waiting(draft, command.item_id)
    draft.settle_due()
    return ItemOpened(draft.effects(), command.item_id, command.amount)


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
        draft.effects(),
        command.payment_id,
        command.amount,
        command.method,
        command.received_at,
        command.invoices,
        command.collected_by,
    )


def announce_payment(draft: Draft, command: c.ReceivePayment) -> AccountEvent:
    """Keep a payment in mind that is received later than now."""
    check_payment(draft.account, command, draft.terms)
    draft.coming.append(as_coming(command))
    return PaymentAnnounced(
        draft.effects(),
        command.payment_id,
        command.amount,
        command.method,
        command.received_at,
        command.invoices,
        command.collected_by,
    )


def as_coming(command: c.ReceivePayment) -> Coming:
    """A payment as an account keeps it in mind until it is received."""
    return Coming(
        command.payment_id,
        command.amount,
        command.received_at,
        command.method,
        command.invoices,
        command.collected_by,
    )


def set_case_terms(draft: Draft, command: c.SetCaseTerms) -> AccountEvent | None:
    """Let a running case follow terms of its own; nothing when it does already, or has closed."""
    if not draft.owed:
        return None
    terms = pinned(draft.terms, command.money, command.day)
    if terms is draft.terms and draft.case_on is not None:
        return None
    draft.case_on = draft.case_on or command.day
    if terms.rates != draft.terms.rates:
        draft.terms = terms
        draft.take_rates()
    draft.terms = terms
    return CaseTermsSet(draft.effects())


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
        draft.waiting.append(Waiting(command.payment_id, money, tuple(unknown), draft.day, until))
        return 0
    return money


def _release_waiting(draft: Draft, item_id: str) -> None:
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


def _due_on(terms: Terms, command: c.OpenItem) -> date:
    if command.due_on is not None:
        return command.due_on
    if terms.due_days is None:
        raise Rejected(
            f"invoice {command.item_id} has no due date, and the terms give no days to pay"
        )
    return date.fromordinal(command.issued_on.toordinal() + terms.due_days)


def _wrong_currency(what: str, currency: str, terms: Terms) -> Rejected:
    return Rejected(
        f"{what} is in {currency}; the creditor's accounts are kept in {terms.currency}"
    )


_DECIDERS: dict[type[c.Command], Callable[[Draft, Any], AccountEvent | None]] = {
    c.OpenItem: open_item,
    c.ReceivePayment: receive_payment,
    c.GrantCredit: corrections.grant_credit,
    c.SetCaseTerms: set_case_terms,
    c.AdjustItem: corrections.adjust_item,
    c.CancelItem: corrections.cancel_item,
    c.WriteOff: corrections.write_off,
    c.Refund: corrections.refund,
    c.DisputeItems: relief.dispute_items,
    c.ResolveDispute: relief.resolve_dispute,
    c.DeferItems: relief.defer_items,
    c.AgreePlan: relief.agree_plan,
    c.EndPlan: relief.end_plan,
    c.StartLateFee: relief.start_late_fee,
    c.WaiveLateFee: relief.waive_late_fee,
}
