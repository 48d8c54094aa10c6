"""Days that a pack names: before the due date, of a month."""

from datetime import date

import pytest

from chassis.errors import Rejected
from services.dunning.domain.agreements.commands import MakePromise
from services.dunning.domain.case.commands import (
    CompleteTask,
    PlaceHold,
    ReleaseHold,
)
from services.dunning.domain.case.events import (
    TaskRequested,
)
from services.dunning.domain.contact.events import NoticeRequested
from services.dunning.domain.creditor.events import ReportStored
from tests.dunning.domain.packs import (
    SMS,
    braced,
    pack,
    steps,
)
from tests.dunning.domain.world import World


class TestBeforeDue:
    BODY = (
        steps(f"day: 1 | {braced(SMS)}")
        + f"before_due:\n  - {{id: b1, source: x, days: 5, do: [{braced(SMS)}]}}\n"
    )

    def test_a_notice_goes_out_at_nine_that_many_days_before(self) -> None:
        world = World(pack(self.BODY))
        world.invoice(10000, "2026-06-20")
        world.to("2026-06-19")
        notice = world.of(NoticeRequested)
        assert world.days(NoticeRequested) == ["06-15"]
        assert (notice[0].variables.total, notice[0].needs_overdue) == (10000, False)

    def test_two_items_of_one_date_make_one_notice(self) -> None:
        world = World(pack(self.BODY))
        world.invoice(10000, "2026-06-20")
        world.invoice(5000, "2026-06-20", "INV-2")
        world.to("2026-06-19")
        assert [n.variables.total for n in world.of(NoticeRequested)] == [15000]

    def test_it_is_not_made_up_when_the_invoice_comes_later(self) -> None:
        world = World(pack(self.BODY)).to("2026-06-15 10:00")
        world.invoice(10000, "2026-06-20")
        world.to("2026-06-20 23:00")
        assert world.of(NoticeRequested) == []

    def test_it_goes_out_in_a_paused_case_but_not_in_a_hold(self) -> None:
        paused, held = World(pack(self.BODY)), World(pack(self.BODY))
        for world in (paused, held):
            world.invoice(10000, "2026-06-10")
            world.invoice(5000, "2026-06-30", "INV-2")
            world.to("2026-06-20")
        paused.do(MakePromise(amount=10000, by=date(2026, 6, 29)))
        held.do(PlaceHold())
        assert "06-25" in paused.to("2026-06-26").days(NoticeRequested)
        assert "06-25" not in held.to("2026-06-26").days(NoticeRequested)

    def test_a_paid_item_gets_none(self) -> None:
        world = World(pack(self.BODY))
        world.invoice(10000, "2026-06-20")
        world.pay(10000, item="INV-1")
        world.to("2026-07-01")
        assert world.of(NoticeRequested) == []


class TestMonthly:
    def test_an_entry_runs_for_every_overdue_account_paused_or_not(self) -> None:
        body = steps(f"day: 300 | {braced(SMS)}") + (
            "calendar:\n  - {id: c1, source: x, monthly: 31, scope: accounts, where: overdue,\n"
            "     do: [task: {kind: verify_debt, owner: finance}]}\n"
        )
        world = World(pack(body))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-12").do(MakePromise(amount=10000, by=date(2026, 7, 30)))
        world.to("2026-07-02 10:00")
        assert world.days(TaskRequested) == ["06-30"]
        world.to("2026-08-02").do(PlaceHold())
        world.to("2026-09-02").do(ReleaseHold())
        world.to("2026-10-02")
        assert world.days(TaskRequested) == ["06-30", "07-31", "09-30"]

    def test_a_bill_names_what_is_not_yet_due(self) -> None:
        body = steps(f"day: 1 | {braced(SMS)}") + (
            "calendar:\n  - {id: c1, source: x, monthly: 10, scope: accounts,"
            " where: not_yet_due,\n"
            "     do: [notice: {purpose: bill, channels: [letter]}]}\n"
        )
        world = World(pack(body))
        world.invoice(10000, "2026-06-15")
        world.invoice(300, "2026-06-09", "OLD")
        world.to("2026-06-11")
        bills = [n for n in world.of(NoticeRequested) if n.purpose == "bill"]
        assert [(n.variables.total, n.needs_overdue) for n in bills] == [(10000, False)]

    def test_the_creditors_entry_runs_every_month_also_when_nobody_owes(self) -> None:
        body = steps(f"day: 1 | {braced(SMS)}") + (
            "calendar:\n  - {id: c1, source: x, monthly: 5,\n"
            "     do: [{task: {kind: report_upward, owner: finance}},"
            " {report: {name: arrears_register}}]}\n"
        )
        world = World(pack(body))
        world.to("2026-09-04")
        assert world.days(TaskRequested, None) == ["06-05", "07-05", "08-05"]
        assert [r.name for r in world.of(ReportStored, None)] == ["arrears_register"] * 3

    def test_a_creditors_task_can_be_completed_once(self) -> None:
        from services.dunning.policy import get

        world = World(get("county-hospital")).to("2026-06-06")
        done = CompleteTask(kind="report_upward", result="sent")
        world.do_creditor(done)
        assert world.creditor.tasks == ()
        with pytest.raises(Rejected, match="no open task"):
            world.do_creditor(done)
