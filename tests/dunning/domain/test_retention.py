"""When an account is kept no longer, and what a debtor's right to have everything stopped does."""

from datetime import date

import pytest

from chassis.errors import Rejected
from services.dunning.domain.case.commands import EndRetention, PlaceHold, ReleaseHold
from services.dunning.domain.case.events import HoldReleased, RetentionEnded, TaskRequested
from tests.dunning.domain.packs import CALL, braced, pack, steps
from tests.dunning.domain.world import World

END = EndRetention(closed_on=date(2026, 6, 5), days=30)


def paid() -> World:
    """An account of which nothing is owed any more."""
    world = World(pack(steps(f"day: 25 | {braced(CALL)}")))
    world.invoice(500, "2026-06-05", "I-1")
    world.to("2026-06-06 12:00")
    world.pay(500, "P-1")
    return world


def ended(world: World) -> int:
    world.do(END)
    return len(world.of(RetentionEnded))


def test_a_closed_account_is_over_once() -> None:
    world = paid()
    assert ended(world) == 1
    assert ended(world) == 1


def test_one_in_use_again_is_kept_and_its_time_begins_anew() -> None:
    world = paid()
    assert ended(world) == 1
    world.invoice(500, "2026-06-07", "I-2")
    assert ended(world) == 1
    world.to("2026-06-08 12:00")
    world.pay(500, "P-2")
    assert ended(world) == 2


@pytest.mark.parametrize("ground", ["", "objection", "restriction"])
def test_one_on_hold_is_kept(ground: str) -> None:
    world = paid()
    world.do(PlaceHold(by="Ann", ground=ground))
    assert ended(world) == 0


def test_one_that_has_money_waiting_is_kept() -> None:
    world = paid()
    world.pay(900, "P-2")
    assert ended(world) == 0


def test_one_with_a_case_open_is_kept() -> None:
    world = World(pack(steps(f"day: 25 | {braced(CALL)}")))
    world.invoice(500, "2026-06-05", "I-1")
    world.to("2026-06-20 12:00")
    assert ended(world) == 0


def test_an_objection_stops_everything_and_somebody_looks_into_it() -> None:
    world = World(pack(steps(f"day: 2 | {braced(CALL)}")))
    world.invoice(500, "2026-06-05", "I-1")
    world.do(PlaceHold(by="Ann", ground="objection"))
    world.to("2026-07-20 12:00")
    assert [task.kind for task in world.of(TaskRequested)] == ["objection_review"]


def test_nobody_ends_a_right_unawares() -> None:
    world = paid()
    world.do(PlaceHold(by="Ann", ground="restriction"))
    for ground in ("", "objection"):
        with pytest.raises(Rejected, match="the debtor's restriction: to release it, say"):
            world.do(ReleaseHold(by="Ann", ground=ground))
    world.do(ReleaseHold(by="Ann", ground="restriction"))
    assert len(world.of(HoldReleased)) == 1
    world.do(PlaceHold(by="Ann"))
    with pytest.raises(Rejected, match="of no right"):
        world.do(ReleaseHold(by="Ann", ground="objection"))


def test_a_hold_that_kept_one_from_being_erased_is_over_once_it_ends() -> None:
    world = paid()
    assert ended(world) == 1
    world.do(PlaceHold(by="Ann", ground="restriction"))
    assert ended(world) == 1
    world.do(ReleaseHold(by="Ann", ground="restriction"))
    assert ended(world) == 2
