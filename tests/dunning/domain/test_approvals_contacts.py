"""Approvals first, contact limits, notices before the due date, monthly entries."""

from datetime import date

import pytest

from services.dunning.domain.agreements.commands import MakePromise
from services.dunning.domain.case.commands import (
    CompleteTask,
    Decide,
    PlaceHold,
    RecordObservation,
    ReleaseHold,
)
from services.dunning.domain.case.events import (
    ApprovalRequested,
    RestrictionRequested,
    StepDropped,
    TaskRequested,
)
from services.dunning.domain.contact.events import NoticeRequested
from services.dunning.domain.money.events import FeeCharged, WriteOffApproved
from services.dunning.policy import with_parameters
from services.dunning.reasons.ahead import Routine
from services.dunning.reasons.english import in_words
from tests.dunning.domain.packs import (
    CALL,
    LETTER,
    SIMPLE,
    SMS,
    STOP,
    VISIT,
    braced,
    pack,
    steps,
)
from tests.dunning.domain.world import World


class TestApprovalFirst:
    BODY = steps(
        f"day: 1 | {braced(SMS)}",
        f"day: 5 | {braced(STOP)} | approval: {{for: stop, by: manager}}",
        f"then_days: 3 | {braced(LETTER)}",
    )

    @pytest.fixture
    def world(self) -> World:
        world = World(pack(self.BODY))
        world.invoice(10000, "2026-06-10")
        return world.to("2026-06-15 10:00")

    def test_the_step_asks_and_later_steps_wait(self, world: World) -> None:
        assert world.days(ApprovalRequested) == ["06-15"]
        world.to("2026-09-01")
        assert world.steps() == ["s1 06-11", "s2 06-15"]
        assert world.of(RestrictionRequested) == []

    def test_approved_it_follows_at_once_and_days_count_from_then(self, world: World) -> None:
        world.to("2026-06-20 16:00").do(Decide(for_="stop", outcome="approved", by="m"))
        assert world.days(RestrictionRequested) == ["06-20"]
        assert world.to("2026-07-01").steps()[-1] == "s3 06-23"

    def test_refused_it_is_dropped_and_days_count_from_the_step_before(self, world: World) -> None:
        world.to("2026-06-20 16:00").do(Decide(for_="stop", outcome="rejected", by="m"))
        assert world.of(RestrictionRequested) == []
        assert world.days(StepDropped) == ["06-20"]
        assert world.to("2026-07-01").steps()[-1] == "s3 06-21"

    def test_approved_in_a_pause_it_waits_for_the_pause_to_end(self, world: World) -> None:
        world.do(MakePromise(amount=10000, by=date(2026, 6, 25)))
        world.do(Decide(for_="stop", outcome="approved", by="m"))
        assert world.of(RestrictionRequested) == []
        world.to("2026-07-10")
        assert world.days(RestrictionRequested) == ["06-26"]
        assert world.steps()[-1] == "s3 06-29"

    def test_an_approval_inside_a_step_says_what_follows(self) -> None:
        inner = "approval: {for: write_off, then: [{write_off: {}}]}"
        world = World(pack(steps(f"day: 1 | {braced(SMS, inner)}", f"day: 2 | {braced(LETTER)}")))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-20")
        assert world.steps() == ["s1 06-11"]
        world.do(Decide(for_="write_off", outcome="approved", by="m"))
        assert [w.item_ids for w in world.of(WriteOffApproved)] == [("INV-1",)]
        assert world.to("2026-06-22").steps() == ["s1 06-11", "s2 06-20"]

    def test_one_asked_for_by_a_reaction_holds_up_no_step(self) -> None:
        body = steps(f"day: 1 | {braced(SMS)}", f"day: 10 | {braced(LETTER)}") + (
            "reactions:\n  - id: r1\n    source: x\n    on: {observation: malicious}\n"
            "    do: [{approval: {for: penalty, then:"
            " [{charge: {item: penalty, ratio: 0.1, due_in_days: 10}}]}}]\n"
        )
        world = World(pack(body))
        world.invoice(10005, "2026-06-10")
        world.to("2026-06-15 10:00").do(RecordObservation(kind="malicious"))
        assert world.days(ApprovalRequested) == ["06-15"]
        assert world.to("2026-06-21 10:00").steps()[-1] == "s2 06-20"
        world.do(Decide(for_="penalty", outcome="approved"))
        fee = world.of(FeeCharged)[0]
        assert (fee.amount, fee.due_on) == (1001, date(2026, 7, 1))

    def test_the_amount_decided_counts(self) -> None:
        body = steps(f"day: 1 | {braced(SMS)}") + (
            "reactions:\n  - id: r1\n    source: x\n    on: {observation: malicious}\n"
            "    do: [{approval: {for: penalty, then:"
            " [{charge: {item: penalty, ratio: 0.1, due_in_days: 10}}]}}]\n"
        )
        world = World(pack(body))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-15 10:00").do(RecordObservation(kind="malicious"))
        world.do(Decide(for_="penalty", outcome="approved", amount=250))
        assert world.of(FeeCharged)[0].amount == 250


class TestContactLimits:
    def test_the_second_call_or_visit_of_a_day_waits_until_the_next(self) -> None:
        world = World(pack(steps(f"day: 1 | {braced(CALL, VISIT)}")))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-20")
        assert world.days(TaskRequested, kind="phone_call") == ["06-11"]
        assert world.days(TaskRequested, kind="visit") == ["06-12"]
        assert world.wakes == 2

    def test_the_eighth_contact_waits_until_the_window_frees(self) -> None:
        channels = "notice: {purpose: reminder, channels: [sms, email, voice, letter]}"
        body = steps(f"day: 1 | {braced(channels)}", f"day: 2 | {braced(channels)}")
        world = World(pack(body))
        world.invoice(10000, "2026-06-10")
        world.to("2026-07-20")
        assert world.days(NoticeRequested) == ["06-11"] * 4 + ["06-12"] * 3 + ["06-18"]
        assert world.of(NoticeRequested)[-1].channel == "letter"
        assert world.case().waiting == ()

    def test_calls_and_notices_count_together(self) -> None:
        six = "notice: {purpose: reminder, channels: [sms, email, voice, letter, ems]}"
        body = steps(f"day: 1 | {braced(six, SMS, CALL)}", f"day: 2 | {braced(SMS)}")
        world = World(pack(body))
        world.invoice(10000, "2026-06-10")
        world.to("2026-07-20")
        assert world.days(NoticeRequested)[-1] == "06-18"

    def test_what_waits_is_forgotten_when_the_case_closes(self) -> None:
        world = World(pack(steps(f"day: 1 | {braced(CALL, VISIT)}")))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-11 12:00").pay(10000)
        world.to("2026-07-01")
        assert [task.kind for task in world.of(TaskRequested)] == ["phone_call"]

    def test_it_waits_on_in_a_pause(self) -> None:
        world = World(pack(steps(f"day: 1 | {braced(CALL, VISIT)}")))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-11 12:00").do(PlaceHold())
        world.to("2026-06-20 15:00")
        assert world.days(TaskRequested) == ["06-11"]
        world.do(ReleaseHold())
        world.to("2026-06-21")
        assert world.days(TaskRequested, kind="visit") == ["06-20"]

    def test_a_call_asked_for_at_night_waits_for_the_morning(self) -> None:
        body = steps(f"day: 1 | {braced(SMS)}") + (
            "reactions:\n  - {id: r1, source: x, on: {observation: seen},\n"
            "     do: [task: {kind: phone_call, owner: collector}]}\n"
        )
        world = World(pack(body))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-15 21:00").do(RecordObservation(kind="seen"))
        assert world.of(TaskRequested) == []
        world.to("2026-06-16 08:00")
        assert world.days(TaskRequested) == ["06-16"]

    def test_the_limits_are_parameters(self) -> None:
        two = with_parameters(
            pack(steps(f"day: 1 | {braced(CALL, VISIT)}")), {"calls_per_day_max": 2}
        )
        world = World(two)
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-20")
        assert world.days(TaskRequested) == ["06-11", "06-11"]


class TestOncePerDay:
    def test_a_reaction_once_a_day_and_only_while_overdue(self) -> None:
        body = steps(f"day: 300 | {braced(SMS)}") + (
            "reactions:\n  - {id: r1, source: x, on: {observation: plate_seen},"
            " if: {overdue: true},\n     once_a_day: true, do: [" + braced(SMS) + "]}\n"
        )
        world = World(pack(body))
        world.invoice(10000, "2026-06-10")
        for at in ("06-08 10:00", "06-12 10:00", "06-12 11:00", "06-13 10:00"):
            world.to(f"2026-{at}").do(RecordObservation(kind="plate_seen"))
        assert world.days(NoticeRequested) == ["06-12", "06-13"]

    def test_what_is_seen_after_hours_is_the_next_mornings_notice(self) -> None:
        body = steps(f"day: 300 | {braced(SMS)}") + (
            "reactions:\n  - {id: r1, source: x, on: {observation: plate_seen},"
            " if: {overdue: true},\n     once_a_day: true, do: [" + braced(SMS) + "]}\n"
        )
        world = World(pack(body))
        world.invoice(10000, "2026-06-10")
        for at in ("06-12 20:00", "06-12 23:00", "06-13 12:00", "06-14 12:00", "06-14 21:00"):
            world.to(f"2026-{at}").do(RecordObservation(kind="plate_seen"))
        assert world.days(NoticeRequested) == ["06-12", "06-14"]


class TestTracks:
    def test_a_class_puts_other_steps_in_the_place_of_the_usual_ones(self) -> None:
        body = steps(
            f"day: 1 | {braced(SMS)}",
            f"day: 30 | {braced(STOP)}",
            f"day: 60 | {braced(LETTER)}",
        ) + (
            "reactions:\n"
            "  - {id: r1, source: x, on: {observation: shop_closed}, if: {overdue: true},\n"
            "     do: [classify: {as: abnormal}]}\n"
            "  - {id: r2, source: x, on: {classified: abnormal},\n"
            "     do: [task: {kind: asset_investigation, owner: administration}]}\n"
            "tracks:\n  - classified: abnormal\n    instead_of: [s1, s2]\n    steps:\n"
            "      - {id: a1, source: x, when: {after: {task: asset_investigation}},\n"
            "         do: [task: {kind: case_meeting, owner: manager}]}\n"
        )
        world = World(pack(body))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-12 10:00").do(RecordObservation(kind="shop_closed"))
        assert world.days(TaskRequested, kind="asset_investigation") == ["06-12"]
        done = CompleteTask(kind="asset_investigation", result="done")
        world.to("2026-06-20 10:00").do(done)
        world.to("2026-09-01")
        assert world.steps() == ["s1 06-11", "a1 06-21", "s3 08-09"]
        assert world.of(RestrictionRequested) == []


class TestOutlook:
    def test_it_names_the_steps_to_come_with_their_instants(self) -> None:
        world = World(SIMPLE)
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-15")
        ahead = [(a.step, a.when and f"{a.when:%m-%d %H:%M}") for a in world.ahead()]
        assert ahead == [("s2", "06-20 01:00"), ("s3", "06-30 01:00"), ("s4", "07-20 01:00")]

    def test_it_says_why_the_case_is_paused(self) -> None:
        world = World(SIMPLE)
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-15").do(MakePromise(amount=1, by=date(2026, 6, 20)))
        first, check, *rest = world.ahead()
        assert (first.what, first.when) == (Routine.PAUSE, None)
        assert "promise" in in_words(first.reason)
        assert check.what is Routine.PROMISE_CHECK
        assert all(a.when is None for a in rest)

    def test_a_step_that_waits_for_a_decision_says_so(self) -> None:
        world = World(pack(TestApprovalFirst.BODY))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-16")
        assert "decision on step s2" in in_words(world.ahead()[0].reason)
