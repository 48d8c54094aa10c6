"""Money counts from the instant it came in, and what is taken back counts as never made."""

from datetime import date

import pytest

from services.dunning.domain.agreements.commands import AgreePlan, MakePromise
from services.dunning.domain.agreements.events import (
    PlanBroken,
    PlanCompleted,
    PlanResumed,
    PromiseBroken,
    PromiseKept,
    PromiseResumed,
)
from services.dunning.domain.agreements.state import Instalment
from services.dunning.domain.case.events import AlertRaised, CaseOpened
from services.dunning.domain.money.commands import ReversePayment
from services.dunning.domain.money.events import CommissionReversed
from tests.dunning.domain.packs import SIMPLE, SMS, braced, pack, steps
from tests.dunning.domain.world import World


@pytest.fixture
def world() -> World:
    """Ten thousand due on 10 June, seen on the 15th: s1 taken, s2 to come on the 20th."""
    world = World(SIMPLE)
    world.invoice(10000, "2026-06-10")
    return world.to("2026-06-15 14:00")


def promise(world: World, amount: int = 5000, by: str = "2026-06-25") -> None:
    world.do(MakePromise(amount=amount, by=date.fromisoformat(by)))


def plan(world: World, *parts: tuple[str, int]) -> None:
    instalments = tuple(Instalment(due=date.fromisoformat(due), amount=a) for due, a in parts)
    world.do(AgreePlan(instalments=instalments))


class TestToldLate:
    def test_a_broken_promise_is_kept_by_money_that_came_in_in_time(self, world: World) -> None:
        promise(world)
        world.to("2026-06-27 10:00").pay(5000, received="2026-06-25 15:00")
        assert world.days(PromiseBroken) == ["06-26"]
        assert world.days(PromiseKept) == ["06-27"]
        assert world.steps() == ["s1 06-11", "s2 06-26"]
        assert world.to("2026-07-10").days(AlertRaised) == ["06-26"]

    def test_until_nine_of_the_day_after_and_no_later(self, world: World) -> None:
        promise(world)
        world.to("2026-06-27 10:00").pay(4000, "P1", received="2026-06-26 09:00")
        world.pay(1000, "P2", received="2026-06-26 09:01")
        assert world.days(PromiseKept) == []
        world.pay(1000, "P3", received="2026-06-26 08:59")
        assert world.days(PromiseKept) == ["06-27"]

    def test_what_came_in_before_the_promise_does_not_count(self, world: World) -> None:
        promise(world)
        world.to("2026-06-20 10:00").pay(5000, received="2026-06-15 13:59")
        assert world.days(PromiseKept) == []

    def test_a_broken_plan_runs_again_and_pauses_the_case(self, world: World) -> None:
        plan(world, ("2026-06-20", 4000), ("2026-07-20", 6000))
        world.to("2026-06-23 10:00").pay(4000, received="2026-06-20 10:00")
        assert world.days(PlanBroken) == ["06-21"]
        assert world.days(PlanResumed) == ["06-23"]
        assert world.case_state() == "paused"
        assert world.to("2026-07-20 23:00").steps() == ["s1 06-11", "s2 06-21"]
        assert world.to("2026-07-21 10:00").days(PlanBroken) == ["06-21", "07-21"]

    def test_one_that_would_have_been_broken_later_stays_broken(self, world: World) -> None:
        plan(world, ("2026-06-20", 4000), ("2026-06-24", 3000), ("2026-07-20", 3000))
        world.to("2026-06-26 10:00").pay(4000, received="2026-06-20 10:00")
        assert world.days(PlanResumed) == []
        world.pay(3000, "P2", received="2026-06-24 10:00")
        assert world.days(PlanResumed) == ["06-26"]

    def test_a_broken_plan_may_turn_out_completed(self, world: World) -> None:
        plan(world, ("2026-06-20", 4000))
        world.to("2026-06-23 10:00").pay(4000, received="2026-06-20 10:00")
        assert world.days(PlanCompleted) == ["06-23"]
        assert world.case_state() == "open"

    def test_a_second_plan_is_not_pushed_aside(self, world: World) -> None:
        plan(world, ("2026-06-20", 4000))
        world.to("2026-06-22 10:00")
        plan(world, ("2026-07-20", 10000))
        world.to("2026-06-23 10:00").pay(4000, received="2026-06-20 10:00")
        assert world.of(PlanResumed) == []
        running = world.state().plan
        assert running is not None
        assert running.total == 10000


class TestTakenBack:
    def test_a_promise_kept_by_it_runs_again_and_breaks_after_its_date(self, world: World) -> None:
        promise(world)
        world.to("2026-06-17 10:00").pay(5000)
        assert world.case_state() == "open"
        world.to("2026-06-17 18:00").reverse()
        assert world.days(PromiseResumed) == ["06-17"]
        assert world.case_state() == "paused"
        world.to("2026-06-26 10:00")
        assert world.days(AlertRaised, kind="promise_broken") == ["06-26"]
        assert world.steps() == ["s1 06-11", "s2 06-26"]

    def test_past_its_date_it_breaks_at_the_next_nine(self, world: World) -> None:
        promise(world)
        world.to("2026-06-17 10:00").pay(5000)
        world.to("2026-07-02 15:00").reverse()
        world.to("2026-07-03 10:00")
        assert world.days(AlertRaised, kind="promise_broken") == ["07-03"]

    @pytest.mark.parametrize(("amount", "days"), [(999, []), (1000, []), (1001, ["06-18"])])
    def test_a_part_taken_back_counts_for_that_part(
        self, world: World, amount: int, days: list[str]
    ) -> None:
        promise(world)
        world.to("2026-06-17 10:00").pay(6000)
        world.to("2026-06-18 10:00").reverse(amount=amount)
        assert world.days(PromiseResumed) == days

    def test_parts_taken_back_add_up(self, world: World) -> None:
        promise(world)
        world.to("2026-06-17 10:00").pay(6000)
        world.reverse(amount=600)
        world.reverse(amount=600)
        assert len(world.of(PromiseResumed)) == 1
        world.pay(200, "P2")
        assert world.case_state() == "open"

    def test_other_money_in_time_keeps_it_still(self, world: World) -> None:
        promise(world)
        world.to("2026-06-17 10:00").pay(5000, "P1")
        world.to("2026-06-20 10:00").pay(5000, "P2")
        world.reverse("P1")
        assert world.of(PromiseResumed) == []

    def test_other_money_after_its_date_does_not(self, world: World) -> None:
        promise(world)
        world.to("2026-06-17 10:00").pay(5000, "P1")
        world.to("2026-06-29 10:00").pay(2500, "P2")
        world.reverse("P1")
        assert world.to("2026-06-30 10:00").days(PromiseBroken) == ["06-30"]

    def test_a_completed_plan_runs_again_and_breaks_where_it_is_past(self, world: World) -> None:
        plan(world, ("2026-06-20", 3000), ("2026-07-20", 3000))
        world.to("2026-06-19 10:00").pay(3000, "P1")
        world.to("2026-06-25 10:00").pay(3000, "P2")
        assert world.days(PlanCompleted) == ["06-25"]
        world.to("2026-06-25 18:00").reverse("P2")
        assert world.case_state() == "paused"
        world.to("2026-07-01 18:00").reverse("P1")
        assert world.to("2026-07-02 10:00").days(AlertRaised, kind="plan_broken") == ["07-02"]

    def test_the_new_case_waits_for_a_promise_that_had_closed_the_old_one(
        self, world: World
    ) -> None:
        promise(world, 10000)
        world.to("2026-06-17 10:00").pay(10000)
        assert world.case_state() == "closed"
        world.to("2026-06-18 10:00").reverse()
        assert world.case_state() == "paused"
        world.to("2026-06-26 10:00")
        assert world.days(CaseOpened) == ["06-11", "06-18"]
        assert world.days(AlertRaised, kind="promise_broken") == ["06-26"]
        assert world.steps() == ["s1 06-11", "s1 06-26"]

    def test_a_promise_of_a_closed_case_is_not_that_of_another_arrear(self, world: World) -> None:
        promise(world, 12000)
        world.to("2026-06-17 10:00").pay(10000)
        world.invoice(700, "2026-06-18", "INV-2")
        world.to("2026-07-30")
        assert world.of(AlertRaised) == []


class TestCommissionTakenBackInPart:
    BODY = steps(f"day: 1 | {braced(SMS)}", "day: 2 | {refer: {to: agency}}") + (
        "commission: {from: referral, rates: [{rate: 0.15}]}\n"
    )

    def collected(self, amount: int) -> World:
        world = World(pack(self.BODY))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-15 10:00").pay(amount, collected_by="诚远代理行")
        return world

    def test_what_it_had_settled_last_earns_nothing_any_more(self) -> None:
        world = self.collected(10000)
        world.reverse(amount=4000)
        world.reverse(amount=5000)
        world.reverse(amount=1000)
        back = [(x.amount, x.left) for x in world.of(CommissionReversed)]
        assert back == [(-600, 900), (-750, 150), (-150, 0)]

    def test_what_waited_earned_nothing_and_takes_nothing_back(self) -> None:
        world = self.collected(13000)
        world.do(ReversePayment(payment_id="PAY-1", amount=3000))
        assert world.of(CommissionReversed) == []
        world.do(ReversePayment(payment_id="PAY-1", amount=10000))
        assert [x.amount for x in world.of(CommissionReversed)] == [-1500]
