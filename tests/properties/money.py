"""Rules 5 and 6 of all packs, money and late fee, worked out day by day without any shortcut.

It is written from the rules' text, not from the ledger: every day is begun one after the other, a
late fee is added up day for day as a fraction, and a payment taken back means playing everything
again without it, or with less of it.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

ONE_DAY = timedelta(days=1)
UNMATCHED = timedelta(days=6)


@dataclass
class Claim:
    """One invoice. `free_days` are those at whose start it was disputed, deferred or in a plan."""

    id: str
    amount: int
    original: int
    issued: date
    seq: int
    due: date
    first_due: date
    paid: list[tuple[date, int]] = field(default_factory=list)
    credits: list[tuple[date, int]] = field(default_factory=list)
    fee_paid: int = 0
    fee_waived: int = 0
    free_days: set[date] = field(default_factory=set)
    disputes: set[str] = field(default_factory=set)
    plans: set[str] = field(default_factory=set)
    deferred_until: date | None = None
    cancelled: bool = False

    @property
    def left(self) -> int:
        return self.amount - sum(amount for _, amount in self.paid)

    def at_start_of(self, day: date) -> int:
        """Principal left at 00:00."""
        moved = sum(amount for on, amount in self.paid if on < day)
        credited = sum(change for on, change in self.credits if on < day)
        return max(0, self.original + credited - moved)

    def fee(self, rate: Fraction, day: date) -> int:
        """The late fee of all days through one, rounded half up, never above the original."""
        if self.cancelled or not rate:
            return 0
        total = Fraction(0)
        each = self.first_due + ONE_DAY
        while each <= day:
            if each not in self.free_days:
                total += rate * self.at_start_of(each)
            each += ONE_DAY
        return min(self.original, int(total + Fraction(1, 2)))

    def fee_due(self, rate: Fraction, day: date) -> int:
        return max(0, self.fee(rate, day) - self.fee_paid - self.fee_waived)


@dataclass
class Money:
    """One account's claims and money on a day that moves forward."""

    rate: Fraction
    charges_first: bool
    today: date
    claims: dict[str, Claim] = field(default_factory=dict)
    prepaid: int = 0
    waiting: list[tuple[int, list[str], date]] = field(default_factory=list)

    def fee_due(self, claim: Claim) -> int:
        return claim.fee_due(self.rate, self.today)

    def is_unpaid(self, claim: Claim) -> bool:
        return not claim.cancelled and (claim.left > 0 or self.fee_due(claim) > 0)

    def past_due(self) -> list[Claim]:
        """Unpaid claims whose due date has passed, oldest first."""
        found = [k for k in self.claims.values() if k.due < self.today and self.is_unpaid(k)]
        return sorted(found, key=_age)

    def overdue(self) -> list[Claim]:
        return [claim for claim in self.past_due() if not claim.disputes]

    def open(self) -> list[Claim]:
        return [claim for claim in self.claims.values() if self.is_unpaid(claim)]

    # ---- facts

    def begin_day(self, day: date) -> None:
        self.today = day
        for claim in self.claims.values():
            deferred = claim.deferred_until is not None and day <= claim.deferred_until
            if claim.disputes or claim.plans or deferred:
                claim.free_days.add(day)
        self.settle()

    def invoice(self, item_id: str, amount: int, due: date) -> None:
        claim = Claim(item_id, amount, amount, self.today, len(self.claims), due, due)
        self.claims[item_id] = claim
        still = []
        for money, names, until in self.waiting:
            if item_id not in names:
                still.append((money, names, until))
                continue
            left = self._put(claim, money)
            others = [name for name in names if name != item_id]
            if left and others:
                still.append((left, others, until))
            else:
                self.prepaid += left
        self.waiting = still
        self.settle()

    def pay(self, payment_id: str, amount: int, named: list[str]) -> None:
        unknown = []
        for name in named:
            if name in self.claims:
                amount = self._put(self.claims[name], amount)
            else:
                unknown.append(name)
        if unknown and amount:
            self.waiting.append((amount, unknown, self.today + UNMATCHED))
        else:
            self.prepaid += amount
        self.settle()

    def release(self) -> None:
        """At 09:00: money that waited long enough for invoices nobody knows is free."""
        for entry in [entry for entry in self.waiting if entry[2] <= self.today]:
            self.waiting.remove(entry)
            self.prepaid += entry[0]
        self.settle()

    def settle(self) -> None:
        """Free money goes to what has fallen due, the oldest first."""
        for claim in sorted(self.claims.values(), key=_age):
            if claim.due <= self.today and not claim.disputes:
                self.prepaid = self._put(claim, self.prepaid)

    def adjust(self, item_id: str, change: int) -> None:
        """A credit note: for the late fee it counts from the next day. What it has above the amount
        is money.
        """
        claim = self.claims[item_id]
        self.prepaid += max(0, -(claim.amount + change))
        change = max(change, -claim.amount)
        claim.amount += change
        claim.credits.append((self.today, change))
        self._free_above(claim)
        self.settle()

    def cancel(self, item_id: str) -> None:
        claim = self.claims[item_id]
        self.prepaid += sum(amount for _, amount in claim.paid) + claim.fee_paid
        claim.cancelled, claim.paid, claim.fee_paid = True, [], 0
        claim.amount, claim.disputes, claim.plans = 0, set(), set()
        self.settle()

    def dispute(self, dispute_id: str, item_ids: list[str]) -> None:
        for item_id in item_ids:
            if not self.claims[item_id].cancelled:
                self.claims[item_id].disputes.add(dispute_id)

    def resolve(self, dispute_id: str, outcome: str, item_ids: list[str], amount: int) -> None:
        for item_id in item_ids:
            claim = self.claims[item_id]
            claim.disputes.discard(dispute_id)
            if claim.cancelled:
                continue
            if outcome == "upheld":
                self.cancel(item_id)
            elif outcome == "reduced":
                self._reduce(claim, amount)
        self.settle()

    def defer(self, item_ids: list[str], until: date) -> None:
        for item_id in item_ids:
            claim = self.claims[item_id]
            if self.is_unpaid(claim):
                claim.due = claim.deferred_until = until

    def plan(self, plan_id: str) -> None:
        for claim in self.open():
            claim.plans.add(plan_id)

    def end_plan(self, plan_id: str) -> None:
        for claim in self.claims.values():
            claim.plans.discard(plan_id)

    def waive(self, amount: int | None) -> None:
        """Give up late fee, all of it or an amount, on the oldest first."""
        for claim in sorted(self.claims.values(), key=_age):
            due = self.fee_due(claim)
            part = due if amount is None else min(due, amount)
            claim.fee_waived += part
            amount = None if amount is None else amount - part

    # ---- within

    def _put(self, claim: Claim, money: int) -> int:
        if claim.cancelled or not money:
            return money
        fee = min(self.fee_due(claim), money) if self.charges_first else 0
        principal = min(claim.left, money - fee)
        if principal:
            claim.paid.append((self.today, principal))
        if not self.charges_first:
            fee = min(self.fee_due(claim), money - principal)
        claim.fee_paid += fee
        return money - principal - fee

    def _free_above(self, claim: Claim) -> None:
        above = -claim.left
        if above > 0:
            claim.paid.append((self.today, -above))
            self.prepaid += above

    def _reduce(self, claim: Claim, amount: int) -> None:
        """The new amount counts from the beginning, whatever credit notes had said."""
        claim.original = claim.amount = amount
        claim.credits.clear()
        self._free_above(claim)
        charged = claim.fee(self.rate, self.today)
        above = max(0, claim.fee_paid - max(0, charged - claim.fee_waived))
        claim.fee_paid -= above
        claim.fee_waived = min(claim.fee_waived, charged)
        self.prepaid += above


class Book:
    """The account's money with everything that ever happened to it, so that a payment can be taken
    as never made.
    """

    def __init__(self, rate: Fraction, start: date, *, charges_first: bool) -> None:
        self._empty = (rate, charges_first, start)
        self.money = Money(*self._empty)
        self.facts: list[tuple[str, tuple[Any, ...]]] = []
        self.taken_back: dict[str, int] = {}

    def happens(self, fact: str, *values: Any) -> None:
        self.facts.append((fact, values))
        getattr(self.money, fact)(*values)

    def reverse(self, payment_id: str, amount: int | None = None) -> None:
        """Take a payment back: an amount, or all that is left of it."""
        paid = next(v[1] for fact, v in self.facts if fact == "pay" and v[0] == payment_id)
        before = self.taken_back.get(payment_id, 0)
        self.taken_back[payment_id] = paid if amount is None else before + amount
        self.money = Money(*self._empty)
        for fact, values in self.facts:
            if fact == "pay":
                paid = values[1] - self.taken_back.get(values[0], 0)
                if paid:
                    self.money.pay(values[0], paid, *values[2:])
                continue
            getattr(self.money, fact)(*values)


def _age(claim: Claim) -> tuple[date, date, int]:
    return (claim.due, claim.issued, claim.seq)
