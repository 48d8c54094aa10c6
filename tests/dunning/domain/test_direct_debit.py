"""What the bank is asked to debit, what its answers end, and a mandate that ends."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chassis.errors import Rejected
from services.dunning.domain.case.commands import PlaceHold
from services.dunning.domain.case.events import TaskRequested
from services.dunning.domain.contact.commands import UpdateAccount
from services.dunning.domain.money.commands import FailDirectDebit, RecordPayment
from services.dunning.domain.money.events import DirectDebitEnded, DirectDebitRequested
from services.dunning.policy import Pack
from tests.dunning.domain.packs import CALL, VISIT, braced, pack, steps
from tests.dunning.domain.world import World

TWICE = "".join(
    f"  - {{id: c{day}, source: x, monthly: {day}, scope: accounts, where: mandate, "
    "do: [{direct_debit: {}}]}\n"
    for day in (10, 20)
)
DEBIT = steps(f"day: 25 | {braced(CALL)}") + "calendar:\n" + TWICE
ON_WITHDRAWAL = f"""reactions:
  - id: r1
    source: x
    on: {{mandate: withdrawn}}
    do: [{braced(VISIT)}]
"""


def opened(body: Pack | None = None) -> World:
    world = World(body or pack(DEBIT))
    world.do(UpdateAccount(mandate=True))
    return world


def asked(world: World) -> list[tuple[str, int]]:
    return [(f"{one.on:%m-%d}", one.amount) for one in world.of(DirectDebitRequested)]


def ended(world: World) -> list[tuple[str, str]]:
    days = {one.request_id: f"{one.on:%m-%d}" for one in world.of(DirectDebitRequested)}
    return [(days[one.request_id], one.outcome) for one in world.of(DirectDebitEnded)]


def debit(world: World, amount: int, payment_id: str = "P") -> None:
    world.pay(amount, payment_id, method="direct_debit")


class TestAsking:
    def test_for_all_that_is_open_due_or_not(self) -> None:
        world = opened()
        world.invoice(500, "2026-06-05", "I-1")
        world.invoice(300, "2026-06-30", "I-2")
        world.to("2026-06-10 12:00")
        assert asked(world) == [("06-10", 800)]

    def test_never_without_a_mandate_nor_on_hold(self) -> None:
        world = World(pack(DEBIT))
        world.invoice(500, "2026-06-05", "I-1")
        world.to("2026-06-11 12:00")
        world.do(UpdateAccount(mandate=True))
        world.do(PlaceHold())
        world.to("2026-07-11 12:00")
        assert asked(world) == []

    def test_not_again_for_what_the_bank_has_not_answered(self) -> None:
        world = opened()
        world.invoice(500, "2026-06-05", "I-1")
        world.to("2026-06-15")
        world.invoice(200, "2026-06-30", "I-2")
        world.to("2026-07-20 12:00")
        assert asked(world) == [("06-10", 500), ("06-20", 200)]

    def test_the_items_of_a_request_are_what_it_asks_for(self) -> None:
        world = opened()
        world.invoice(500, "2026-06-05", "I-1")
        world.to("2026-06-11")
        world.invoice(200, "2026-06-30", "I-2")
        world.to("2026-06-20 12:00")
        second = world.of(DirectDebitRequested)[-1]
        assert [(i.item_id, i.principal) for i in second.items] == [("I-2", 200)]

    def test_less_what_waits_on_the_account(self) -> None:
        world = opened()
        world.invoice(500, "2026-06-30", "I-1")
        world.pay(120, "P-1")
        world.to("2026-06-10 12:00")
        assert asked(world) == [("06-10", 380)]
        assert [i.principal for i in world.of(DirectDebitRequested)[0].items] == [380]

    def test_not_at_all_when_what_waits_covers_everything(self) -> None:
        world = opened()
        world.invoice(500, "2026-06-30", "I-1")
        world.pay(600, "P-1")
        world.to("2026-06-21")
        assert asked(world) == []

    def test_money_that_came_otherwise_leaves_the_running_request_running(self) -> None:
        world = opened()
        world.invoice(500, "2026-06-05", "I-1")
        world.to("2026-06-11")
        world.pay(500, "P-1", method="cash")
        world.invoice(600, "2026-06-30", "I-2")
        world.to("2026-06-20 12:00")
        assert asked(world) == [("06-10", 500), ("06-20", 100)]

    def test_a_request_stored_before_amounts_were_kept_is_waited_for(self) -> None:
        world = opened()
        world.invoice(500, "2026-06-05", "I-1")
        world.put(replace(world.state(), debit="earlier-b1"))
        world.to("2026-06-10 12:00")
        assert asked(world) == []
        world.do(FailDirectDebit(reason="AM04"))
        world.to("2026-06-20 12:00")
        assert asked(world) == [("06-20", 500)]


class TestAnswers:
    @pytest.fixture
    def world(self) -> World:
        """Two requests run: of the 10th for 500, of the 20th for 300."""
        world = opened()
        world.invoice(500, "2026-06-05", "I-1")
        world.to("2026-06-11")
        world.invoice(300, "2026-06-15", "I-2")
        return world.to("2026-06-20 12:00")

    def test_a_payment_by_direct_debit_answers_the_oldest(self, world: World) -> None:
        debit(world, 500)
        assert ended(world) == [("06-10", "paid")]
        assert world.of(DirectDebitEnded)[0].payment_id == "P"

    @pytest.mark.parametrize("suffix", ["", ":1"])
    def test_a_payment_answers_the_request_its_id_names(self, world: World, suffix: str) -> None:
        second = world.of(DirectDebitRequested)[1].request_id
        debit(world, 300, second + suffix)
        assert ended(world) == [("06-20", "paid")]

    def test_a_second_part_of_a_request_that_is_over_answers_no_other(self, world: World) -> None:
        first = world.of(DirectDebitRequested)[0].request_id
        debit(world, 200, f"{first}:1")
        debit(world, 300, f"{first}:2")
        assert ended(world) == [("06-10", "paid")]

    def test_money_that_came_before_the_bank_was_asked_answers_nothing(self, world: World) -> None:
        earlier = RecordPayment(
            payment_id="P",
            amount=500,
            received_at=world.now - timedelta(days=11),
            method="direct_debit",
        )
        world.do(earlier)
        assert ended(world) == []

    def test_a_payment_another_way_answers_none(self, world: World) -> None:
        world.pay(500, "P", method="transfer")
        assert ended(world) == []

    def test_a_partial_answer_ends_its_request_and_the_rest_is_asked_for(
        self, world: World
    ) -> None:
        debit(world, 200)
        world.to("2026-07-10 12:00")
        assert ended(world) == [("06-10", "paid")]
        assert asked(world)[2:] == [("07-10", 300)]

    def test_a_failure_without_a_name_answers_the_oldest(self, world: World) -> None:
        world.do(FailDirectDebit(reason="AM04"))
        assert ended(world) == [("06-10", "failed")]

    def test_a_failure_answers_the_request_it_names(self, world: World) -> None:
        second = world.of(DirectDebitRequested)[1].request_id
        world.do(FailDirectDebit(request_id=second, reason="AM04"))
        assert ended(world) == [("06-20", "failed")]

    def test_the_run_after_a_failure_asks_again(self, world: World) -> None:
        world.do(FailDirectDebit(reason="AM04"))
        world.to("2026-07-10 12:00")
        assert asked(world)[2:] == [("07-10", 500)]

    def test_the_same_payment_told_again_answers_nothing_more(self, world: World) -> None:
        debit(world, 500)
        again = RecordPayment(
            payment_id="P", amount=500, received_at=world.now, method="direct_debit"
        )
        world.do(again)
        assert ended(world) == [("06-10", "paid")]

    def test_what_a_debit_brought_and_was_taken_back_is_asked_for_again(self, world: World) -> None:
        debit(world, 500)
        world.reverse("P")
        world.to("2026-07-10 12:00")
        assert asked(world)[2:] == [("07-10", 500)]

    def test_an_answer_to_nothing_is_refused(self) -> None:
        with pytest.raises(Rejected, match="not asked"):
            opened().do(FailDirectDebit())


class TestMandate:
    def test_a_withdrawn_one_ends_debits_and_gives_finance_a_task(self) -> None:
        world = opened()
        world.invoice(500, "2026-06-05", "I-1")
        world.do(UpdateAccount(mandate=False))
        world.to("2026-06-21")
        assert asked(world) == []
        (task,) = world.of(TaskRequested)
        assert (task.kind, task.owner, task.case_id) == ("reconcile", "finance", None)

    @pytest.mark.parametrize("code", ["MD01", "MD06", "MD07", "AC01", "AC04", "AC06", "AG01"])
    def test_a_code_that_says_never_ends_it(self, code: str) -> None:
        world = opened()
        world.invoice(500, "2026-06-05", "I-1")
        world.to("2026-06-11")
        world.do(FailDirectDebit(reason=code))
        world.to("2026-06-21")
        assert asked(world) == [("06-10", 500)]
        assert [task.kind for task in world.of(TaskRequested)] == ["reconcile"]

    def test_a_code_that_says_not_this_time_does_not(self) -> None:
        world = opened()
        world.invoice(500, "2026-06-05", "I-1")
        world.to("2026-06-11")
        world.do(FailDirectDebit(reason="AM04"))
        world.to("2026-06-21")
        assert asked(world) == [("06-10", 500), ("06-20", 500)]
        assert world.of(TaskRequested) == []

    def test_one_that_was_asked_back_after_it_was_paid_ends_it_too(self) -> None:
        world = opened()
        world.invoice(500, "2026-06-05", "I-1")
        world.to("2026-06-11")
        debit(world, 500)
        world.do(FailDirectDebit(reason="md06"))
        assert not world.state().mandate
        assert ended(world) == [("06-10", "paid")]

    def test_a_new_one_lets_the_next_run_ask(self) -> None:
        world = opened()
        world.invoice(500, "2026-06-05", "I-1")
        world.to("2026-06-11")
        world.do(FailDirectDebit(reason="MD01"))
        world.do(UpdateAccount(mandate=True))
        world.to("2026-06-20 12:00")
        assert asked(world) == [("06-10", 500), ("06-20", 500)]

    def test_the_task_outlives_the_case(self) -> None:
        world = opened()
        world.invoice(500, "2026-06-05", "I-1")
        world.to("2026-06-11")
        world.do(FailDirectDebit(reason="AC04"))
        world.pay(500)
        assert world.case_state() == "closed"
        assert [task.kind for task in world.state().tasks] == ["reconcile"]

    def test_a_pack_that_names_it_says_what_follows(self) -> None:
        world = opened(pack(DEBIT + ON_WITHDRAWAL))
        world.do(UpdateAccount(mandate=False))
        assert [task.kind for task in world.of(TaskRequested)] == ["visit"]
