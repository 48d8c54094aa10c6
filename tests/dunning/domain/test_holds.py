"""A debtor's right and another hold, beside each other: the account stands still while either is in
force, and whoever releases one releases nothing of the other.
"""

from datetime import date
from functools import reduce

import pytest
from msgspec.structs import replace

from chassis.errors import Rejected
from services.dunning.domain.aggregates import ACCOUNT
from services.dunning.domain.case.commands import (
    EndRetention,
    PlaceHold,
    RecordObservation,
    ReleaseHold,
)
from services.dunning.domain.case.events import (
    CaseResumed,
    HoldPlaced,
    HoldReleased,
    RetentionEnded,
    TaskRequested,
)
from services.dunning.domain.events import AccountEvent
from services.dunning.reports.analysis import reason_of
from services.dunning.reports.book import Book
from tests.dunning.domain.packs import CALL, SMS, braced, pack, steps
from tests.dunning.domain.world import World

RIGHTS = ["objection", "restriction"]
ORDERS = [("", "restriction"), ("restriction", "")]
DEATH = RecordObservation(kind="deceased")


@pytest.fixture
def world() -> World:
    """Something is overdue since 11 June; a text is to go on the 25th day, a call on the 30th."""
    world = World(pack(steps(f"day: 25 | {braced(SMS)}", f"day: 30 | {braced(CALL)}")))
    world.invoice(10000, "2026-06-10")
    return world.to("2026-06-15 14:00")


def place(world: World, *grounds: str) -> None:
    for ground in grounds:
        world.do(PlaceHold(by="Ann", ground=ground))


def release(world: World, *grounds: str) -> None:
    for ground in grounds:
        world.do(ReleaseHold(by="Ann", ground=ground))


@pytest.mark.parametrize("placed", ORDERS)
@pytest.mark.parametrize("released", ORDERS)
def test_the_case_goes_on_only_when_neither_stands(
    world: World, placed: tuple[str, str], released: tuple[str, str]
) -> None:
    place(world, *placed)
    release(world, released[0])
    assert world.to("2026-08-01").case_state() == "paused"
    assert world.steps() == []
    assert world.of(CaseResumed) == []
    release(world, released[1])
    assert world.case_state() == "open"
    assert len(world.of(CaseResumed)) == 1
    assert world.to("2026-08-03").steps() == ["s1 08-01", "s2 08-02"]


@pytest.mark.parametrize("placed", ORDERS)
@pytest.mark.parametrize("released", ORDERS)
def test_the_end_of_one_says_which_stands_still(
    world: World, placed: tuple[str, str], released: tuple[str, str]
) -> None:
    place(world, *placed)
    ids = {hold.ground: hold.hold_id for hold in world.of(HoldPlaced)}
    release(world, *released)
    told = [(one.hold_id, one.standing) for one in world.of(HoldReleased)]
    assert told == [(ids[released[0]], ids[released[1]]), (ids[released[1]], None)]


@pytest.mark.parametrize("placed", ORDERS)
def test_no_second_one_of_either_is_placed(world: World, placed: tuple[str, str]) -> None:
    place(world, *placed)
    with pytest.raises(Rejected, match=r"the account is already on hold$"):
        place(world, "")
    for right in RIGHTS:
        with pytest.raises(Rejected, match=r"already on hold: the debtor's restriction$"):
            place(world, right)
    assert len(world.of(HoldPlaced)) == 2


def test_who_names_another_right_releases_neither(world: World) -> None:
    place(world, "", "restriction")
    with pytest.raises(Rejected, match="the debtor's restriction: to release it, say"):
        release(world, "objection")
    release(world, "restriction")
    with pytest.raises(Rejected, match="of no right"):
        release(world, "restriction")
    release(world, "")
    with pytest.raises(Rejected, match="not on hold"):
        release(world, "")


@pytest.mark.parametrize("right", RIGHTS)
def test_the_dead_are_left_alone_whatever_right_ends(world: World, right: str) -> None:
    place(world, right)
    world.do(DEATH)
    release(world, right)
    assert world.to("2026-08-01").steps() == []
    assert [hold.observed for hold in world.of(HoldPlaced)] == [None, "deceased"]
    assert [task.kind for task in world.of(TaskRequested)][-1] == "estate_review"


@pytest.mark.parametrize("right", RIGHTS)
def test_an_heirs_right_does_not_end_the_hold_for_a_death(world: World, right: str) -> None:
    world.do(DEATH)
    place(world, right)
    world.do(DEATH)
    release(world, right)
    assert world.to("2026-08-01").steps() == []
    assert len(world.of(HoldPlaced)) == 2
    release(world, "")
    assert world.to("2026-08-03").steps() == ["s1 08-01", "s2 08-02"]


@pytest.mark.parametrize("released", ORDERS)
def test_what_is_known_of_a_debtor_is_kept_while_either_stands(released: tuple[str, str]) -> None:
    world = World(pack(steps(f"day: 25 | {braced(CALL)}")))
    world.invoice(500, "2026-06-05")
    world.to("2026-06-06 12:00").pay(500)
    place(world, "", "restriction")
    end = EndRetention(closed_on=date(2026, 6, 6), days=30)
    for ground in released:
        world.do(end)
        assert world.of(RetentionEnded) == []
        release(world, ground)
    world.do(end)
    assert len(world.of(RetentionEnded)) == 1


def test_a_right_alone_is_why_an_account_has_not_paid(world: World) -> None:
    place(world, "restriction")
    assert reason_of(Book("A", world.state()), world.today) == "on_hold"


def test_a_hold_that_an_earlier_version_let_a_right_take_away_is_in_force_again() -> None:
    """It told of the end of the right alone, and nobody had released the other."""
    placed: list[AccountEvent] = [
        HoldPlaced(hold_id="h1", by="Ann"),
        HoldPlaced(hold_id="h2", by="Ann", ground="restriction"),
        HoldReleased(hold_id="h2", by="Ann"),
    ]
    state = reduce(ACCOUNT.evolve, placed, ACCOUNT.initial("account-acme/A"))
    assert (state.hold, state.right_hold, state.hold_ground) == ("h1", None, "")
    again: list[AccountEvent] = [
        HoldPlaced(hold_id="h3", by="Ann"),
        HoldReleased(hold_id="h3", by="Ann"),
    ]
    assert not reduce(ACCOUNT.evolve, again, state).is_on_hold


def test_a_case_that_an_earlier_version_let_go_on_stands_still_again(world: World) -> None:
    world.put(replace(world.state(), hold="h1"))
    assert world.to("2026-08-01").case_state() == "paused"
    assert world.steps() == []
