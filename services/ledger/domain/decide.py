"""What follows from a command: money in, items opened, days begun; the other commands are in
`corrections` and `relief`.

`decide(account, command, now, terms, archive)` answers the events, in order: first the days that
began unnoticed, then the fact itself. `terms` are the creditor's present ones, `archive` the closed
items by id for commands that may touch them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from msgspec.structs import replace

from chassis.errors import NotFound, Rejected
from services.ledger.domain import commands as c
from services.ledger.domain import corrections, quick, relief
from services.ledger.domain.calendar import local_day
from services.ledger.domain.draft import Draft
from services.ledger.domain.events import AccountEvent, DayBegan, ItemOpened, PaymentReceived
from services.ledger.domain.evolve import evolve
from services.ledger.domain.state import Account, Item, Waiting, is_known
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
        elif isinstance(command, c.ReceivePayment):
            done = quick.receive_payment(account, command, day, terms)
        if done is not None:
            event, account = done
            return (event,), account
    events = decide(account, command, now, terms)
    for event in events:
        account = evolve(account, event)
    return events, account


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
    day = local_day(terms.time_zone, now)
    events: list[AccountEvent] = []
    if account.wake_on is not None and account.wake_on <= day:
        events, account = begin_days(account, day)
        # what those days closed is closed for this command too
        archive = {**archive, **{i.id: i for event in events for i in event.effects.items}}
    draft = Draft(account, terms, day)
    if archive:
        draft.closed = archive
    event = _DECIDERS[type(command)](draft, command)
    if event is not None:
        events.append(event)
    return events


def decide_wake(account: Account, now: datetime) -> list[AccountEvent]:
    """What happened by itself since the account was last looked at."""
    if account.terms is None:
        return []
    return begin_days(account, local_day(account.terms.time_zone, now))[0]


def begin_days(account: Account, today: date) -> tuple[list[AccountEvent], Account]:
    """Let each day on which something happens begin, up to today: a late timer changes nothing but
    when it is noticed.
    """
    events: list[AccountEvent] = []
    while account.wake_on is not None and account.wake_on <= today and account.terms is not None:
        draft = Draft(account, account.terms, account.wake_on)
        draft.settle_due()
        event = DayBegan(draft.effects())
        events.append(event)
        account = evolve(account, event)
    return events, account


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


def _settle_named(draft: Draft, command: c.ReceivePayment, money: int) -> int:
    """Put money on the items it names; what is left waits when one of them is not known yet."""
    unknown = []
    for item_id in command.invoices:
        item = draft.items.get(item_id)
        if item is not None:
            money = draft.pay(item, money, draft.day) if money else 0
        elif item_id in draft.lost:
            money = draft.recover(money, (item_id,))
        elif not is_known(draft.account, "item", item_id):
            unknown.append(item_id)
    if money and unknown:
        draft.waiting.append(Waiting(command.payment_id, money, tuple(unknown), draft.day))
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
            still.append(Waiting(entry.payment_id, left, others, entry.paid_on))
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
