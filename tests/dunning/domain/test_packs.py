"""The four packs, sentence by sentence where the scenario files do not reach."""

from datetime import date

import pytest

from services.dunning.domain.agreements.commands import (
    AgreePlan,
    MakeApplication,
    MakePromise,
    OpenDispute,
    ResolveDispute,
)
from services.dunning.domain.agreements.state import Instalment
from services.dunning.domain.case.commands import Decide, RecordLegalProgress, RecordObservation
from services.dunning.domain.case.events import (
    Classified,
    LegalRequested,
    RestorationRequested,
    RestrictionRequested,
    StepDropped,
    TaskRequested,
)
from services.dunning.domain.contact.events import NoticeRequested
from services.dunning.domain.creditor.events import ReportStored
from services.dunning.domain.creditor.terms import terms_of
from services.dunning.policy import get, with_parameters
from tests.dunning.domain.world import World


def case_of(policy: str, amount: int = 12850, due: str = "2026-06-10") -> World:
    world = World(get(policy))
    world.invoice(amount, due)
    return world


class TestMobile:
    def test_a_large_debt_is_stopped_the_day_after_calls_are(self) -> None:
        world = case_of("mobile", 50000).to("2026-07-20")
        assert world.steps() == [
            "reminder 06-11",
            "voice_reminder 06-15",
            "bar_outgoing 06-18",
            "stop_service 06-19",
        ]

    def test_one_fen_less_is_stopped_on_day_30(self) -> None:
        world = case_of("mobile", 49999).to("2026-07-20")
        assert world.steps()[-1] == "stop_service 07-10"

    def test_approved_hardship_restores_each_service_at_once(self) -> None:
        world = case_of("mobile").to("2026-07-12 10:00")
        world.do(MakeApplication(for_="hardship", by_code="YD"))
        assert world.of(RestorationRequested) == []
        world.do(Decide(for_="hardship", outcome="approved", by="m"))
        restored = [r.service for r in world.of(RestorationRequested)]
        assert restored == ["outgoing", "all_service"]
        assert [x.as_ for x in world.of(Classified)] == ["reasonable"]
        assert world.case_state() == "open"

    def test_then_no_restriction_and_no_court_but_calls_and_visits(self) -> None:
        world = case_of("mobile").to("2026-06-12")
        world.do(MakeApplication(for_="hardship", by_code="YD"))
        world.do(Decide(for_="hardship", outcome="approved", by="m"))
        world.to("2027-06-01")
        assert world.steps() == [
            "reminder 06-11",
            "voice_reminder 06-15",
            "call 08-09",
            "visit 09-08",
        ]
        assert world.days(StepDropped) == ["06-18", "07-10", "12-07"]

    def test_an_instalment_plan_may_follow(self) -> None:
        world = case_of("mobile").to("2026-06-12")
        world.do(MakeApplication(for_="hardship", by_code="YD"))
        world.do(Decide(for_="hardship", outcome="approved", by="m"))
        world.do(AgreePlan(instalments=(Instalment(due=date(2026, 7, 1), amount=12850),)))
        assert world.case_state() == "paused"

    def test_hardship_approved_before_the_case_counts_in_it(self) -> None:
        world = case_of("mobile").to("2026-06-05")
        world.do(MakeApplication(for_="hardship", by_code="YD"))
        world.do(Decide(for_="hardship", outcome="approved", by="m"))
        assert world.of(Classified) == []
        world.to("2026-07-20")
        assert world.days(Classified) == ["06-11"]
        assert world.of(RestrictionRequested) == []

    def test_a_later_case_begins_as_unreasonable_as_any(self) -> None:
        world = case_of("mobile").to("2026-06-12")
        world.do(MakeApplication(for_="hardship", by_code="YD"))
        world.do(Decide(for_="hardship", outcome="approved", by="m"))
        world.pay(12850)
        world.invoice(9000, "2026-06-30", "INV-2")
        world.to("2026-07-20")
        assert world.days(RestrictionRequested) == ["07-08"]

    def test_rejected_hardship_changes_nothing(self) -> None:
        world = case_of("mobile").to("2026-06-12")
        world.do(MakeApplication(for_="hardship", by_code="YD"))
        world.do(Decide(for_="hardship", outcome="rejected", by="m"))
        world.to("2026-07-20")
        assert world.of(Classified) == []
        assert world.days(RestrictionRequested) == ["06-18", "07-10"]


class TestCountyHospital:
    def test_bills_without_a_date_fall_due_seven_days_after_issue(self) -> None:
        assert terms_of(get("county-hospital")).due_days == 7

    def test_a_demand_names_ten_days(self) -> None:
        world = case_of("county-hospital").to("2026-06-18")
        assert world.of(NoticeRequested)[-1].respond_by == date(2026, 6, 27)

    @pytest.mark.parametrize("at", ["2026-06-05", "2026-06-15"])
    def test_a_dispute_is_reviewed_at_once_with_or_without_a_case(self, at: str) -> None:
        world = case_of("county-hospital").to(at)
        world.do(OpenDispute())
        tasks = [t for t in world.of(TaskRequested) if t.kind == "dispute_review"]
        assert [(t.owner, t.on) for t in tasks] == [("finance", date.fromisoformat(at))]

    def test_the_hospitals_own_fault_is_reviewed_at_once(self) -> None:
        world = case_of("county-hospital").to("2026-06-15")
        world.do(RecordObservation(kind="own_fault"))
        assert world.days(TaskRequested, kind="dispute_review") == ["06-15"]

    def test_the_month_is_reported_with_the_register(self) -> None:
        world = World(get("county-hospital"), "2026-01-01").to("2026-04-01")
        assert world.days(TaskRequested, None) == ["01-05", "02-05", "03-05"]
        assert world.days(ReportStored, None) == ["01-05", "02-05", "03-05"]

    def test_the_reporting_day_is_a_parameter(self) -> None:
        pack = with_parameters(get("county-hospital"), {"report_day": 31})
        world = World(pack, "2026-01-01").to("2026-04-01")
        assert world.days(TaskRequested, None) == ["01-31", "02-28", "03-31"]


class TestServiceCompany:
    def test_the_steps_in_order_without_a_promise(self) -> None:
        world = case_of("service-company").to("2026-12-01")
        assert world.steps() == [
            "arrears_notice 06-11",
            "call 06-18",
            "demand 06-25",
            "lawyer_letter 07-10",
            "court 08-09",
        ]

    def test_an_unpaid_judgment_is_enforced_ten_days_on(self) -> None:
        world = case_of("service-company").to("2026-09-01 16:00")
        world.do(RecordLegalProgress(progress="judgment", amount=12850))
        world.to("2026-12-01")
        assert world.steps()[-1] == "enforcement 09-11"
        assert [x.document for x in world.of(LegalRequested)][-1] == "enforcement_application"

    def test_a_paid_judgment_is_not(self) -> None:
        world = case_of("service-company").to("2026-09-01 16:00")
        world.do(RecordLegalProgress(progress="judgment", amount=12850))
        world.to("2026-09-10").pay(12850)
        world.to("2026-12-01")
        assert len(world.of(LegalRequested)) == 2

    def test_a_partly_paid_one_is_as_a_step_that_a_pause_puts_off(self) -> None:
        world = case_of("service-company").to("2026-09-01 16:00")
        world.do(RecordLegalProgress(progress="judgment", amount=12850))
        world.pay(850)
        world.do(MakePromise(amount=12000, by=date(2026, 9, 20)))
        world.to("2026-12-01")
        assert world.steps()[-1] == "enforcement 09-21"

    def test_a_judgment_is_paid_although_more_fell_due_since(self) -> None:
        world = case_of("service-company").to("2026-09-01 16:00")
        world.do(RecordLegalProgress(progress="judgment", amount=12850))
        world.invoice(500, "2026-09-03", item_id="LATER")
        world.to("2026-09-09").pay(12850)
        assert world.to("2026-12-01").steps()[-1] == "court 08-09"
        assert world.case_state() == "open"

    def test_a_judgment_for_a_part_is_paid_with_that_part(self) -> None:
        world = case_of("service-company").to("2026-09-01 16:00")
        world.do(RecordLegalProgress(progress="judgment", amount=10000))
        world.pay(9999)
        world.to("2026-09-10").pay(1, "PAY-2")
        assert world.to("2026-12-01").steps()[-1] == "court 08-09"

    def test_a_judgment_is_unpaid_again_when_the_payment_was_never_made(self) -> None:
        world = case_of("service-company").to("2026-09-01 16:00")
        world.do(RecordLegalProgress(progress="judgment", amount=12850))
        world.invoice(500, "2026-09-03", item_id="LATER")
        world.to("2026-09-09").pay(12850)
        world.to("2026-09-20 10:00").reverse()
        assert world.to("2026-12-01").steps()[-1] == "enforcement 09-21"

    def test_filing_alone_enforces_nothing(self) -> None:
        world = case_of("service-company").to("2026-09-01 16:00")
        world.do(RecordLegalProgress(progress="filed"))
        assert world.to("2027-01-01").steps()[-1] == "court 08-09"

    def test_the_notice_names_a_last_day_a_week_on(self) -> None:
        world = case_of("service-company").to("2026-06-12")
        assert {n.respond_by for n in world.of(NoticeRequested)} == {date(2026, 6, 18)}


class TestUnitUsers:
    def reviews(self, world: World) -> list[str]:
        return world.days(TaskRequested, kind="dispute_review")

    def test_a_dispute_raised_before_the_due_date_is_reviewed_with_the_demand(self) -> None:
        world = case_of("unit-users").to("2026-06-08 10:00")
        world.do(OpenDispute(kind="objection"))
        world.to("2026-06-20 10:00").do(ResolveDispute(outcome="rejected", by="m"))
        assert self.reviews(world.to("2026-07-12")) == ["07-10"]

    def test_a_dispute_about_an_earlier_debt_is_not(self) -> None:
        world = case_of("unit-users").to("2026-06-11 10:00")
        world.do(OpenDispute(kind="objection"))
        world.do(ResolveDispute(outcome="rejected", by="m"))
        world.pay(12850)
        world.invoice(500, "2026-06-20", item_id="LATER")
        assert self.reviews(world.to("2026-07-22")) == []
        assert world.steps()[-1] == "demand 07-20"


class TestThreeStage:
    def test_reminder_and_call_are_one_step(self) -> None:
        world = case_of("three-stage").to("2026-06-12")
        assert world.steps() == ["reminder_and_call 06-11"]
        assert world.days(NoticeRequested) == world.days(TaskRequested) == ["06-11"]

    def test_the_service_stops_on_day_31_until_cleared(self) -> None:
        world = case_of("three-stage").to("2026-07-12")
        assert world.days(RestrictionRequested) == ["07-11"]
        world.pay(12849)
        assert world.of(RestorationRequested) == []
        world.pay(1, "PAY-2")
        assert world.days(RestorationRequested) == ["07-12"]
