"""Money counts from the instant it came in, and what is taken back counts as never made."""

from datetime import date

import pytest

from services.dunning.domain import commands as c
from services.dunning.domain import events as e
from services.dunning.domain.values import Instalment
from services.dunning.policy import Pack
from tests.dunning.domain.packs import CALL, COURT, LETTER, SIMPLE, SMS, STOP, braced, pack, steps
from tests.dunning.domain.world import World


@pytest.fixture
def world() -> World:
    """Ten thousand due on 10 June, seen on the 15th: s1 taken, s2 to come on the 20th."""
    world = World(SIMPLE)
    world.invoice(10000, "2026-06-10")
    return world.to("2026-06-15 14:00")


def promise(world: World, amount: int = 5000, by: str = "2026-06-25") -> None:
    world.do(c.MakePromise(amount=amount, by=date.fromisoformat(by)))


def plan(world: World, *parts: tuple[str, int]) -> None:
    instalments = tuple(Instalment(due=date.fromisoformat(due), amount=a) for due, a in parts)
    world.do(c.AgreePlan(instalments=instalments))


class TestToldLate:
    def test_a_broken_promise_is_kept_by_money_that_came_in_in_time(self, world: World) -> None:
        promise(world)
        world.to("2026-06-27 10:00").pay(5000, received="2026-06-25 15:00")
        assert world.days(e.PromiseBroken) == ["06-26"]
        assert world.days(e.PromiseKept) == ["06-27"]
        assert world.steps() == ["s1 06-11", "s2 06-26"]
        assert world.to("2026-07-10").days(e.AlertRaised) == ["06-26"]

    def test_until_nine_of_the_day_after_and_no_later(self, world: World) -> None:
        promise(world)
        world.to("2026-06-27 10:00").pay(4000, "P1", received="2026-06-26 09:00")
        world.pay(1000, "P2", received="2026-06-26 09:01")
        assert world.days(e.PromiseKept) == []
        world.pay(1000, "P3", received="2026-06-26 08:59")
        assert world.days(e.PromiseKept) == ["06-27"]

    def test_what_came_in_before_the_promise_does_not_count(self, world: World) -> None:
        promise(world)
        world.to("2026-06-20 10:00").pay(5000, received="2026-06-15 13:59")
        assert world.days(e.PromiseKept) == []

    def test_a_broken_plan_runs_again_and_pauses_the_case(self, world: World) -> None:
        plan(world, ("2026-06-20", 4000), ("2026-07-20", 6000))
        world.to("2026-06-23 10:00").pay(4000, received="2026-06-20 10:00")
        assert world.days(e.PlanBroken) == ["06-21"]
        assert world.days(e.PlanResumed) == ["06-23"]
        assert world.case_state() == "paused"
        assert world.to("2026-07-20 23:00").steps() == ["s1 06-11", "s2 06-21"]
        assert world.to("2026-07-21 10:00").days(e.PlanBroken) == ["06-21", "07-21"]

    def test_one_that_would_have_been_broken_later_stays_broken(self, world: World) -> None:
        plan(world, ("2026-06-20", 4000), ("2026-06-24", 3000), ("2026-07-20", 3000))
        world.to("2026-06-26 10:00").pay(4000, received="2026-06-20 10:00")
        assert world.days(e.PlanResumed) == []
        world.pay(3000, "P2", received="2026-06-24 10:00")
        assert world.days(e.PlanResumed) == ["06-26"]

    def test_a_broken_plan_may_turn_out_completed(self, world: World) -> None:
        plan(world, ("2026-06-20", 4000))
        world.to("2026-06-23 10:00").pay(4000, received="2026-06-20 10:00")
        assert world.days(e.PlanCompleted) == ["06-23"]
        assert world.case_state() == "open"

    def test_a_second_plan_is_not_pushed_aside(self, world: World) -> None:
        plan(world, ("2026-06-20", 4000))
        world.to("2026-06-22 10:00")
        plan(world, ("2026-07-20", 10000))
        world.to("2026-06-23 10:00").pay(4000, received="2026-06-20 10:00")
        assert world.of(e.PlanResumed) == []
        running = world.state().plan
        assert running is not None
        assert running.total == 10000


class TestTakenBack:
    def test_a_promise_kept_by_it_runs_again_and_breaks_after_its_date(self, world: World) -> None:
        promise(world)
        world.to("2026-06-17 10:00").pay(5000)
        assert world.case_state() == "open"
        world.to("2026-06-17 18:00").reverse()
        assert world.days(e.PromiseResumed) == ["06-17"]
        assert world.case_state() == "paused"
        world.to("2026-06-26 10:00")
        assert world.days(e.AlertRaised, kind="promise_broken") == ["06-26"]
        assert world.steps() == ["s1 06-11", "s2 06-26"]

    def test_past_its_date_it_breaks_at_the_next_nine(self, world: World) -> None:
        promise(world)
        world.to("2026-06-17 10:00").pay(5000)
        world.to("2026-07-02 15:00").reverse()
        world.to("2026-07-03 10:00")
        assert world.days(e.AlertRaised, kind="promise_broken") == ["07-03"]

    @pytest.mark.parametrize(("amount", "days"), [(999, []), (1000, []), (1001, ["06-18"])])
    def test_a_part_taken_back_counts_for_that_part(
        self, world: World, amount: int, days: list[str]
    ) -> None:
        promise(world)
        world.to("2026-06-17 10:00").pay(6000)
        world.to("2026-06-18 10:00").reverse(amount=amount)
        assert world.days(e.PromiseResumed) == days

    def test_parts_taken_back_add_up(self, world: World) -> None:
        promise(world)
        world.to("2026-06-17 10:00").pay(6000)
        world.reverse(amount=600)
        world.reverse(amount=600)
        assert len(world.of(e.PromiseResumed)) == 1
        world.pay(200, "P2")
        assert world.case_state() == "open"

    def test_other_money_in_time_keeps_it_still(self, world: World) -> None:
        promise(world)
        world.to("2026-06-17 10:00").pay(5000, "P1")
        world.to("2026-06-20 10:00").pay(5000, "P2")
        world.reverse("P1")
        assert world.of(e.PromiseResumed) == []

    def test_other_money_after_its_date_does_not(self, world: World) -> None:
        promise(world)
        world.to("2026-06-17 10:00").pay(5000, "P1")
        world.to("2026-06-29 10:00").pay(2500, "P2")
        world.reverse("P1")
        assert world.to("2026-06-30 10:00").days(e.PromiseBroken) == ["06-30"]

    def test_a_completed_plan_runs_again_and_breaks_where_it_is_past(self, world: World) -> None:
        plan(world, ("2026-06-20", 3000), ("2026-07-20", 3000))
        world.to("2026-06-19 10:00").pay(3000, "P1")
        world.to("2026-06-25 10:00").pay(3000, "P2")
        assert world.days(e.PlanCompleted) == ["06-25"]
        world.to("2026-06-25 18:00").reverse("P2")
        assert world.case_state() == "paused"
        world.to("2026-07-01 18:00").reverse("P1")
        assert world.to("2026-07-02 10:00").days(e.AlertRaised, kind="plan_broken") == ["07-02"]

    def test_the_new_case_waits_for_a_promise_that_had_closed_the_old_one(
        self, world: World
    ) -> None:
        promise(world, 10000)
        world.to("2026-06-17 10:00").pay(10000)
        assert world.case_state() == "closed"
        world.to("2026-06-18 10:00").reverse()
        assert world.case_state() == "paused"
        world.to("2026-06-26 10:00")
        assert world.days(e.CaseOpened) == ["06-11", "06-18"]
        assert world.days(e.AlertRaised, kind="promise_broken") == ["06-26"]
        assert world.steps() == ["s1 06-11", "s1 06-26"]

    def test_a_promise_of_a_closed_case_is_not_that_of_another_arrear(self, world: World) -> None:
        promise(world, 12000)
        world.to("2026-06-17 10:00").pay(10000)
        world.invoice(700, "2026-06-18", "INV-2")
        world.to("2026-07-30")
        assert world.of(e.AlertRaised) == []


class TestCommissionTakenBackInPart:
    BODY = steps(f"day: 1 | {braced(SMS)}", "day: 2 | {refer: {to: agency}}") + (
        "commission: {from: referral, rates: [{rate: 0.15}]}\n"
    )

    def collected(self, amount: int) -> World:
        world = World(pack(self.BODY))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-15 10:00").pay(amount, collected_by=b"sealed")
        return world

    def test_what_it_had_settled_last_earns_nothing_any_more(self) -> None:
        world = self.collected(10000)
        world.reverse(amount=4000)
        world.reverse(amount=5000)
        world.reverse(amount=1000)
        back = [(x.amount, x.left) for x in world.of(e.CommissionReversed)]
        assert back == [(-600, 900), (-750, 150), (-150, 0)]

    def test_what_waited_earned_nothing_and_takes_nothing_back(self) -> None:
        world = self.collected(13000)
        world.do(c.ReversePayment(payment_id="PAY-1", amount=3000))
        assert world.of(e.CommissionReversed) == []
        world.do(c.ReversePayment(payment_id="PAY-1", amount=10000))
        assert [x.amount for x in world.of(e.CommissionReversed)] == [-1500]


class TestUnknownReference:
    LADDER = pack(
        steps(
            f"day: 1 | {braced(SMS)}",
            f"day: 2 | {braced(STOP)}",
            f"day: 3 | {braced(LETTER)}",
            f"day: 4 | {braced(COURT)}",
        )
    )

    def owing(self, rules: Pack, waits: int, until: str = "2026-06-20") -> World:
        world = World(rules)
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-11 12:00").waits(waits, until)
        return world

    def test_it_is_told_at_once_and_again_when_a_case_opens(self) -> None:
        world = World(self.LADDER)
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-09 12:00").waits(10000, "2026-06-15")
        world.waits(0, "2026-06-15")
        world.to("2026-06-14")
        assert world.days(e.AlertRaised, kind="payment_unmatched") == ["06-09", "06-11"]

    def test_nothing_is_cut_off_while_it_covers_all_and_later_steps_wait_behind(self) -> None:
        world = self.owing(self.LADDER, 10000)
        world.to("2026-06-19 12:00")
        assert world.steps() == ["s1 06-11"]
        assert world.of(e.StepDropped) == []
        assert any("unknown invoices" in one.reason for one in world.ahead())

    def test_once_released_it_closes_the_case(self) -> None:
        world = self.owing(self.LADDER, 10000)
        world.to("2026-06-20 08:59:59").release()
        assert world.to("2026-07-10").case_state() == "closed"
        assert world.of(e.RestrictionRequested) == world.of(e.LegalRequested) == []

    def test_one_fen_short_holds_nothing(self) -> None:
        assert self.owing(self.LADDER, 9999).to("2026-06-12 10:00").steps() == [
            "s1 06-11",
            "s2 06-12",
        ]

    def test_another_item_that_falls_due_ends_the_wait(self) -> None:
        world = self.owing(self.LADDER, 10000)
        world.invoice(1, "2026-06-14", "INV-2")
        world.to("2026-06-16 10:00")
        assert world.steps() == ["s1 06-11", "s2 06-15", "s3 06-16"]

    def test_money_that_is_found_to_be_none_ends_the_wait(self) -> None:
        world = self.owing(self.LADDER, 10000)
        world.to("2026-06-14 12:00").book().waiting = 0
        world.invoice(1, "2026-06-30", "INV-2")
        assert world.to("2026-06-15 10:00").steps() == ["s1 06-11", "s2 06-15"]

    def test_notices_and_tasks_go_on(self) -> None:
        rules = pack(steps(f"day: 1 | {braced(SMS)}", f"day: 2 | {braced(LETTER, CALL)}"))
        assert self.owing(rules, 10000).to("2026-06-13").steps() == ["s1 06-11", "s2 06-12"]

    def test_what_was_approved_waits_too(self) -> None:
        asks = f"day: 2 | {braced(STOP)} | approval: {{for: stop}}"
        world = World(pack(steps(f"day: 1 | {braced(SMS)}", asks)))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-12 12:00").waits(10000, "2026-06-20")
        world.do(c.Decide(for_="stop", outcome="approved", by="x"))
        world.to("2026-06-14 12:00")
        assert world.of(e.RestrictionRequested) == []
        world.book().waiting = 0
        world.invoice(1, "2026-06-30", "INV-2")
        assert world.to("2026-06-16").days(e.RestrictionRequested) == ["06-15"]

    def test_the_account_sleeps_while_it_waits(self) -> None:
        world = self.owing(self.LADDER, 10000, "2026-06-30")
        before = world.wakes
        world.to("2026-06-29 12:00")
        assert world.wakes - before <= 1

    def test_the_turn_of_that_morning_waits_for_the_money_and_then_is_taken(self) -> None:
        rules = pack(steps(f"day: 1 | {braced(SMS)}", f"day: 10 | {braced(LETTER)}"))
        world = self.owing(rules, 9000)
        world.to("2026-06-20 09:00:30")
        assert world.steps() == ["s1 06-11"]
        world.release()
        world.to("2026-06-20 09:00:31")
        assert world.steps() == ["s1 06-11", "s2 06-20"]
        assert world.of(e.NoticeRequested)[-1].variables.total == 1000

    def test_it_does_not_wait_for_ever(self) -> None:
        rules = pack(steps(f"day: 1 | {braced(SMS)}", f"day: 10 | {braced(LETTER)}"))
        world = self.owing(rules, 9000).to("2026-06-20 09:05")
        assert world.steps() == ["s1 06-11", "s2 06-20"]
        assert world.to("2026-06-21 10:00").days(e.StepTaken) == ["06-11", "06-20"]
