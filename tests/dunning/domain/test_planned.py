"""Repeated tasks, what waits for the next step time, and late decisions."""

import pytest

from services.dunning.domain.agreements.commands import MakeApplication, OpenDispute
from services.dunning.domain.case.commands import CompleteTask, Decide, PlaceHold, RecordObservation
from services.dunning.domain.case.events import (
    AlertRaised,
    Classified,
    ReferralMade,
    StepDropped,
    TaskRequested,
)
from services.dunning.domain.contact.commands import RecordDelivery
from services.dunning.policy import PackError
from services.dunning.reasons.english import what_in_words
from tests.dunning.domain.packs import SMS, braced, pack, steps
from tests.dunning.domain.world import World

PHOTOS = """
reactions:
  - id: r1
    source: x
    on: {observation: closed}
    if: {overdue: true}
    do: [{task: {kind: photo_evidence, owner: operations, repeat: REPEAT}}]
  - id: r2
    source: x
    on: {task: {kind: photo_evidence, times: 3}}
    if: {not_classified: abnormal}
    do: [{classify: {as: abnormal}}]
"""
THRICE = "{after_days: 0, every_days: 1, times: 3}"
WEEKLY = "{after_days: 7, every_days: 7}"


def photos(repeat: str = THRICE) -> World:
    world = World(
        pack(steps(f"day: 1 | {braced(SMS)}") + PHOTOS.replace("REPEAT", repeat)), "2026-06-01"
    )
    world.invoice(10000, "2026-06-10")
    return world.to("2026-06-15 16:00")


def taken(world: World) -> list[str]:
    return world.days(TaskRequested, kind="photo_evidence")


class TestRepeatedTask:
    def test_the_first_is_asked_for_at_once_the_others_on_the_days_after(self) -> None:
        world = photos()
        world.do(RecordObservation(kind="closed"))
        assert taken(world) == ["06-15"]
        assert taken(world.to("2026-07-01")) == ["06-15", "06-16", "06-17"]

    def test_it_comes_at_the_step_time_and_uses_up_no_day(self) -> None:
        world = photos()
        world.do(RecordObservation(kind="closed"))
        world.to("2026-06-16 08:59")
        assert len(taken(world)) == 1
        assert len(taken(world.to("2026-06-16 09:00"))) == 2
        assert world.steps() == ["s1 06-11"]

    def test_seen_again_on_its_last_day_it_is_not_begun_again(self) -> None:
        world = photos()
        world.do(RecordObservation(kind="closed"))
        world.to("2026-06-17 16:00").do(RecordObservation(kind="closed"))
        assert taken(world.to("2026-07-01")) == ["06-15", "06-16", "06-17"]

    def test_it_ends_when_the_case_closes(self) -> None:
        world = photos()
        world.do(RecordObservation(kind="closed"))
        world.pay(10000)
        world.invoice(5000, "2026-06-15", "INV-2")
        assert taken(world.to("2026-07-01")) == ["06-15"]

    def test_a_second_observation_begins_no_second_series(self) -> None:
        world = photos()
        world.do(RecordObservation(kind="closed"))
        world.to("2026-06-16 10:00").do(RecordObservation(kind="closed"))
        assert taken(world.to("2026-07-01")) == ["06-15", "06-16", "06-17"]

    def test_after_a_series_a_new_one_may_begin(self) -> None:
        world = photos()
        world.do(RecordObservation(kind="closed"))
        world.to("2026-06-20 10:00").do(RecordObservation(kind="closed"))
        assert taken(world.to("2026-07-01"))[3:] == ["06-20", "06-21", "06-22"]

    def test_a_hold_does_not_stop_tasks(self) -> None:
        world = photos()
        world.do(RecordObservation(kind="closed"))
        world.do(PlaceHold())
        assert len(taken(world.to("2026-07-01"))) == 3

    def test_without_a_number_it_goes_on_until_the_case_closes(self) -> None:
        world = photos(WEEKLY)
        world.do(RecordObservation(kind="closed"))
        assert taken(world.to("2026-07-08")) == ["06-22", "06-29", "07-06"]
        world.pay(10000)
        assert len(taken(world.to("2026-09-01"))) == 3

    def test_nothing_is_begun_where_the_condition_fails(self) -> None:
        world = World(
            pack(steps(f"day: 1 | {braced(SMS)}") + PHOTOS.replace("REPEAT", THRICE)), "2026-06-01"
        )
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-10 16:00").do(RecordObservation(kind="closed"))
        assert taken(world.to("2026-07-01")) == []


class TestSoManyTasks:
    def test_the_last_of_them_brings_the_reaction_about(self) -> None:
        world = photos()
        world.do(RecordObservation(kind="closed"))
        world.to("2026-06-17 10:00")
        for expected in ([], [], ["06-17"]):
            world.do(CompleteTask(kind="photo_evidence", result="done"))
            assert world.days(Classified) == expected

    def test_those_of_an_earlier_case_do_not_count(self) -> None:
        world = photos()
        world.do(RecordObservation(kind="closed"))
        world.to("2026-06-16 10:00")
        world.do(CompleteTask(kind="photo_evidence", result="done"))
        world.do(CompleteTask(kind="photo_evidence", result="done"))
        world.pay(10000)
        world.invoice(5000, "2026-06-16", "INV-2")
        world.to("2026-06-18 10:00").do(RecordObservation(kind="closed"))
        world.do(CompleteTask(kind="photo_evidence", result="done"))
        assert world.days(Classified) == []


STORAGE = """
reactions:
  - id: r1
    source: x
    on: {observation: absconded}
    do: [{task: {kind: inventory, owner: administration}}]
  - id: r2
    source: x
    on: {task: {kind: inventory}}
    at_step_time: true
    do: [{task: {kind: storage, owner: administration}}]
"""


class TestAtTheNextStepTime:
    def world(self, done_at: str) -> World:
        world = World(pack(steps(f"day: 7 | {braced(SMS)}") + STORAGE), "2026-06-01")
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-15 10:00").do(RecordObservation(kind="absconded"))
        world.to(done_at).do(CompleteTask(kind="inventory", result="done"))
        return world

    def test_before_it_the_same_day(self) -> None:
        world = self.world("2026-06-16 08:30")
        assert world.days(TaskRequested, kind="storage") == []
        assert world.to("2026-07-01").days(TaskRequested, kind="storage") == ["06-16"]

    def test_after_it_the_next_day_beside_that_days_step(self) -> None:
        world = self.world("2026-06-16 10:00").to("2026-07-01")
        assert world.days(TaskRequested, kind="storage") == ["06-17"]
        assert world.steps() == ["s1 06-17"]

    def test_not_when_the_case_has_closed_meanwhile(self) -> None:
        world = self.world("2026-06-16 10:00")
        world.pay(10000)
        assert world.to("2026-07-01").days(TaskRequested, kind="storage") == []


class TestLateDecision:
    def world(self, rule: str = "late_after_days: 20") -> World:
        world = World(pack(steps(f"day: 1 | {braced(SMS)}") + f"decisions: {{{rule}}}\n"))
        world.invoice(10000, "2026-06-10")
        return world.to("2026-06-15 10:00")

    def test_it_is_told_once_on_the_day_after_the_last(self) -> None:
        world = self.world()
        world.do(MakeApplication(for_="deferral"))
        assert world.to("2026-07-06 08:59").of(AlertRaised) == []
        world.to("2026-09-01")
        assert world.days(AlertRaised, kind="decision_late") == ["07-06"]

    def test_one_decided_in_time_is_not_told(self) -> None:
        world = self.world()
        world.do(MakeApplication(for_="relief"))
        world.to("2026-07-05 18:00").do(Decide(for_="relief", outcome="rejected"))
        assert world.to("2026-09-01").of(AlertRaised) == []

    def test_without_a_case_too(self) -> None:
        world = self.world()
        world.pay(10000)
        world.do(MakeApplication(for_="relief"))
        assert world.to("2026-09-01").days(AlertRaised, kind="decision_late") == ["07-06"]

    def test_only_of_the_applications_that_are_named(self) -> None:
        world = self.world("for: [relief], late_after_days: 20")
        world.do(MakeApplication(for_="hardship"))
        assert world.to("2026-09-01").of(AlertRaised) == []


class TestNoticeSent:
    REFER = "refer: {to: bureau}"

    def world(self) -> World:
        letter = "notice: {purpose: demand, channels: [letter]}"
        lines = steps(
            f"day: 1 | {braced(letter)}",
            f"day: 5 | {braced(self.REFER)} | if: {{notice_sent: demand}}",
        )
        world = World(pack(lines))
        world.invoice(10000, "2026-06-10")
        return world.to("2026-06-11 10:00")

    def test_one_that_nobody_sent_yet_does_not_count(self) -> None:
        world = self.world().to("2026-07-01")
        assert world.of(ReferralMade) == []
        assert world.days(StepDropped) == ["06-15"]

    def test_one_that_could_not_be_sent_does_not_count(self) -> None:
        world = self.world()
        world.do(RecordDelivery(channel="letter", result="failed"))
        assert world.to("2026-07-01").of(ReferralMade) == []

    def test_one_that_was_sent_and_came_back_does(self) -> None:
        world = self.world()
        world.do(RecordDelivery(channel="letter", result="sent"))
        world.do(RecordDelivery(channel="letter", result="failed"))
        assert world.to("2026-07-01").days(ReferralMade) == ["06-15"]


def test_what_is_planned_shows_among_what_comes_next() -> None:
    world = photos(WEEKLY)
    world.do(RecordObservation(kind="closed"))
    ahead = [(what_in_words(a.what), a.when and f"{a.when:%m-%d}") for a in world.ahead()]
    assert ahead == [("task photo_evidence (operations)", "06-22")]


class TestWhatFollowsATask:
    def world(self, task: str) -> World:
        body = f"reactions: [{{id: seen, source: x, on: {{observation: closed}}, do: [{task}]}}]\n"
        world = World(pack(steps(f"day: 1 | {braced(SMS)}") + body), "2026-06-01")
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-15 16:00").do(RecordObservation(kind="closed"))
        return world

    def photographed(self) -> World:
        then = (
            "[{classify: {as: abnormal}}, {approval: {for: sale, then: [{refer: {to: agency}}]}}]"
        )
        return self.world(
            f"{{task: {{kind: photo_evidence, owner: operations, repeat: {THRICE}, then: {then}}}}}"
        ).to("2026-06-17 10:00")

    def test_comes_when_the_last_of_a_series_is_done(self) -> None:
        world = self.photographed()
        for _ in range(2):
            world.do(CompleteTask(kind="photo_evidence", result="done"))
        assert world.of(Classified) == []
        world.do(CompleteTask(kind="photo_evidence", result="done"))
        assert [event.as_ for event in world.of(Classified)] == ["abnormal"]

    def test_may_itself_ask_for_an_approval(self) -> None:
        world = self.photographed()
        for _ in range(3):
            world.do(CompleteTask(kind="photo_evidence", result="done"))
        world.do(Decide(for_="sale", outcome="approved", by="m"))
        assert [event.to for event in world.of(ReferralMade)] == ["agency"]

    def test_comes_at_once_when_one_alone_was_asked_for(self) -> None:
        world = self.world("{task: {kind: visit, owner: collector, then: [{refer: {to: agency}}]}}")
        assert world.of(ReferralMade) == []
        world.do(CompleteTask(kind="visit", result="done"))
        assert [event.to for event in world.of(ReferralMade)] == ["agency"]

    def test_a_series_without_end_has_no_end(self) -> None:
        task = f"kind: visit, owner: collector, repeat: {WEEKLY}, then: [{{refer: {{to: agency}}}}]"
        with pytest.raises(PackError, match="`then` needs `times`"):
            self.world(f"{{task: {{{task}}}}}")


def test_a_reaction_answers_any_of_several_facts() -> None:
    on = "{any: [{dispute: opened}, {observation: own_fault}]}"
    review = "{task: {kind: dispute_review, owner: finance}}"
    body = f"reactions: [{{id: review, source: x, on: {on}, do: [{review}]}}]\n"
    world = World(pack(steps(f"day: 1 | {braced(SMS)}") + body), "2026-06-01")
    world.invoice(10000, "2026-06-10")
    world.to("2026-06-15 16:00").do(RecordObservation(kind="own_fault"))
    world.to("2026-06-18 16:00").do(OpenDispute(kind="objection"))
    assert world.days(TaskRequested, kind="dispute_review") == ["06-15", "06-18"]
