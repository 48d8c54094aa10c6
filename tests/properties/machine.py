"""The machine that does anything in any order to the system and to the model beside it."""

from datetime import date, timedelta
from fractions import Fraction
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from services.dunning.domain.agreements.commands import (
    AgreePlan,
    MakeApplication,
    MakePromise,
    OpenDispute,
    ResolveDispute,
)
from services.dunning.domain.agreements.state import Instalment
from services.dunning.domain.case.commands import CompleteTask, Decide, PlaceHold, ReleaseHold
from services.dunning.domain.contact.commands import RecordReply
from tests.properties.casefile import Case, Plan, Promise
from tests.properties.casework import Model
from tests.properties.money import Book, Claim
from tests.properties.packs import read, texts
from tests.properties.sidebyside import SideBySide
from tests.support.localtime import at
from tests.support.wired import Wired

START = date(2026, 2, 20)
HOURS = ("07:30", "10:15", "14:00", "21:30")
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York")
ITEMS_MAX = 6
amounts = st.one_of(st.integers(1, 2000), st.sampled_from([1, 333, 1000, 1999]))
instalments = st.lists(amounts, min_size=1, max_size=3)
picks = st.integers(0, 50)
One = TypeVar("One")


class Collecting(SideBySide):
    """Rules 1 to 6 of all packs, whatever happens in whatever order.

    `world` is the wired system; a test of this test puts a broken one in its place. What the
    rules' text leaves open is not done: the conditions say what.
    """

    world: type[Wired] = Wired

    def __init__(self) -> None:
        super().__init__()
        self.payments: list[str] = []
        self.count = 0

    @initialize(text=texts, zone=st.sampled_from(ZONES), first=amounts, days=st.integers(0, 6))
    def begin(self, text: str, zone: str, first: int, days: int) -> None:
        pack = read(text)
        self.pack, self.zone = pack, zone
        self.wired = self.world(pack, zone, at(START, "00:01", zone))
        fee = pack.terms.late_fee
        self.rate = Fraction(str(fee.rate_per_day)) if fee else Fraction(0)
        fees_first = pack.terms.allocation == "charges_first"
        book = Book(self.rate, START, charges_first=fees_first)
        book.happens("begin_day", START)
        self.model = Model(pack, book, self._wall())
        self.invoice(first, days)

    def teardown(self) -> None:
        if hasattr(self, "wired"):
            self._pass(25, "10:15")
            self.agrees()

    # ---- time

    @rule(days=st.integers(0, 3), hour=st.sampled_from(HOURS))
    def some_time_passes(self, days: int, hour: str) -> None:
        self._pass(days, hour)

    @rule(days=st.integers(4, 45), hour=st.sampled_from(HOURS))
    def much_time_passes(self, days: int, hour: str) -> None:
        self._pass(days, hour)

    @rule(days=st.integers(1, 9))
    def days_pass(self, days: int) -> None:
        self._pass(days, "10:15")

    @rule(messages=st.integers(0, 3))
    def restarts_soon(self, messages: int) -> None:
        """Now, or between two messages of what happens next."""
        if messages:
            self.wired.restart_in = messages
        else:
            self.wired.restart()

    # ---- upstream

    @precondition(lambda self: len(self.claims) < ITEMS_MAX)
    @rule(amount=amounts, days=st.integers(-12, 25))
    def invoice(self, amount: int, days: int) -> None:
        if self.rate and days < 0 and (self.money.prepaid or self.money.waiting):
            days = -days  # how far waiting money reaches back is not said
        item_id, due = f"I{len(self.claims)}", self.today + timedelta(days=days)
        self._tick()
        self.wired.invoice(item_id, amount, due)
        self.model.happens("invoice", item_id, amount, due)

    @rule(amount=amounts, named=st.lists(st.integers(0, ITEMS_MAX - 1), max_size=2, unique=True))
    def pay(self, amount: int, named: list[int]) -> None:
        self._pay(amount, [f"I{number}" for number in named])

    @precondition(lambda self: self.money.overdue())
    @rule(less=st.sampled_from([0, 0, 0, 1]))
    def pay_all_that_is_overdue(self, less: int) -> None:
        owed = sum(claim.left + self.money.fee_due(claim) for claim in self.money.overdue())
        if owed > less:
            self._pay(owed - less, [])

    @precondition(lambda self: self.payments and not (self.rate and self.model.planned))
    @rule(pick=picks)
    def reverse(self, pick: int) -> None:
        """Not with a late fee once there was a plan: whether the payment that never came would have
        broken it is not said.
        """
        payment_id = self.payments.pop(pick % len(self.payments))
        self._tick()
        self.wired.reverse(payment_id)
        self.model.reverse(payment_id)

    @precondition(lambda self: self._standing())
    @rule(pick=picks, share=st.integers(1, 140))
    def credit(self, pick: int, share: int) -> None:
        claim = _any(self._standing(), pick)
        change = -max(1, claim.amount * share // 100)
        self._tick()
        self.count += 1
        self.wired.adjust(claim.id, change, self.count)
        self.model.happens("adjust", claim.id, change)

    @precondition(lambda self: self._standing())
    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        claim = _any(self._standing(), pick)
        self._tick()
        self.wired.cancel(claim.id)
        self.model.happens("cancel", claim.id)

    # ---- people

    @precondition(lambda self: self.model.case)
    @rule(amount=amounts, days=st.integers(0, 15))
    def promise(self, amount: int, days: int) -> None:
        by = self.today + timedelta(days=days)
        self._operate(MakePromise(amount=amount, by=by))
        self.model.promises.append(Promise(amount, by))

    @precondition(lambda self: self.model.case and not self.model.plan and self._all_past_due())
    @rule(
        first=st.integers(0, 10),
        gap=st.integers(1, 20),
        parts=st.lists(amounts, min_size=1, max_size=3),
    )
    def agree_plan(self, first: int, gap: int, parts: list[int]) -> None:
        """About debts past due: what it means for later ones after the case is not said."""
        days = [self.today + timedelta(days=first + gap * n) for n in range(len(parts))]
        instalments = tuple(Instalment(due=d, amount=a) for d, a in zip(days, parts, strict=True))
        self._operate(AgreePlan(instalments=instalments))
        self.count += 1
        plan = Plan(f"plan-{self.count}", list(zip(days, parts, strict=True)))
        self.model.agree(plan)

    @precondition(lambda self: self.model.case)
    @rule(ground=st.sampled_from(["", "restriction"]))
    def place_hold(self, ground: str) -> None:
        """The debtor's right stands beside the creditor's own hold."""
        if ground not in self.model.holds:
            self._operate(PlaceHold(ground=ground))
            self.model.holds.add(ground)

    @precondition(lambda self: self.model.holds)
    @rule(pick=picks)
    def release_hold(self, pick: int) -> None:
        ground = _any(sorted(self.model.holds), pick)
        self._operate(ReleaseHold(ground=ground))
        self.model.holds.remove(ground)

    @precondition(lambda self: self.money.open())
    @rule(pick=picks, everything=st.booleans())
    def dispute(self, pick: int, everything: bool) -> None:
        claims = self.money.open()
        ids = [k.id for k in claims] if everything else [_any(claims, pick).id]
        self._operate(OpenDispute(item_id=None if everything else ids[0]))
        self.count += 1
        self.model.dispute(f"dispute-{self.count}", ids)

    @precondition(lambda self: self.model.disputes)
    @rule(outcome=st.sampled_from(["upheld", "rejected", "reduced"]), share=st.integers(0, 100))
    def resolve(self, outcome: str, share: int) -> None:
        """Reduced is one item nobody corrected before: how else to share it out is not said."""
        ids = next(iter(self.model.disputes.values()))
        claim = self.claims[ids[0]]
        amount = claim.amount * share // 100
        if outcome == "reduced" and (len(ids) > 1 or claim.credits or claim.cancelled):
            outcome = "rejected"
        new = amount if outcome == "reduced" else None
        self._operate(ResolveDispute(outcome=outcome, amount=new))
        self.model.resolve(outcome, amount)

    @precondition(lambda self: self.model.case)
    @rule(for_=st.sampled_from(["hardship", "deferral", "waive_late_fee"]))
    def apply(self, for_: str) -> None:
        if for_ in self.model.applications:
            return
        self._operate(MakeApplication(for_=for_, by_code="debtor"))
        self.model.applications.append(for_)

    @precondition(lambda self: self.model.applications)
    @rule(approve=st.booleans(), days=st.integers(0, 30), amount=st.none() | st.integers(1, 90))
    def decide(self, approve: bool, days: int, amount: int | None) -> None:
        """No deferral while a plan runs: which of them frees the late fee's days is not said."""
        for_ = self.model.applications[0]
        until = self.today + timedelta(days=days)
        approve = approve and for_ != "hardship" and not (for_ == "deferral" and self.model.plan)
        amount = amount if for_ == "waive_late_fee" else None
        outcome = "approved" if approve else "rejected"
        self._operate(Decide(for_=for_, outcome=outcome, by="manager", until=until, amount=amount))
        self.model.applications.remove(for_)
        if approve and for_ == "deferral":
            ids = [claim.id for claim in self.money.open() if claim.due < until]
            self.model.happens("defer", ids, until)
        elif approve:
            self.model.happens("waive", amount)
        self.model.follow()

    @precondition(lambda self: self.model.case and not self.model.case.replied)
    @rule()
    def reply(self) -> None:
        self._operate(RecordReply())
        self._case.replied = True

    @precondition(lambda self: self.model.case and self.model.case.tasks)
    @rule(pick=picks)
    def complete_a_task(self, pick: int) -> None:
        kinds = self._case.tasks
        kind = kinds[pick % len(kinds)]
        self._operate(CompleteTask(kind=kind, result="done"))
        self.model.complete(kind)

    @precondition(lambda self: self._asks() and not self.model.is_paused())
    @rule(approve=st.booleans())
    def decide_step(self, approve: bool) -> None:
        """Not in a pause: what an approval then does is not said."""
        asked = self.model.asks_for()
        outcome = "approved" if approve else "rejected"
        self._operate(Decide(for_=asked, outcome=outcome, by="manager"))
        self.model.decide_step(approved=approve)

    # ---- within

    def _pay(self, amount: int, named: list[str]) -> None:
        self._tick()
        self.count += 1
        payment_id = f"P{self.count}"
        self.wired.pay(payment_id, amount, named)
        self.model.pay(payment_id, amount, named)
        self.payments.append(payment_id)

    def _standing(self) -> list[Claim]:
        return [claim for claim in self.claims.values() if not claim.cancelled]

    def _all_past_due(self) -> bool:
        return all(claim.due < self.today for claim in self.money.open())

    def _asks(self) -> bool:
        return bool(self.model.asks_for())

    @property
    def _case(self) -> Case:
        assert self.model.case is not None
        return self.model.case


def _any(given: list[One], pick: int) -> One:
    return given[pick % len(given)]
