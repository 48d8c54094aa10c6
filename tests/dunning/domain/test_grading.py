"""Grades follow the age of the oldest overdue item, up and down."""

from services.dunning.domain.agreements.commands import OpenDispute, ResolveDispute
from services.dunning.domain.case.commands import RecordObservation
from services.dunning.domain.case.events import Classified
from services.dunning.domain.contact.commands import UpdateAccount
from tests.dunning.domain.packs import CALL, braced, pack, steps
from tests.dunning.domain.world import World

GRADED = pack(
    steps("day: 1 | {grade: {}}", f"day: 5 | {braced(CALL)}")
    + """
grading:
  - {as: hard, no_contact: true}
  - {as: hard, observed: [absconded]}
  - {as: easy, below_days: 90}
  - {as: medium, below_days: 365}
  - {as: hard}
"""
)


def grades(world: World) -> list[str]:
    return [
        f"{seen.event.as_} {seen.at.astimezone(world.zone).date()}"
        for seen in world.seen
        if isinstance(seen.event, Classified)
    ]


def owing(due: str = "2026-06-10") -> World:
    world = World(GRADED)
    world.invoice(10000, due)
    return world


def test_a_debt_becomes_harder_as_it_ages() -> None:
    world = owing().to("2027-12-31")
    assert grades(world) == ["easy 2026-06-11", "medium 2026-09-08", "hard 2027-06-10"]


def test_paying_the_oldest_item_makes_it_easier_at_once() -> None:
    world = owing()
    world.invoice(5000, "2026-09-01", "INV-2")
    world.to("2026-10-01 10:00").pay(10000)
    world.to("2026-11-29")
    assert grades(world) == ["easy 2026-06-11", "medium 2026-09-08", "easy 2026-10-01"]
    assert grades(world.to("2026-11-30 09:00"))[-1] == "medium 2026-11-30"


def test_without_a_way_to_reach_the_debtor_it_is_hard() -> None:
    world = World(GRADED)
    world.do(UpdateAccount(reachable=False))
    world.invoice(10000, "2026-06-10")
    assert grades(world.to("2026-07-01")) == ["hard 2026-06-11"]
    world.do(UpdateAccount(reachable=True))
    assert grades(world)[-1] == "easy 2026-07-01"


def test_a_debtor_who_left_makes_it_hard_at_once() -> None:
    world = owing().to("2026-06-20 10:00")
    world.do(RecordObservation(kind="absconded"))
    assert grades(world) == ["easy 2026-06-11", "hard 2026-06-20"]


def test_a_late_entered_debt_is_graded_by_its_age() -> None:
    assert grades(owing("2025-03-01").to("2026-06-05")) == ["hard 2026-06-01"]


def test_the_grade_stays_while_everything_is_disputed() -> None:
    world = owing().to("2026-08-01 10:00")
    world.do(OpenDispute())
    assert grades(world.to("2026-12-01")) == ["easy 2026-06-11"]
    world.do(ResolveDispute(outcome="rejected"))
    assert grades(world)[-1] == "medium 2026-12-01"
