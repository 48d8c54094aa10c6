"""Limitation periods: when they end, what restarts them, what is told of them."""

from datetime import date

import pytest

from services.dunning.domain.agreements.commands import MakePromise, OpenDispute
from services.dunning.domain.case.events import AlertRaised
from services.dunning.domain.contact.commands import RecordDelivery
from services.dunning.domain.contact.events import NoticeRequested
from services.dunning.domain.money.clocks import ends_on, years_after
from services.dunning.domain.money.events import LimitationReached, LimitationRestarted
from services.dunning.policy.model import Pack
from tests.dunning.domain.packs import CALL, LETTER, braced, pack, steps
from tests.dunning.domain.world import World

RULES = """
limitation:
  years: 3
  near_days: 90
  restarted_by: [delivered_demand, promise, part_payment]
  near: [{alert: {kind: limitation_near}}, {notice: {purpose: demand, channels: [letter]}}]
  expired: [{alert: {kind: limitation_expired}}]
"""
WATCHED = pack(steps(f"day: 2000 | {braced(CALL)}") + RULES)
DEMANDS = pack(steps(f"day: 1 | {braced(LETTER)}", f"day: 2000 | {braced(CALL)}") + RULES)


def owing(due: str, opens: str = "2023-03-01", policy: Pack = WATCHED) -> World:
    world = World(policy, opens=opens)
    world.invoice(100000, due)
    return world


def alerts(world: World) -> list[str]:
    return [f"{a.kind} {a.on}" for a in world.of(AlertRaised)]


def test_the_last_day_is_the_anniversary_and_the_28th_for_a_leap_day() -> None:
    assert years_after(date(2023, 3, 10), 3) == date(2026, 3, 10)
    assert years_after(date(2024, 2, 29), 3) == date(2027, 2, 28)
    assert years_after(date(2024, 2, 29), 4) == date(2028, 2, 29)


def test_near_and_expired_are_told_on_their_days_with_one_demand() -> None:
    world = owing("2023-03-10").to("2026-03-20")
    assert alerts(world) == ["limitation_near 2025-12-10", "limitation_expired 2026-03-10"]
    assert world.days(NoticeRequested) == ["12-10"]


def test_they_are_told_at_the_step_time() -> None:
    world = owing("2023-03-10").to("2025-12-10 08:59")
    assert alerts(world) == []
    world.to("2025-12-10 09:00")
    assert len(alerts(world)) == 1


@pytest.mark.parametrize(
    ("opens", "told"),
    [
        ("2026-01-20", ["limitation_near 2026-01-20", "limitation_expired 2026-03-10"]),
        ("2026-03-10", ["limitation_expired 2026-03-10"]),
        ("2026-05-01", ["limitation_expired 2026-05-01"]),
    ],
)
def test_a_debt_entered_late_gets_the_alert_that_applies_once(opens: str, told: list[str]) -> None:
    world = owing("2023-03-10", opens=opens).to("2026-09-01")
    assert alerts(world) == told


def test_entered_after_the_step_time_it_is_told_the_next_morning() -> None:
    world = World(WATCHED, opens="2026-05-01").to("2026-05-01 10:00")
    world.invoice(100000, "2023-03-10")
    assert alerts(world.to("2026-05-20")) == ["limitation_expired 2026-05-02"]


def test_each_item_has_its_own_period_and_one_demand_covers_a_day() -> None:
    world = owing("2023-03-10")
    world.invoice(5000, "2023-03-10", "INV-2")
    world.invoice(7000, "2023-06-10", "INV-3")
    world.to("2026-01-01")
    assert alerts(world) == ["limitation_near 2025-12-10"] * 2
    assert world.days(NoticeRequested) == ["12-10"]
    reached = [(r.item_id, str(r.ends_on)) for r in world.of(LimitationReached)]
    assert reached == [("INV-1", "2026-03-10"), ("INV-2", "2026-03-10")]


def test_a_part_payment_restarts_the_item_it_went_to_alone() -> None:
    world = owing("2023-03-10")
    world.invoice(5000, "2023-03-20", "INV-2")
    world.to("2024-05-05 10:00").pay(40000)
    assert alerts(world.to("2026-12-31")) == [
        "limitation_near 2025-12-20",
        "limitation_expired 2026-03-20",
    ]
    assert alerts(world.to("2027-05-05 09:00"))[2:] == [
        "limitation_near 2027-02-04",
        "limitation_expired 2027-05-05",
    ]


def test_a_reversed_part_payment_restarted_nothing() -> None:
    world = owing("2023-03-10").to("2024-05-05 10:00")
    world.pay(40000)
    world.to("2024-06-01").reverse()
    assert alerts(world.to("2025-12-11")) == ["limitation_near 2025-12-10"]


def test_a_promise_restarts_what_is_past_due() -> None:
    world = owing("2023-03-10").to("2024-05-05 10:00")
    world.do(MakePromise(amount=100000, by=date(2024, 5, 20)))
    assert world.state().items
    assert [a for a in alerts(world.to("2026-12-31")) if "limitation" in a] == []


@pytest.mark.parametrize(("result", "restarts"), [("delivered", True), ("returned", False)])
def test_only_a_demand_that_arrives_restarts(result: str, restarts: bool) -> None:
    world = owing("2023-03-10", policy=DEMANDS).to("2023-04-20 10:00")
    world.do(RecordDelivery(channel="letter", result=result))
    near = "limitation_near 2026-01-20" if restarts else "limitation_near 2025-12-10"
    assert alerts(world.to("2026-02-01")) == [near]


def test_a_restart_lets_the_next_end_be_told_again() -> None:
    world = owing("2023-03-10").to("2025-12-20 10:00")
    world.pay(40000)
    told = alerts(world.to("2028-12-21"))
    assert told == [
        "limitation_near 2025-12-10",
        "limitation_near 2028-09-21",
        "limitation_expired 2028-12-20",
    ]


def test_in_a_pause_the_alert_comes_and_the_demand_is_lost() -> None:
    world = owing("2023-03-10").to("2025-12-01 10:00")
    world.do(OpenDispute())
    assert alerts(world.to("2026-01-01")) == ["limitation_near 2025-12-10"]
    assert world.of(NoticeRequested) == []


def test_paid_in_time_nothing_is_told() -> None:
    world = owing("2023-03-10").to("2025-12-01 10:00")
    world.pay(100000)
    assert alerts(world.to("2026-12-01")) == []


def test_a_demand_after_the_end_revives_nothing() -> None:
    world = owing("2023-03-10", opens="2026-04-01", policy=DEMANDS).to("2026-04-10 10:00")
    world.do(RecordDelivery(channel="letter", result="signed"))
    item = world.state().items["INV-1"]
    assert WATCHED.limitation is not None
    end = ends_on(world.state(), item.item_id, item.due_on, WATCHED.limitation.years)
    assert end == date(2026, 3, 10)


@pytest.mark.parametrize("how", ["payment", "promise"])
def test_money_and_promises_after_the_end_revive_nothing(how: str) -> None:
    world = owing("2023-03-10", opens="2026-04-01").to("2026-04-10 10:00")
    if how == "payment":
        world.pay(40000)
    else:
        world.do(MakePromise(amount=100, by=date(2026, 5, 1)))
    assert world.of(LimitationRestarted) == []
    told = alerts(world.to("2030-01-01"))
    assert [t for t in told if "limitation" in t] == ["limitation_expired 2026-04-01"]


def test_what_a_reversed_payment_kept_alive_had_expired_without_it() -> None:
    world = owing("2023-03-10").to("2026-01-05 10:00")
    world.pay(1000, "P1")
    world.to("2026-06-01 10:00").pay(1000, "P2")
    assert alerts(world) == ["limitation_near 2025-12-10"]
    world.reverse("P1")
    told = alerts(world.to("2030-01-01"))
    assert told == ["limitation_near 2025-12-10", "limitation_expired 2026-06-02"]
