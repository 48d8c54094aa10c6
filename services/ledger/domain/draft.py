"""An account being worked on within one decision: money is moved here, and the result becomes the
event's effects.

They are built by position, as in `quick`: a test holds the names beside the values.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from msgspec.structs import replace

from contracts.base import AMOUNT_MAX
from services.ledger.domain import late_fee
from services.ledger.domain.calendar import ONE_DAY, next_day
from services.ledger.domain.changes import changes, owes, wake_on
from services.ledger.domain.events import Effects, Part
from services.ledger.domain.state import Account, Balance, Coming, Fee, Item, Move, Waiting, order
from services.ledger.domain.terms import Terms


class Draft:
    """The mutable working copy of one decision; it never leaves it.

    `day` is the local day of the decision, `terms` those the account follows on it. `closed` holds
    closed items a command may bring back, by id.
    """

    __slots__ = (
        "account",
        "case_on",
        "changed",
        "closed",
        "coming",
        "day",
        "fee_from",
        "items",
        "lost",
        "owed",
        "parts",
        "pinned_through",
        "prepaid",
        "prepaid_on",
        "recovered",
        "terms",
        "waiting",
    )

    def __init__(self, account: Account, terms: Terms, day: date) -> None:
        self.account = account
        self.terms = terms
        self.day = day
        self.items: dict[str, Item] = {item.id: item for item in account.items}
        self.closed: Mapping[str, Item] = {}
        self.changed: dict[str, None] = {}  # a set would iterate differently in each process
        self.owed = any(owes(item, day) for item in self.items.values())
        self.prepaid = account.prepaid
        self.prepaid_on = account.prepaid_on
        self.waiting: list[Waiting] = list(account.waiting)
        self.lost: dict[str, int] = dict(account.lost)
        self.coming: list[Coming] = list(account.coming)
        self.case_on = account.case_on
        self.pinned_through = account.pinned_through
        self.fee_from = account.fee_from
        self.parts: list[Part] = []
        self.recovered: list[tuple[str, int]] = []
        if account.terms is not None and account.terms.rates != terms.rates:
            self.take_rates()

    def put(self, item: Item) -> None:
        """Keep an item as it is now."""
        self.items[item.id] = item
        self.changed[item.id] = None

    def fallen_due(self) -> list[Item]:
        """The open items whose due date has come, in the order money reaches them."""
        return sorted(
            (i for i in self.items.values() if i.status == "open" and i.due_on <= self.day),
            key=order,
        )

    def fee_due(self, item: Item) -> int:
        """The late fee an item owes today."""
        return late_fee.due(item.fee, self.terms, self.day)

    def new_item(self, item_id: str, item: str, amount: int, issued_on: date, due_on: date) -> Item:
        """An item nothing has happened on yet."""
        return Item(
            id=item_id,
            item=item,
            amount=amount,
            principal=amount,
            issued_on=issued_on,
            original_due_on=due_on,
            due_on=due_on,
            seq=self.account.opened,
            fee=Fee(amount, bears_from(self.terms, due_on)) if self.terms.rates else None,
        )

    def pay(self, item: Item, money: int, paid_on: date) -> int:
        """Put money on an item and answer what is left of it; the principal counts as paid on
        `paid_on`.
        """
        fee = item.fee
        if fee is None:
            principal, charge = min(item.principal, money), 0
        else:
            principal, charge = self._split(item, money, paid_on)
            fee = replace(late_fee.moved(fee, paid_on, -principal), paid=fee.paid + charge)
        if principal or charge:
            self.put(replace(item, principal=item.principal - principal, fee=fee))
            self.parts.append(Part(item.id, principal, charge))
        return money - principal - charge

    def _split(self, item: Item, money: int, paid_on: date) -> tuple[int, int]:
        """Principal and late fee that money pays; paid in the past, it spares the fee of the days
        since.
        """
        if self.terms.charges_first:
            charge = min(late_fee.due(item.fee, self.terms, paid_on), money)
            return min(item.principal, money - charge), charge
        principal = min(item.principal, money)
        fee = late_fee.moved(item.fee, paid_on, -principal) if item.fee else None
        return principal, min(late_fee.due(fee, self.terms, self.day), money - principal)

    def hold(self, money: int) -> None:
        """Keep money as a prepayment."""
        if money:
            self.prepaid += money
            self.prepaid_on = self.day

    def settle_due(self) -> None:
        """Put prepaid money on what has fallen due, then on what was written off."""
        if not self.prepaid:
            return
        since = self.prepaid_on or self.day
        for item in self.fallen_due():
            if self.prepaid and not item.disputes:
                # Money that was there before its invoice spares the fee of the days since, but
                # never dates back before due.
                paid_on = min(self.day, max(since, item.due_on - ONE_DAY))
                self.prepaid = self.pay(item, self.prepaid, paid_on)
        self.prepaid = self.recover(self.prepaid, self.lost)
        if not self.prepaid:
            self.prepaid_on = None

    def recover(self, money: int, item_ids: Iterable[str]) -> int:
        """Book money on written-off items, never more than was written off, and answer what is
        left.
        """
        for item_id in tuple(item_ids):
            part = min(money, self.lost.get(item_id, 0))
            if part:
                self.lost[item_id] -= part
                self.recovered.append((item_id, part))
                money -= part
        return money

    def effects(self) -> Effects:
        """What the decision did."""
        for item in list(self.items.values()):
            now = self._as_of_today(item)
            if now is not item:
                self.put(now)
        before = {item.id: item for item in self.account.items}
        if self.closed:
            before = {**self.closed, **before}
        done = changes(self.items.values(), before, self.day)
        cleared = self.owed and not done.owes
        self._follow_case(cleared=cleared, is_overdue=done.is_overdue)
        new_terms = None if self.terms is self.account.terms else self.terms
        changed = tuple(sorted((self.items[i] for i in self.changed), key=order))
        return Effects(
            self.day,  # day
            self.balance(),  # balance
            changed,  # items
            self._accruals(changed),  # accruals
            tuple(self.parts),  # parts
            tuple(self.recovered),  # recovered
            self.prepaid,  # prepaid
            self.prepaid_on,  # prepaid_on
            tuple(self.waiting),  # waiting
            tuple((i, left) for i, left in self.lost.items() if left),  # lost
            None if cleared else self.fee_from,  # fee_from
            wake_on(self.items.values(), self.prepaid > 0),  # wake_on
            new_terms,  # terms
            done.overdue,  # overdue
            done.settled,  # settled
            done.reopened,  # reopened
            cleared,  # cleared
            tuple(self.coming),  # coming
            self.case_on,  # case_on
            self.pinned_through,  # pinned_through
        )

    def _follow_case(self, *, cleared: bool, is_overdue: bool) -> None:
        """A case ends when nothing is owed any more, and begins by itself without a minimum."""
        if cleared and self.case_on is not None:
            self.case_on, self.pinned_through = None, self.day
        elif self.case_on is None and not self.terms.minimum_overdue:
            self.case_on = self.day if is_overdue else None

    def balance(self) -> Balance:
        """The account's sums today."""
        principal = overdue = fees = 0
        oldest: date | None = None
        for item in self.items.values():
            if item.status != "open":
                continue
            principal += item.principal
            if item.fee is not None:
                fees += self.fee_due(item)
            if item.overdue:
                overdue += item.principal
                oldest = item.due_on if oldest is None or item.due_on < oldest else oldest
        waiting = sum(entry.amount for entry in self.waiting)
        prepaid = self.prepaid + waiting
        return Balance(
            principal,  # principal
            overdue,  # overdue
            min(fees, max(0, AMOUNT_MAX - principal)),  # late_fee
            prepaid,  # prepaid
            oldest,  # oldest_due_on
            self.terms.currency,  # currency
            waiting,  # waiting
        )

    def _as_of_today(self, item: Item) -> Item:
        """An item with its status and whether it is overdue brought up to date."""
        if (
            item.status == "open"
            and item.id in self.changed
            and not item.principal
            and not self.fee_due(item)
        ):
            return replace(item, status="settled", overdue=False)
        overdue = item.status == "open" and item.due_on < self.day and not item.disputes
        if overdue == item.overdue:
            return item
        fee = item.fee
        if overdue and fee and fee.bears_from is None and self.fee_from:
            fee = replace(fee, bears_from=max(next_day(item.original_due_on), self.fee_from))
        return replace(item, overdue=overdue, fee=fee)

    def _accruals(self, items: tuple[Item, ...]) -> tuple[late_fee.Accrual | None, ...]:
        if not self.terms.rates:
            return ()
        return tuple(late_fee.project(item, self.terms, self.day) for item in items)

    def take_rates(self) -> None:
        """Let items bear what the account's new rates say: those that have no late fee yet get what
        it follows from, and what others compute from the overdue ones is told anew.
        """
        for item in list(self.items.values()):
            if item.fee is not None:
                if item.overdue:
                    self.put(item)
            elif self.terms.rates:
                paid = item.principal - item.amount
                moves = (Move(item.issued_on, paid),) if paid else ()
                self.put(
                    replace(
                        item,
                        fee=Fee(item.amount, bears_from(self.terms, item.original_due_on), moves),
                    )
                )


def bears_from(terms: Terms, due_on: date) -> date | None:
    """The first day an item due on `due_on` may bear a late fee; `None` until it is started."""
    return None if terms.starts_on_notice else next_day(due_on)
