"""Pauses: promises, plans, holds, disputes, applications; and what goes on meanwhile."""

from datetime import date

import pytest

from chassis.errors import Rejected
from services.dunning.domain.agreements.commands import (
    MakeApplication,
    MakePromise,
    OpenDispute,
    ResolveDispute,
)
from services.dunning.domain.agreements.events import (
    DisputeOpened,
)
from services.dunning.domain.case.commands import Decide, PlaceHold, RecordObservation, ReleaseHold
from services.dunning.domain.case.events import (
    AlertRaised,
    ApprovalRequested,
    LegalRequested,
    ReferralMade,
    RestorationRequested,
    RestrictionRequested,
    TaskRequested,
)
from services.dunning.domain.contact.events import NoticeRequested
from services.dunning.domain.money.events import LateFeeWaived
from tests.dunning.domain.packs import COURT, LETTER, SIMPLE, SMS, STOP, braced, pack, steps
from tests.dunning.domain.world import World


@pytest.fixture
def world() -> World:
    """Ten thousand due on 10 June, seen on the 15th: s1 taken, s2 to come on the 20th."""
    world = World(SIMPLE)
    world.invoice(10000, "2026-06-10")
    return world.to("2026-06-15 14:00")


class TestHold:
    def test_everything_stops_and_goes_on(self, world: World) -> None:
        world.do(PlaceHold())
        assert world.case_state() == "paused"
        world.to("2026-07-12 10:00").do(ReleaseHold())
        assert world.case_state() == "open"
        assert world.to("2026-07-15").steps() == ["s1 06-11", "s2 07-13", "s3 07-14"]

    def test_a_case_can_open_and_close_in_it(self) -> None:
        world = World(SIMPLE)
        world.invoice(10000, "2026-06-10")
        world.do(PlaceHold())
        assert world.to("2026-06-20").case_state() == "paused"
        world.pay(10000)
        assert world.case_state() == "closed"
        assert world.steps() == []

    def test_twice_or_without_one_is_refused(self, world: World) -> None:
        with pytest.raises(Rejected, match="not on hold"):
            world.do(ReleaseHold())
        world.do(PlaceHold())
        with pytest.raises(Rejected, match="already"):
            world.do(PlaceHold())

    def test_a_promise_broken_in_it_alerts_and_the_case_stays_paused(self, world: World) -> None:
        world.do(MakePromise(amount=10000, by=date(2026, 6, 25)))
        world.do(PlaceHold())
        world.to("2026-06-30")
        assert world.days(AlertRaised, kind="promise_broken") == ["06-26"]
        assert world.case_state() == "paused"


class TestDispute:
    def test_over_everything_it_pauses_until_it_is_rejected(self, world: World) -> None:
        world.do(OpenDispute(reason=b"sealed"))
        assert world.case_state() == "paused"
        world.to("2026-07-02 10:00").do(ResolveDispute(outcome="rejected", by="b"))
        assert world.to("2026-07-04").steps() == ["s1 06-11", "s2 07-03"]

    def test_over_one_of_two_items_the_case_goes_on_with_the_other(self) -> None:
        world = World(SIMPLE)
        world.invoice(10000, "2026-06-10")
        world.invoice(7000, "2026-06-12", "INV-2")
        world.to("2026-06-15 14:00").do(OpenDispute(item_id="INV-1"))
        world.to("2026-06-30")
        assert world.case_state() == "open"
        assert world.steps() == ["s1 06-11", "s2 06-22"]
        letter = world.of(NoticeRequested)[-1].variables
        assert (letter.total, [i.item_id for i in letter.items]) == (7000, ["INV-2"])

    def test_a_new_item_falling_overdue_ends_the_pause(self, world: World) -> None:
        world.invoice(7000, "2026-06-25", "INV-2")
        world.do(OpenDispute(item_id="INV-1"))
        assert world.case_state() == "paused"
        assert world.to("2026-06-26 00:00").case_state() == "open"
        assert world.to("2026-07-06").steps() == ["s1 06-11", "s2 07-05"]

    def test_upheld_closes_the_case_when_nothing_else_is_owed(self, world: World) -> None:
        world.to("2026-07-01").do(OpenDispute())
        world.do(ResolveDispute(outcome="upheld", by="b"))
        assert world.case_state() == "closed"
        assert world.days(RestorationRequested) == ["07-01"]

    def test_reduced_goes_on_with_the_new_amount(self, world: World) -> None:
        world.do(OpenDispute())
        world.do(ResolveDispute(outcome="reduced", amount=6000))
        assert world.case_state() == "open"
        world.to("2026-06-21")
        assert world.of(NoticeRequested)[-1].variables.total == 6000

    def test_reduced_to_what_was_paid_closes_the_case(self, world: World) -> None:
        world.pay(4000)
        world.do(OpenDispute())
        world.do(ResolveDispute(outcome="reduced", amount=4000))
        assert world.case_state() == "closed"

    def test_a_paid_item_may_still_be_disputed(self, world: World) -> None:
        world.pay(10000)
        world.do(OpenDispute(item_id="INV-1", kind="complaint"))
        assert world.of(DisputeOpened)[0].item_ids == ("INV-1",)

    def test_refusals_say_why(self, world: World) -> None:
        with pytest.raises(Rejected, match="no item X"):
            world.do(OpenDispute(item_id="X"))
        with pytest.raises(Rejected, match="objection"):
            world.do(OpenDispute(kind="shouting"))
        with pytest.raises(Rejected, match="no open dispute"):
            world.do(ResolveDispute(outcome="upheld"))
        world.do(OpenDispute())
        with pytest.raises(Rejected, match="new amount"):
            world.do(ResolveDispute(outcome="reduced"))


class TestApplication:
    @pytest.mark.parametrize("for_", ["hardship", "deferral", "relief", "waive_late_fee"])
    def test_it_pauses_until_it_is_decided(self, world: World, for_: str) -> None:
        world.do(MakeApplication(for_=for_, by_code="x"))
        assert world.case_state() == "paused"
        world.to("2026-07-02 10:00")
        world.do(Decide(for_=for_, outcome="rejected", by="y"))
        assert world.case_state() == "open"
        assert world.to("2026-07-04").steps() == ["s1 06-11", "s2 07-03"]
        assert world.of(ApprovalRequested) == []

    def test_who_asks_may_not_approve(self, world: World) -> None:
        world.do(MakeApplication(for_="relief", by_code="c1", subject_code="c2"))
        for code in ("c1", "c2"):
            with pytest.raises(Rejected, match="second person"):
                world.do(Decide(for_="relief", outcome="approved", codes=frozenset({code, "c3"})))
        assert world.case_state() == "paused"

    def test_approved_relief_changes_no_amount(self, world: World) -> None:
        world.do(MakeApplication(for_="relief", amount=5000))
        world.do(Decide(for_="relief", outcome="approved"))
        world.to("2026-06-21")
        assert world.of(NoticeRequested)[-1].variables.total == 10000

    def test_an_approved_waiver_tells_the_ledger(self, world: World) -> None:
        world.do(MakeApplication(for_="waive_late_fee", amount=120))
        world.do(Decide(for_="waive_late_fee", outcome="approved"))
        assert [w.amount for w in world.of(LateFeeWaived)] == [120]

    def test_a_rejected_waiver_does_not(self, world: World) -> None:
        world.do(MakeApplication(for_="waive_late_fee", amount=120))
        world.do(Decide(for_="waive_late_fee", outcome="rejected"))
        assert world.of(LateFeeWaived) == []

    def test_deciding_what_nobody_asked_is_refused(self, world: World) -> None:
        with pytest.raises(Rejected, match="nothing asks"):
            world.do(Decide(for_="relief", outcome="approved"))


class TestTwoPausesAtOnce:
    def test_the_case_goes_on_only_when_both_are_over(self, world: World) -> None:
        world.do(MakeApplication(for_="relief"))
        world.do(PlaceHold())
        world.do(Decide(for_="relief", outcome="rejected"))
        assert world.case_state() == "paused"
        world.do(ReleaseHold())
        assert world.case_state() == "open"


class TestReactionsInAPause:
    BODY = steps(f"day: 1 | {braced(SMS)}") + (
        "reactions:\n  - id: r1\n    source: x\n    on: {observation: seen}\n"
        f"    do: [{braced(LETTER, STOP, COURT)}, {{task: {{kind: inventory, owner: property}}}},"
        " {refer: {to: agency}}]\n"
    )

    def test_contact_restriction_and_court_are_lost_tasks_and_referrals_go_on(self) -> None:
        world = World(pack(self.BODY))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-15 10:00").do(MakePromise(amount=1, by=date(2026, 6, 20)))
        world.do(RecordObservation(kind="seen"))
        world.to("2026-07-30")
        assert len(world.of(NoticeRequested)) == 1
        assert world.of(RestrictionRequested) == world.of(LegalRequested) == []
        assert world.days(TaskRequested, kind="inventory") == ["06-15"]
        assert world.days(ReferralMade) == ["06-15"]

    def test_unpaused_all_of_it_happens_and_the_step_still_comes(self) -> None:
        world = World(pack(self.BODY.replace("day: 1", "day: 5")))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-15 08:30").do(RecordObservation(kind="seen"))
        world.to("2026-06-16")
        assert world.days(RestrictionRequested) == world.days(LegalRequested) == ["06-15"]
        assert world.steps() == ["s1 06-15"]

    def test_without_a_case_nothing_is_restricted_referred_or_sued(self) -> None:
        world = World(pack(self.BODY))
        world.invoice(10000, "2026-06-30")
        world.to("2026-06-15 10:00").do(RecordObservation(kind="seen"))
        assert world.of(RestrictionRequested) == world.of(LegalRequested) == []
        assert world.of(ReferralMade) == []
        assert world.days(TaskRequested, kind="inventory") == ["06-15"]

    def test_another_observation_does_nothing(self) -> None:
        world = World(pack(self.BODY))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-15 10:00").do(RecordObservation(kind="other"))
        assert world.of(ReferralMade) == []
