"""The common case in few steps: an invoice or an unnamed payment where no late fee is agreed and
nothing waits.

Each function answers the very event the general path in `decide` would and the account `evolve`
makes of it, or `None` when the case is not that simple; a test holds them equal.

Structs are built by position, since keywords would take a tenth more time. What stands where
is said beside each value, and a test holds these names to the structs' fields.
"""

from datetime import date
from typing import NamedTuple

from contracts.base import AMOUNT_MAX
from services.ledger.domain.calendar import ONE_DAY, next_day
from services.ledger.domain.commands import OpenItem, ReceivePayment
from services.ledger.domain.events import Effects, ItemOpened, Part, PaymentReceived
from services.ledger.domain.evolve import remember
from services.ledger.domain.state import (
    Account,
    Balance,
    Item,
    is_known,
    look,
    pack_behind,
    pack_rest,
)
from services.ledger.domain.terms import Terms


def open_item(
    account: Account, command: OpenItem, day: date, terms: Terms
) -> tuple[ItemOpened, Account] | None:
    """Open an item no money waits for."""
    due_on, amount, prepaid = command.due_on, command.amount, account.prepaid
    if (
        due_on is None
        or amount <= 0
        or command.currency != terms.currency
        or (prepaid and due_on <= day)
        or account.balance.principal + amount > AMOUNT_MAX
        or not _is_simple(account, terms)
        or is_known(account, "item", command.item_id)
    ):
        return None
    overdue = due_on < day
    item = Item(
        command.item_id,  # id
        command.item,  # item
        amount,  # amount
        amount,  # principal
        command.issued_on,  # issued_on
        due_on,  # original_due_on
        due_on,  # due_on
        account.opened,  # seq
        overdue,  # overdue
        "open",  # status
        None,  # fee
        (),  # disputes
        (),  # plans
        None,  # deferred_until
        command.source,  # source
    )
    before = account.balance
    oldest = before.oldest_due_on
    wake_on = account.wake_on
    case_on = account.case_on
    if overdue:
        case_on = case_on or (None if terms.minimum_overdue else day)
        oldest = due_on if oldest is None or due_on < oldest else oldest
    else:
        wakes = due_on if prepaid else next_day(due_on)
        wake_on = wakes if wake_on is None or wakes < wake_on else wake_on
    balance = Balance(
        before.principal + amount,  # principal
        before.overdue + amount if overdue else before.overdue,  # overdue
        0,  # late_fee
        before.prepaid,  # prepaid
        oldest,  # oldest_due_on
        terms.currency,  # currency
    )
    effects = Effects(
        day,  # day
        balance,  # balance
        (item,),  # items
        (),  # accruals
        (),  # parts
        (),  # recovered
        prepaid,  # prepaid
        account.prepaid_on,  # prepaid_on
        (),  # waiting
        (),  # lost
        account.fee_from,  # fee_from
        wake_on,  # wake_on
        terms if account.terms is None else None,  # terms
        (item.id,) if overdue else (),  # overdue
        case_on=case_on,
        pinned_through=account.pinned_through,
    )
    after = Account(
        account.terms or terms,  # terms
        pack_behind(account.open, item),  # open
        prepaid,  # prepaid
        account.prepaid_on,  # prepaid_on
        (),  # waiting
        (),  # lost
        account.known,  # known
        account.opened + 1,  # opened
        account.fee_from,  # fee_from
        wake_on,  # wake_on
        balance,  # balance
        (),  # coming
        case_on,  # case_on
        account.pinned_through,  # pinned_through
        day.toordinal(),  # touched
    )
    return ItemOpened(effects, item.id, amount), after


class _Allocated(NamedTuple):
    """What became of the items and of the sums when a payment came in."""

    balance: Balance
    packed: bytes
    wake_on: date | None
    changed: tuple[Item, ...] = ()
    parts: tuple[Part, ...] = ()
    cleared: bool = False


def receive_payment(
    account: Account, command: ReceivePayment, day: date, terms: Terms
) -> tuple[PaymentReceived, Account] | None:
    """Allocate a payment that names nothing to what has fallen due, oldest first."""
    if (
        command.invoices
        or command.amount <= 0
        or command.currency != terms.currency
        or not _is_simple(account, terms)
        or is_known(account, "payment", command.payment_id)
    ):
        return None
    money = command.amount + account.prepaid
    if money > AMOUNT_MAX:
        return None
    done = _prepay(account, money, day, terms) or _allocate(account, money, day, terms)
    if done is None:
        return None
    left = done.balance.prepaid
    prepaid_on = day if left else None
    fee_from = None if done.cleared else account.fee_from
    case_on, pinned_through = account.case_on, account.pinned_through
    if done.cleared and case_on is not None:
        case_on, pinned_through = None, day
    known = remember(account.known, f"p{command.payment_id}\n")
    settled = tuple(item.id for item in done.changed if item.status == "settled")
    for item_id in settled:
        known = remember(known, f"i{item_id}\n")
    effects = Effects(
        day,  # day
        done.balance,  # balance
        done.changed,  # items
        (),  # accruals
        done.parts,  # parts
        (),  # recovered
        left,  # prepaid
        prepaid_on,  # prepaid_on
        (),  # waiting
        (),  # lost
        fee_from,  # fee_from
        done.wake_on,  # wake_on
        terms if account.terms is None else None,  # terms
        (),  # overdue
        settled,  # settled
        (),  # reopened
        done.cleared,  # cleared
        (),  # coming
        case_on,  # case_on
        pinned_through,  # pinned_through
    )
    event = PaymentReceived(
        effects,  # effects
        command.payment_id,  # payment_id
        command.amount,  # amount
        command.method,  # method
        command.received_at,  # received_at
        (),  # invoices
        command.collected_by,  # collected_by
    )
    after = Account(
        account.terms or terms,  # terms
        done.packed,  # open
        left,  # prepaid
        prepaid_on,  # prepaid_on
        (),  # waiting
        (),  # lost
        known,  # known
        account.opened,  # opened
        fee_from,  # fee_from
        done.wake_on,  # wake_on
        done.balance,  # balance
        (),  # coming
        case_on,  # case_on
        pinned_through,  # pinned_through
        day.toordinal(),  # touched
    )
    return event, after


def _prepay(account: Account, money: int, day: date, terms: Terms) -> _Allocated | None:
    """Keep all of the money where nothing has fallen due; no item need be looked at for that.

    The account wakes on the first due date while money waits, else on the day after.
    """
    before, due = account.balance, account.wake_on
    if due is not None and not account.prepaid:
        due -= ONE_DAY
    if before.overdue or (due is not None and due <= day):
        return None
    balance = Balance(
        before.principal,  # principal
        0,  # overdue
        0,  # late_fee
        money,  # prepaid
        before.oldest_due_on,  # oldest_due_on
        terms.currency,  # currency
    )
    return _Allocated(balance=balance, packed=account.open, wake_on=due)


def _allocate(account: Account, money: int, day: date, terms: Terms) -> _Allocated | None:
    """Put money on the items it reaches; the others, which may be many, are only looked at."""
    found = look(account.open)
    if not found.is_plain:
        return None
    changed: list[Item] = []
    parts: list[Part] = []
    principal, overdue = account.balance.principal, account.balance.overdue
    owed = False
    for item in found.items:
        if not money or item.due_on > day:  # so are all behind it
            break
        part = min(money, item.principal)
        money -= part
        principal -= part
        owed = owed or item.overdue
        overdue -= part if item.overdue else 0
        parts.append(Part(item.id, part, 0))
        changed.append(_paid(item, part))
    is_left = bool(changed) and changed[-1].status == "open"
    packed = pack_rest(account.open, found, len(changed), changed[-1] if is_left else None)
    left = found.items
    oldest = next((item.due_on for item in left if item.overdue), None) if overdue else None
    next_due = left[found.overdue].due_on if found.overdue < len(left) else None
    wakes = next_due if next_due is None or money else next_day(next_due)
    balance = Balance(
        principal,  # principal
        overdue,  # overdue
        0,  # late_fee
        money,  # prepaid
        oldest,  # oldest_due_on
        terms.currency,  # currency
    )
    return _Allocated(
        balance=balance,
        packed=packed,
        wake_on=wakes,
        changed=tuple(changed),
        parts=tuple(parts),
        cleared=owed and oldest is None,
    )


def _is_simple(account: Account, terms: Terms) -> bool:
    known = account.terms
    return (known is None or known.revision == terms.revision) and not (
        terms.rates or account.waiting or account.coming or account.lost
    )


def _paid(item: Item, part: int) -> Item:
    """The item with a part of its principal paid."""
    left = item.principal - part
    return Item(
        item.id,  # id
        item.item,  # item
        item.amount,  # amount
        left,  # principal
        item.issued_on,  # issued_on
        item.original_due_on,  # original_due_on
        item.due_on,  # due_on
        item.seq,  # seq
        item.overdue and left > 0,  # overdue
        "open" if left else "settled",  # status
        None,  # fee
        (),  # disputes
        item.plans,  # plans
        item.deferred_until,  # deferred_until
        item.source,  # source
    )
