"""Overdue, case, pace: when a case opens, closes, and takes its steps."""

from datetime import date

import pytest

from chassis.errors import Rejected
from services.dunning.domain.agreements.commands import MakeApplication, OpenDispute
from services.dunning.domain.case.commands import Decide
from services.dunning.domain.case.events import (
    ApprovalLapsed,
    CaseOpened,
    RestorationRequested,
    TaskWithdrawn,
)
from services.dunning.domain.localtime import months_after, named_day, next_monthly
from services.dunning.domain.money.commands import UpdateItems
from tests.dunning.domain.packs import CALL, SIMPLE, STOP, braced, pack, steps
from tests.dunning.domain.world import World


def overdue_world(**changes: str) -> World:
    world = World(SIMPLE)
    world.invoice(10000, "2026-06-10")
    return world


class TestOpening:
    def test_nothing_is_overdue_on_the_due_date(self) -> None:
        world = overdue_world().to("2026-06-10 23:59:59")
        assert world.case_state() == "none"

    def test_the_case_opens_at_the_start_of_the_day_after(self) -> None:
        world = overdue_world().to("2026-06-11")
        assert world.case_state() == "open"
        assert world.days(CaseOpened) == ["06-11"]

    def test_payment_on_the_evening_of_the_due_date_is_in_time(self) -> None:
        world = overdue_world().to("2026-06-10 19:40")
        world.pay(10000)
        assert world.to("2026-07-30").case_state() == "none"

    def test_a_second_overdue_item_opens_no_second_case(self) -> None:
        world = overdue_world()
        world.invoice(5000, "2026-06-15", "INV-2")
        world.to("2026-06-20")
        assert world.days(CaseOpened) == ["06-11"]

    def test_the_case_pins_pack_version_and_text(self) -> None:
        ref = overdue_world().to("2026-06-12").case().policy
        assert (ref.policy, ref.version) == ("test", 1)
        assert ref.content_hash == SIMPLE.content_hash != ""

    def test_a_disputed_item_never_opens_a_case(self) -> None:
        world = overdue_world()
        world.do(OpenDispute(item_id="INV-1"))
        assert world.to("2026-07-01").case_state() == "none"


class TestClosing:
    def test_full_payment_closes_the_case_and_restores_at_once(self) -> None:
        world = overdue_world().to("2026-07-05 15:00")
        world.pay(10000)
        assert world.case_state() == "closed"
        assert world.days(RestorationRequested) == ["07-05"]
        assert world.state().restrictions == ()
        assert world.state().wake is None

    def test_one_fen_left_keeps_the_case_open_and_the_restriction(self) -> None:
        world = overdue_world().to("2026-07-05 15:00")
        world.pay(9999)
        assert world.case_state() == "open"
        assert world.of(RestorationRequested) == []

    def test_open_tasks_are_withdrawn(self) -> None:
        world = World(pack(steps(f"day: 1 | {braced(CALL)}")))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-12")
        world.pay(10000)
        assert [t.kind for t in world.of(TaskWithdrawn)] == ["phone_call"]
        assert world.state().tasks == ()

    def test_pending_approvals_lapse(self) -> None:
        world = World(pack(steps(f"day: 1 | {braced(STOP)} | approval: {{for: stop}}")))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-12")
        world.pay(10000)
        assert [a.for_ for a in world.of(ApprovalLapsed)] == ["stop"]
        assert world.state().approvals == ()

    def test_a_case_with_everything_past_due_disputed_stays(self) -> None:
        world = overdue_world().to("2026-06-12")
        world.do(OpenDispute())
        assert world.to("2026-08-01").case_state() == "paused"

    def test_a_reversed_payment_opens_a_new_case_that_starts_again(self) -> None:
        world = overdue_world().to("2026-06-22 10:00")
        world.pay(10000)
        world.to("2026-06-25 10:00").reverse()
        world.to("2026-06-30")
        assert world.days(CaseOpened) == ["06-11", "06-25"]
        assert world.steps() == ["s1 06-11", "s2 06-20", "s1 06-26", "s2 06-27"]

    def test_case_ids_differ(self) -> None:
        world = overdue_world().to("2026-06-22 10:00")
        world.pay(10000)
        world.reverse()
        first, second = (event.case_id for event in world.of(CaseOpened))
        assert first != second


class TestDeferral:
    def test_a_deferred_account_is_not_overdue_and_its_case_closes(self) -> None:
        world = overdue_world().to("2026-07-05")
        world.do(MakeApplication(for_="deferral", by_code="a"))
        world.do(Decide(for_="deferral", outcome="approved", until=date(2026, 8, 10), by="b"))
        assert world.case_state() == "closed"
        assert world.days(RestorationRequested) == ["07-05"]
        assert world.to("2026-08-10 23:00").case_state() == "closed"

    def test_days_count_from_the_deferred_date(self) -> None:
        world = overdue_world().to("2026-07-05")
        world.do(MakeApplication(for_="deferral", until=date(2026, 8, 10)))
        world.do(Decide(for_="deferral", outcome="approved"))
        world.to("2026-08-31")
        assert world.steps()[3:] == ["s1 08-11", "s2 08-20", "s3 08-30"]

    def test_a_deferral_without_a_date_is_refused(self) -> None:

        world = overdue_world().to("2026-07-05")
        world.do(MakeApplication(for_="deferral"))
        with pytest.raises(Rejected, match="until"):
            world.do(Decide(for_="deferral", outcome="approved"))


class TestLedgerWord:
    def test_an_older_message_changes_nothing(self) -> None:
        world = overdue_world().to("2026-06-12")
        old = UpdateItems(ledger_version=1, as_of=world.today, currency="CNY", items=())
        assert world.do(old) == []

    def test_nothing_is_concluded_before_the_last_part(self) -> None:
        world = overdue_world().to("2026-06-12")
        first = UpdateItems(
            ledger_version=9, as_of=world.today, currency="CNY", items=(), more=True
        )
        world.do(first)
        assert world.state().updating
        last = UpdateItems(ledger_version=9, as_of=world.today, currency="CNY", items=())
        world.do(last)
        assert not world.state().updating
        assert world.case_state() == "open"


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2023, 11, 30), 3, date(2024, 2, 29)),
        (date(2026, 1, 31), 3, date(2026, 4, 30)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
    ],
)
def test_calendar_months_end_on_the_last_day_of_a_shorter_month(
    day: date, months: int, expected: date
) -> None:
    assert months_after(day, months) == expected


def test_a_monthly_entry_on_the_31st_runs_on_the_last_day() -> None:
    assert next_monthly(date(2026, 2, 1), 31) == date(2026, 2, 28)
    assert next_monthly(date(2026, 12, 31), 31) == date(2026, 12, 31)
    assert next_monthly(date(2026, 12, 6), 5) == date(2027, 1, 5)


def test_of_several_days_of_a_month_the_next_one_counts() -> None:
    assert next_monthly(date(2026, 2, 11), 10, 20) == date(2026, 2, 20)
    assert next_monthly(date(2026, 2, 21), 10, 30) == date(2026, 2, 28)
    assert named_day(date(2026, 2, 28), (10, 30)) == 30
