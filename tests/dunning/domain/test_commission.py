"""Commission: what a payment earns, and what a month comes to."""

from datetime import date
from typing import Any

import pytest

from services.dunning.domain.case.commands import RecordLegalProgress
from services.dunning.domain.codes import earlier_person_code
from services.dunning.domain.contact.state import Person
from services.dunning.domain.creditor.commands import StartCollector
from services.dunning.domain.money.commands import NameCollector, RecordPayment, ReversePayment
from services.dunning.domain.money.commission import due_for_month, month_before
from services.dunning.domain.money.events import CommissionEarned, CommissionReversed
from services.dunning.domain.money.state import Earned, MoneyPart
from tests.dunning.domain.packs import CALL, braced, pack, steps
from tests.dunning.domain.world import World

AGENCY = pack(
    steps("day: 5 | {refer: {to: agency}}")
    + "commission: {from: referral, rates: [{rate: 0.15}]}\n"
)
BY_AGE = pack(
    steps(f"day: 3000 | {braced(CALL)}")
    + """
limitation: {years: 3, near_days: 90, restarted_by: [part_payment]}
commission:
  from: payment
  none_in_first_months: 2
  rates:
    - {rate: 0.03, won_in_court: true}
    - {rate: 0.04, in_kind: true}
    - {rate: 0.05, expired: false}
    - {rate: 0.08, expired: true, expired_years_below: 3}
    - {rate: 0.12}
"""
)
COLLECTOR = "诚远代理行"


def earned(world: World) -> list[int]:
    return [x.amount for x in world.of(CommissionEarned)]


def unnamed(
    world: World, amount: int, payment: str = "P1", collected_by: bytes | None = None
) -> RecordPayment:
    """The ledger says that somebody collected a payment, and not who."""
    return RecordPayment(
        payment_id=payment,
        amount=amount,
        received_at=world.now,
        collected_by=collected_by,
        parts=(MoneyPart(item_id="INV-1", amount=amount),),
        unnamed=collected_by is None,
    )


def agency() -> World:
    world = World(AGENCY)
    world.invoice(100000, "2026-06-10")
    return world


def old(due: str) -> World:
    world = World(BY_AGE, opens="2026-06-01")
    world.invoice(100000, due)
    return world.to("2026-06-02 10:00")


class TestAgency:
    def test_only_what_comes_in_from_the_referral_on_counts(self) -> None:
        world = agency().to("2026-06-12 10:00")
        world.pay(10000, "P1", collected_by=COLLECTOR)
        world.to("2026-06-16 10:00").pay(20000, "P2", collected_by=COLLECTOR)
        assert earned(world) == [3000]

    def test_money_nobody_collected_earns_nothing(self) -> None:
        world = agency().to("2026-06-16 10:00")
        world.pay(20000)
        assert earned(world) == []

    @pytest.mark.parametrize("told_first", [True, False])
    def test_who_collected_is_told_apart_from_the_money(self, told_first: bool) -> None:
        world = agency().to("2026-06-16 10:00")
        told = NameCollector(payment_id="P1", collected_by=b"sealed")
        if told_first:
            world.do(told)
            assert earned(world) == []
        world.do(unnamed(world, 20000, collected_by=b"sealed" if told_first else None))
        assert earned(world) == ([3000] if told_first else [])
        world.do(told)
        world.do(told)
        assert [(x.amount, x.collected_by) for x in world.of(CommissionEarned)] == [
            (3000, b"sealed")
        ]

    def test_of_what_was_taken_back_meanwhile_nobody_earns(self) -> None:
        world = agency().to("2026-06-16 10:00")
        for payment, amount in (("P1", None), ("P2", 15000)):
            world.do(unnamed(world, 20000, payment))
            world.do(ReversePayment(payment_id=payment, amount=amount))
            world.do(NameCollector(payment_id=payment, collected_by=b"sealed"))
        assert earned(world) == [750]

    @pytest.mark.parametrize(("paid", "commission"), [(3, 0), (10, 2), (30, 5), (23, 3)])
    def test_it_is_rounded_half_up(self, paid: int, commission: int) -> None:
        world = agency().to("2026-06-16 10:00")
        world.pay(paid, collected_by=COLLECTOR)
        assert sum(earned(world)) == commission

    def test_what_is_paid_too_much_or_too_early_is_not_recovered(self) -> None:
        world = agency()
        world.invoice(5000, "2026-08-01", "INV-2")
        world.to("2026-06-16 10:00").pay(5000, "P1", item="INV-2", collected_by=COLLECTOR)
        world.pay(250000, "P2", collected_by=COLLECTOR)
        assert earned(world) == [15000]

    def test_a_new_case_is_referred_anew(self) -> None:
        world = agency().to("2026-06-16 10:00")
        world.pay(100000, "P1", collected_by=COLLECTOR)
        world.invoice(10000, "2026-07-01", "INV-2")
        world.to("2026-07-03 10:00").pay(10000, "P2", collected_by=COLLECTOR)
        assert earned(world) == [15000]

    def test_a_reversed_payment_takes_its_commission_back_once(self) -> None:
        world = agency().to("2026-06-16 10:00")
        world.pay(20000, collected_by=COLLECTOR)
        world.to("2026-06-20 10:00").reverse()
        assert [x.amount for x in world.of(CommissionReversed)] == [-3000]
        world.do(ReversePayment(payment_id="PAY-1"))
        assert len(world.of(CommissionReversed)) == 1


class TestByAge:
    @pytest.mark.parametrize(
        ("due", "amount"),
        [
            ("2024-01-01", 5000),
            ("2023-06-02", 5000),  # its last day
            ("2023-06-01", 8000),
            ("2020-06-03", 8000),
            ("2020-06-02", 12000),  # three years over
        ],
    )
    def test_the_rate_follows_the_limitation_period(self, due: str, amount: int) -> None:
        world = old(due)
        world.pay(100000, collected_by=COLLECTOR)
        assert earned(world) == [amount]

    def test_each_item_counts_at_its_own_rate(self) -> None:
        world = old("2020-01-01")
        world.invoice(100000, "2025-01-01", "INV-2")
        world.pay(200000, collected_by=COLLECTOR)
        assert earned(world) == [17000]

    def test_court_goes_before_kind_and_kind_before_age(self) -> None:
        world = old("2020-01-01")
        world.pay(50000, "P1", collected_by=COLLECTOR, method="in_kind")
        world.do(RecordLegalProgress(progress="judgment"))
        world.pay(50000, "P2", collected_by=COLLECTOR, method="in_kind")
        assert earned(world) == [2000, 1500]

    @pytest.mark.parametrize(
        ("since", "amounts"),
        [
            (date(2026, 4, 3), []),
            (date(2026, 4, 2), [5000]),
            (None, [5000]),
        ],
    )
    def test_the_first_two_months_earn_nothing(self, since: date | None, amounts: Any) -> None:
        world = old("2025-01-01")
        if since is not None:
            collector = Person(sealed=b"sealed", code=earlier_person_code(COLLECTOR))
            world.do_creditor(StartCollector(collector=collector, started_on=since))
        world.pay(100000, collected_by=COLLECTOR)
        assert earned(world) == amounts
        apart = old("2025-01-01")
        apart.do(unnamed(apart, 100000))
        apart.do(NameCollector(payment_id="P1", collected_by=b"sealed", collecting_since=since))
        assert earned(apart) == amounts


def one(amount: int, on: str, reversed_on: str | None = None) -> Earned:
    gone = date.fromisoformat(reversed_on) if reversed_on else None
    day = date.fromisoformat(on)
    return Earned(amount=amount, on=day, collected_by=b"sealed", reversed_on=gone)


class TestMonth:
    RUN = date(2026, 5, 10)

    def test_it_comes_to_what_the_month_before_earned(self) -> None:
        ledger = [one(100, "2026-03-31"), one(30, "2026-04-01"), one(7, "2026-04-30")]
        assert due_for_month([*ledger, one(9, "2026-05-01")], self.RUN, 10) == 37
        assert month_before(self.RUN) == "2026-04"

    def test_a_month_without_any_asks_for_nothing(self) -> None:
        assert due_for_month([one(100, "2026-03-31")], self.RUN, 10) is None
        assert due_for_month([one(100, "2026-04-03", "2026-05-02")], self.RUN, 10) is None

    def test_what_was_approved_before_and_taken_back_since_is_taken_off(self) -> None:
        taken_back = one(20, "2026-03-05", "2026-04-25")
        assert due_for_month([taken_back, one(100, "2026-04-03")], self.RUN, 10) == 80
        never_approved = one(20, "2026-03-05", "2026-04-02")
        assert due_for_month([never_approved, one(100, "2026-04-03")], self.RUN, 10) == 100
