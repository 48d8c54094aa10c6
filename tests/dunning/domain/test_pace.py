"""On which days a case takes its steps."""

from datetime import datetime

import pytest

from chassis.errors import Rejected
from services.dunning.domain.case.commands import CompleteTask, Wake
from services.dunning.domain.case.events import (
    StepDropped,
    StepTaken,
)
from services.dunning.domain.contact.commands import RecordReply
from services.dunning.domain.contact.events import NoticeRequested
from services.dunning.reasons.english import why_in_words
from tests.dunning.domain.packs import LETTER, SIMPLE, SMS, STOP, VERIFY, braced, pack, steps
from tests.dunning.domain.world import SHANGHAI, World


def overdue_world(**changes: str) -> World:
    world = World(SIMPLE)
    world.invoice(10000, "2026-06-10")
    return world


class TestPace:
    def test_steps_come_on_their_days_at_nine_local(self) -> None:
        world = overdue_world().to("2026-08-01")
        assert world.steps() == ["s1 06-11", "s2 06-20", "s3 06-30", "s4 07-20"]
        taken = [s.at.astimezone(SHANGHAI) for s in world.seen if isinstance(s.event, StepTaken)]
        assert {(at.hour, at.minute) for at in taken} == {(9, 0)}

    def test_a_case_that_never_ends_wakes_only_for_its_steps(self) -> None:
        world = overdue_world().to("2028-01-01")
        assert world.wakes == 4
        assert world.state().wake is None

    def test_a_case_opened_after_nine_takes_its_first_step_the_next_day(self) -> None:
        world = World(SIMPLE).to("2026-06-20 10:00")
        world.invoice(10000, "2026-06-10")
        assert world.case_state() == "open"
        assert world.to("2026-06-30").steps()[0] == "s1 06-21"

    def test_a_case_opened_before_nine_takes_its_first_step_that_day(self) -> None:
        world = World(SIMPLE).to("2026-06-20 08:59")
        world.invoice(10000, "2026-06-10")
        assert world.to("2026-06-20 09:00").steps() == ["s1 06-20"]

    def test_late_steps_catch_up_one_a_day_in_order(self) -> None:
        world = World(SIMPLE).to("2026-08-01 10:00")
        world.invoice(10000, "2026-06-10")
        world.to("2026-09-01")
        assert world.steps() == ["s1 08-02", "s2 08-03", "s3 08-04", "s4 08-05"]

    def test_a_wake_up_that_comes_late_takes_the_step_that_day(self) -> None:
        world = overdue_world().to("2026-06-11 08:00")
        world.now = datetime(2026, 6, 13, 11, 30, tzinfo=SHANGHAI)
        world.do(Wake())
        assert world.steps() == ["s1 06-13"]
        assert world.to("2026-06-21").steps() == ["s1 06-13", "s2 06-20"]

    def test_news_just_before_a_late_wake_up_does_not_put_it_off(self) -> None:
        world = overdue_world().to("2026-06-11 08:00")
        world.now = datetime(2026, 6, 11, 9, 0, 30, tzinfo=SHANGHAI)
        world.do(RecordReply())
        world.do(Wake())
        assert world.steps() == ["s1 06-11"]

    def test_an_early_wake_up_does_nothing(self) -> None:
        world = overdue_world().to("2026-06-11 08:00")
        assert world.do(Wake()) == []

    def test_paying_the_oldest_item_repeats_no_step_and_counts_from_the_next(self) -> None:
        world = overdue_world()
        world.invoice(20000, "2026-06-18", "INV-2")
        world.to("2026-06-21 10:00").pay(10000)
        world.to("2026-08-10")
        assert world.steps() == ["s1 06-11", "s2 06-20", "s3 07-08", "s4 07-28"]

    def test_or_overdue_brings_a_step_forward_but_not_past_those_before_it(self) -> None:
        body = steps(
            f"day: 1 | {braced(SMS)}",
            f"day: 10 | {braced(LETTER)}",
            f"day: 60, or_overdue_at_least: 10000 | {braced(STOP)}",
        )
        world = World(pack(body))
        world.invoice(10000, "2026-06-10")
        assert world.to("2026-08-01").steps() == ["s1 06-11", "s2 06-20", "s3 06-21"]

    def test_a_second_item_can_reach_the_amount(self) -> None:
        world = World(pack(steps(f"day: 60, or_overdue_at_least: 15000 | {braced(SMS)}")))
        world.invoice(10000, "2026-06-10")
        world.invoice(5000, "2026-06-20", "INV-2")
        assert world.to("2026-08-01").steps() == ["s1 06-21"]

    def test_then_days_count_from_the_step_taken_late(self) -> None:
        world = World(pack(steps(f"day: 5 | {braced(SMS)}", f"then_days: 10 | {braced(LETTER)}")))
        world.to("2026-07-01 10:00")
        world.invoice(10000, "2026-06-10")
        assert world.to("2026-08-01").steps() == ["s1 07-02", "s2 07-12"]

    def test_dropped_steps_do_not_count_for_then_days_nor_use_the_day(self) -> None:
        body = steps(
            f"day: 1 | {braced(SMS)}",
            f"day: 2 | {braced(SMS)} | if: {{replied: true}}",
            f"day: 2 | {braced(LETTER)}",
            f"day: 5 | {braced(SMS)} | if: {{replied: true}}",
            f"then_days: 4 | {braced(STOP)}",
        )
        world = World(pack(body))
        world.invoice(10000, "2026-06-10")
        world.to("2026-08-01")
        assert world.steps() == ["s1 06-11", "s3 06-12", "s5 06-16"]
        assert world.days(StepDropped) == ["06-12", "06-15"]

    def test_a_dropped_step_stays_dropped(self) -> None:
        body = steps(
            f"day: 1 | {braced(SMS)} | if: {{replied: true}}", f"day: 30 | {braced(LETTER)}"
        )
        world = World(pack(body))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-12").do(RecordReply())
        assert world.to("2026-08-01").steps() == ["s2 07-10"]

    def test_a_step_whose_condition_is_met_by_its_day_is_taken(self) -> None:
        body = steps(f"day: 16 | {braced(SMS)} | if: {{replied: false}}")
        quiet, answered = World(pack(body)), World(pack(body))
        for world in (quiet, answered):
            world.invoice(10000, "2026-06-10")
            world.to("2026-06-20")
        answered.do(RecordReply())
        assert quiet.to("2026-08-01").steps() == ["s1 06-26"]
        assert answered.to("2026-08-01").steps() == []

    def test_a_step_that_waits_comes_at_the_next_nine_after_the_fact(self) -> None:
        body = steps(
            f"day: 1 | {braced(VERIFY)}",
            f"after: {{task: verify_debt, results: [verified]}} | {braced(LETTER)}",
        )
        afternoon, morning = World(pack(body)), World(pack(body))
        for world, at in ((afternoon, "2026-06-13 15:00"), (morning, "2026-06-13 08:00")):
            world.invoice(10000, "2026-06-10")
            world.to(at).do(CompleteTask(kind="verify_debt", result="verified"))
        assert afternoon.to("2026-08-01").steps() == ["s1 06-11", "s2 06-14"]
        assert morning.to("2026-08-01").steps() == ["s1 06-11", "s2 06-13"]

    def test_another_result_keeps_it_waiting(self) -> None:
        body = steps(
            f"day: 1 | {braced(VERIFY)}",
            f"after: {{task: verify_debt, results: [verified]}} | {braced(LETTER)}",
        )
        world = World(pack(body))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-13 15:00").do(CompleteTask(kind="verify_debt", result="unclear"))
        assert world.to("2027-06-01").steps() == ["s1 06-11"]

    def test_a_later_result_of_the_same_task_lets_it_go_on(self) -> None:
        body = steps(
            f"day: 1 | {braced(VERIFY)}",
            f"after: {{task: verify_debt, results: [verified]}} | {braced(LETTER)}",
        )
        world = World(pack(body))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-13 15:00").do(CompleteTask(kind="verify_debt", result="unclear"))
        with pytest.raises(Rejected, match="no open task verify_debt"):
            world.to("2026-06-14 15:00").do(CompleteTask(kind="verify_debt", result="unclear"))
        world.to("2026-06-20 15:00").do(CompleteTask(kind="verify_debt", result="verified"))
        assert world.to("2027-06-01").steps() == ["s1 06-11", "s2 06-21"]

    def test_not_before_holds_a_step_back(self) -> None:
        body = steps(
            f"day: 15 | {braced(STOP)}",
            "day: 20, not_before: [{step: s1, days: 31}] | {classify: {as: abnormal}}",
        )
        world = World(pack(body))
        world.invoice(10000, "2026-06-10")
        assert world.to("2026-09-01").steps() == ["s1 06-25", "s2 07-26"]

    def test_the_reason_says_which_day_and_which_policy(self) -> None:
        world = overdue_world().to("2026-07-01")
        reasons = [why_in_words(step) for step in world.of(StepTaken)]
        assert reasons[1] == "day 10 reached, nothing pauses; policy test v1"
        notice = world.of(NoticeRequested)[1]
        assert (notice.step, notice.policy, notice.policy_version) == ("s2", "test", 1)
