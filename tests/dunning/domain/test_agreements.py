"""Promises and plans: what they hold up, how they are kept and broken."""

from datetime import date

import pytest

from chassis.errors import Rejected
from services.dunning.domain.agreements.commands import (
    AgreePlan,
    MakePromise,
)
from services.dunning.domain.agreements.events import (
    PlanBroken,
    PlanCompleted,
    PromiseBroken,
    PromiseKept,
    PromiseLapsed,
)
from services.dunning.domain.agreements.state import Instalment
from services.dunning.domain.case.events import (
    AlertRaised,
    RestorationRequested,
    TaskRequested,
)
from services.dunning.domain.money.commands import RecordPayment
from tests.dunning.domain.packs import SIMPLE, SMS, braced, pack, steps
from tests.dunning.domain.world import World


@pytest.fixture
def world() -> World:
    """Ten thousand due on 10 June, seen on the 15th: s1 taken, s2 to come on the 20th."""
    world = World(SIMPLE)
    world.invoice(10000, "2026-06-10")
    return world.to("2026-06-15 14:00")


def instalments(*parts: tuple[str, int]) -> tuple[Instalment, ...]:
    return tuple(Instalment(due=date.fromisoformat(due), amount=amount) for due, amount in parts)


class TestPromise:
    def test_it_pauses_the_case_and_the_step_waits(self, world: World) -> None:
        world.do(MakePromise(amount=10000, by=date(2026, 6, 25)))
        assert world.case_state() == "paused"
        assert world.to("2026-06-25 23:59").steps() == ["s1 06-11"]

    def test_a_broken_one_alerts_at_nine_the_next_day_and_the_step_follows(
        self, world: World
    ) -> None:
        world.do(MakePromise(amount=10000, by=date(2026, 6, 25)))
        world.to("2026-06-26 08:59")
        assert world.case_state() == "paused"
        world.to("2026-06-26 09:00")
        assert world.days(AlertRaised, kind="promise_broken") == ["06-26"]
        assert world.case_state() == "open"
        assert world.steps() == ["s1 06-11", "s2 06-26"]

    def test_part_of_it_is_not_enough(self, world: World) -> None:
        world.do(MakePromise(amount=8000, by=date(2026, 6, 25)))
        world.to("2026-06-20 10:00").pay(7999)
        assert world.case_state() == "paused"
        assert world.to("2026-06-26 10:00").days(PromiseBroken) == ["06-26"]

    def test_payments_since_it_add_up(self, world: World) -> None:
        world.pay(3000, "P0")
        world.do(MakePromise(amount=5000, by=date(2026, 6, 25)))
        world.to("2026-06-17 10:00").pay(2000, "P1")
        assert world.case_state() == "paused"
        world.to("2026-06-18 10:00").pay(3000, "P2")
        assert world.days(PromiseKept) == ["06-18"]
        assert world.case_state() == "open"

    def test_a_kept_one_for_a_part_lets_the_case_go_on_at_the_next_nine(self, world: World) -> None:
        world.do(MakePromise(amount=5000, by=date(2026, 6, 30)))
        world.to("2026-06-22 10:00").pay(5000)
        assert world.case_state() == "open"
        world.to("2026-06-30 12:00")
        assert world.steps() == ["s1 06-11", "s2 06-23", "s3 06-30"]
        assert world.of(AlertRaised) == []

    def test_payment_on_the_promised_day_keeps_it(self, world: World) -> None:
        world.do(MakePromise(amount=5000, by=date(2026, 6, 25)))
        world.to("2026-06-25 23:30").pay(5000)
        world.to("2026-07-10")
        assert world.of(PromiseBroken) == []

    def test_a_reversed_payment_does_not_count(self, world: World) -> None:
        world.do(MakePromise(amount=5000, by=date(2026, 6, 25)))
        world.to("2026-06-17 10:00").pay(4000, "P1")
        world.reverse("P1")
        world.to("2026-06-18 10:00").pay(4000, "P2")
        assert world.case_state() == "paused"

    def test_the_same_payment_allocated_again_counts_once(self, world: World) -> None:
        world.do(MakePromise(amount=5000, by=date(2026, 6, 25)))
        for _ in range(2):
            world.do(RecordPayment(payment_id="P", amount=3000, received_at=world.now))
        assert world.case_state() == "paused"

    def test_full_payment_keeps_it_whichever_message_comes_first(self, world: World) -> None:
        world.do(MakePromise(amount=10000, by=date(2026, 6, 25)))
        world.to("2026-06-20 10:00").pay(10000)
        world.to("2026-07-10")
        assert world.days(PromiseKept) == ["06-20"]
        assert world.of(PromiseBroken) == world.of(AlertRaised) == []

    def test_cancelling_the_debt_ends_it_without_an_alert(self, world: World) -> None:
        world.do(MakePromise(amount=10000, by=date(2026, 6, 25)))
        world.cancel("INV-1")
        world.to("2026-07-10")
        assert world.days(PromiseLapsed) == ["06-15"]
        assert world.of(AlertRaised) == []

    def test_a_restriction_stays_through_it(self, world: World) -> None:
        world.to("2026-07-01")
        world.do(MakePromise(amount=10000, by=date(2026, 7, 10)))
        assert world.of(RestorationRequested) == []
        assert [r.service for r in world.state().restrictions] == ["all_service"]

    @pytest.mark.parametrize(("amount", "by"), [(0, "2026-06-20"), (100, "2026-06-14")])
    def test_one_without_amount_or_in_the_past_is_refused(
        self, world: World, amount: int, by: str
    ) -> None:
        with pytest.raises(Rejected):
            world.do(MakePromise(amount=amount, by=date.fromisoformat(by)))


class TestPlan:
    def test_it_pauses_while_instalments_are_met(self, world: World) -> None:
        plan = instalments(("2026-06-20", 4000), ("2026-07-20", 6000))
        world.do(AgreePlan(instalments=plan))
        world.to("2026-06-20 18:00").pay(4000)
        assert world.to("2026-07-20 23:00").case_state() == "paused"
        assert world.steps() == ["s1 06-11"]

    def test_a_missed_instalment_breaks_it_at_nine_the_next_day(self, world: World) -> None:
        plan = instalments(("2026-06-25", 4000), ("2026-07-25", 6000))
        world.do(AgreePlan(instalments=plan))
        world.to("2026-06-20 18:00").pay(3999)
        world.to("2026-06-26 09:00")
        assert world.days(AlertRaised, kind="plan_broken") == ["06-26"]
        assert world.steps() == ["s1 06-11", "s2 06-26"]

    def test_what_was_paid_early_counts_for_later_instalments(self, world: World) -> None:
        plan = instalments(("2026-06-20", 4000), ("2026-07-20", 3000), ("2026-08-20", 3000))
        world.do(AgreePlan(instalments=plan))
        world.to("2026-06-18 18:00").pay(7000)
        assert world.to("2026-08-20 23:00").case_state() == "paused"
        assert world.to("2026-08-21 09:00").days(PlanBroken) == ["08-21"]

    def test_it_wakes_only_when_it_would_break(self, world: World) -> None:
        plan = instalments(("2026-06-20", 2000), ("2026-07-20", 2000), ("2026-08-20", 6000))
        world.do(AgreePlan(instalments=plan))
        before = world.wakes
        world.pay(9000)
        world.to("2026-08-20")
        assert world.wakes == before

    def test_a_completed_plan_leaves_the_case_open_that_evening_if_more_is_owed(
        self, world: World
    ) -> None:
        world.do(AgreePlan(instalments=instalments(("2026-07-20", 6000))))
        world.to("2026-07-15 18:00").pay(6000)
        assert world.days(PlanCompleted) == ["07-15"]
        assert world.case_state() == "open"
        assert world.to("2026-07-16 10:00").steps() == ["s1 06-11", "s2 07-16"]

    def test_a_second_plan_beside_it_is_refused(self, world: World) -> None:
        world.do(AgreePlan(instalments=instalments(("2026-07-20", 6000))))
        with pytest.raises(Rejected, match="plan is running"):
            world.do(AgreePlan(instalments=instalments(("2026-08-20", 6000))))

    def test_a_reaction_to_its_breaking_runs(self) -> None:
        body = steps(f"day: 1 | {braced(SMS)}") + (
            "reactions:\n  - {id: r1, source: x, on: {plan: broken},\n"
            "     do: [task: {kind: adjust_plan, owner: finance}]}\n"
        )
        world = World(pack(body))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-12").do(AgreePlan(instalments=instalments(("2026-06-20", 1000))))
        world.to("2026-06-30")
        assert world.days(TaskRequested, kind="adjust_plan") == ["06-21"]
