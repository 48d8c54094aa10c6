"""Money that waits for an invoice nobody knows: nothing severe happens meanwhile."""

from datetime import date

import pytest
from msgspec.structs import replace

from services.dunning.domain.case.commands import Decide
from services.dunning.domain.case.events import (
    AlertRaised,
    LegalRequested,
    RestrictionRequested,
    StepDropped,
    StepTaken,
)
from services.dunning.domain.contact.events import NoticeRequested
from services.dunning.domain.money.commands import NoteUnmatched, UpdateItems
from services.dunning.policy import Pack, with_parameters
from services.dunning.reasons.english import in_words
from tests.dunning.domain.packs import CALL, COURT, LETTER, SMS, STOP, braced, pack, steps
from tests.dunning.domain.world import World


class TestUnknownReference:
    LADDER = pack(
        steps(
            f"day: 1 | {braced(SMS)}",
            f"day: 2 | {braced(STOP)}",
            f"day: 3 | {braced(LETTER)}",
            f"day: 4 | {braced(COURT)}",
        )
    )

    def owing(self, rules: Pack, waits: int) -> World:
        """From 11 June, 12:00, money waits until 09:00 on the 20th."""
        world = World(with_parameters(rules, {"unmatched_days": 9}))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-11 12:00").waits(waits)
        return world

    def test_it_is_told_at_once_and_again_when_a_case_opens(self) -> None:
        world = World(self.LADDER)
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-09 12:00").waits(10000)
        world.invoice(1, "2026-06-30", "INV-2")
        world.to("2026-06-14")
        assert world.days(AlertRaised, kind="payment_unmatched") == ["06-09", "06-11"]

    def test_nothing_is_cut_off_while_it_covers_all_and_later_steps_wait_behind(self) -> None:
        world = self.owing(self.LADDER, 10000)
        world.to("2026-06-19 12:00")
        assert world.steps() == ["s1 06-11"]
        assert world.of(StepDropped) == []
        assert any("unknown invoices" in in_words(one.reason) for one in world.ahead())

    def test_once_released_it_closes_the_case(self) -> None:
        world = self.owing(self.LADDER, 10000)
        assert world.to("2026-07-10").case_state() == "closed"
        assert world.of(RestrictionRequested) == world.of(LegalRequested) == []

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
        world.to("2026-06-14 12:00").reverse()
        world.invoice(1, "2026-06-30", "INV-2")
        assert world.to("2026-06-15 10:00").steps() == ["s1 06-11", "s2 06-15"]

    def test_notices_and_tasks_go_on(self) -> None:
        rules = pack(steps(f"day: 1 | {braced(SMS)}", f"day: 2 | {braced(LETTER, CALL)}"))
        assert self.owing(rules, 10000).to("2026-06-13").steps() == ["s1 06-11", "s2 06-12"]

    def test_what_was_approved_waits_too(self) -> None:
        asks = f"day: 2 | {braced(STOP)} | approval: {{for: stop}}"
        world = World(pack(steps(f"day: 1 | {braced(SMS)}", asks)))
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-12 12:00").waits(10000)
        world.do(Decide(for_="stop", outcome="approved", by="x"))
        world.to("2026-06-14 12:00")
        assert world.of(RestrictionRequested) == []
        world.reverse()
        world.invoice(1, "2026-06-30", "INV-2")
        assert world.to("2026-06-16").days(RestrictionRequested) == ["06-15"]

    def test_the_account_sleeps_while_it_waits(self) -> None:
        world = self.owing(self.LADDER, 10000)
        before = world.wakes
        world.to("2026-06-19 12:00")
        assert world.wakes - before <= 1


class TestTheMorningItIsReleased:
    """09:00 on 20 June, also for the next step; the ledger's word comes later, or never."""

    @pytest.fixture
    def world(self) -> World:
        rules = pack(steps(f"day: 1 | {braced(SMS)}", f"day: 10 | {braced(LETTER)}"))
        world = World(rules)
        world.invoice(10000, "2026-06-10")
        world.to("2026-06-11 12:00")
        unmatched = NoteUnmatched(
            payment_id="P", amount=9000, invoices=("X-1",), until=date(2026, 6, 20)
        )
        world.do(unmatched)
        self.told(world, left=10000, waiting=9000)
        return world

    def told(self, world: World, *, left: int, waiting: int) -> None:
        """The ledger's word on what is left of the invoice, and on the money that waits."""
        (item,) = world.state().items.values()
        update = UpdateItems(
            ledger_version=world.state().ledger_version + 1,
            as_of=world.today,
            currency="CNY",
            items=(replace(item, principal=left),),
            prepaid=waiting,
            waiting=waiting,
        )
        world.do(update)

    def test_the_turn_waits_for_the_money_and_then_is_taken(self, world: World) -> None:
        world.to("2026-06-20 09:00:30")
        assert world.steps() == ["s1 06-11"]
        self.told(world, left=1000, waiting=0)
        world.to("2026-06-20 09:00:31")
        assert world.steps() == ["s1 06-11", "s2 06-20"]
        assert world.of(NoticeRequested)[-1].variables.total == 1000

    def test_it_does_not_wait_for_ever(self, world: World) -> None:
        world.to("2026-06-20 09:05")
        assert world.steps() == ["s1 06-11", "s2 06-20"]
        assert world.to("2026-06-21 10:00").days(StepTaken) == ["06-11", "06-20"]
