"""Cash at day end, and direct debit, each on its own."""

from datetime import date

import pytest

from chassis.errors import Rejected
from services.dunning.domain import commands as c
from services.dunning.domain import events as e
from services.dunning.domain.creditor import decide_creditor
from tests.dunning.domain.packs import CALL, braced, pack, steps
from tests.dunning.domain.world import World

STEPS = steps(f"day: 1 | {braced(CALL)}")


def alerts(compare: str, collected: int, deposited: int, running: int) -> list[str]:
    text = STEPS + f"cash_desk: {{compare: {compare}, alert: short}}\n"
    world = World(pack(text))
    command = c.CountCash(
        day=date(2026, 6, 1), collected=collected, deposited=deposited, running=running
    )
    events = decide_creditor(world.creditor, command, world.pack, world.now)
    return [event.kind for event in events if isinstance(event, e.AlertRaised)]


@pytest.mark.parametrize(
    ("compare", "collected", "deposited", "running", "told"),
    [
        ("running_total", 0, 0, 100, True),
        ("running_total", 100, 100, 0, False),
        ("running_total", 0, 100, -100, False),
        ("day_alone", 0, 0, 100, False),
        ("day_alone", 100, 90, 10, True),
        ("day_alone", 90, 100, -10, True),
    ],
)
def test_alert_follows_how_the_policy_compares(
    compare: str, collected: int, deposited: int, running: int, told: bool
) -> None:
    assert alerts(compare, collected, deposited, running) == (["short"] if told else [])


DEBIT = (
    STEPS + "calendar: [{id: c1, source: x, monthly: 10, scope: accounts, where: mandate, "
    "do: [{direct_debit: {}}]}]\n"
)


def debits(world: World) -> list[int]:
    return [s.event.amount for s in world.seen if isinstance(s.event, e.DirectDebitRequested)]


def with_mandate(world: World) -> None:
    world.do(c.UpdateAccount(mandate=True), "A")


def test_bank_is_asked_for_all_that_is_open_under_a_mandate() -> None:
    world = World(pack(DEBIT))
    with_mandate(world)
    world.invoice(500, "2026-06-05", "I-1")
    world.invoice(300, "2026-06-30", "I-2")
    world.to("2026-06-10 12:00")
    assert debits(world) == [800]


def test_bank_is_not_asked_without_a_mandate_nor_on_hold() -> None:
    world = World(pack(DEBIT))
    world.invoice(500, "2026-06-05", "I-1")
    world.to("2026-06-11 12:00")
    with_mandate(world)
    world.do(c.PlaceHold(), "A")
    world.to("2026-07-11 12:00")
    assert debits(world) == []


def test_payment_by_direct_debit_answers_the_request() -> None:
    world = World(pack(DEBIT))
    with_mandate(world)
    world.invoice(500, "2026-06-05", "I-1")
    world.to("2026-06-10 12:00")
    world.do(
        c.RecordPayment(payment_id="P", amount=500, received_at=world.now, method="direct_debit"),
        "A",
    )
    (ended,) = [s.event for s in world.seen if isinstance(s.event, e.DirectDebitEnded)]
    assert (ended.outcome, ended.payment_id) == ("paid", "P")


def test_failure_answers_the_latest_request_once() -> None:
    world = World(pack(DEBIT))
    with_mandate(world)
    world.invoice(500, "2026-06-05", "I-1")
    world.to("2026-06-10 12:00")
    world.do(c.FailDirectDebit(reason="insufficient_funds"), "A")
    with pytest.raises(Rejected):
        world.do(c.FailDirectDebit(), "A")
