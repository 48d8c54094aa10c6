"""How old is what a lane has yet to read."""

import asyncio

import pytest

from chassis.bus.base import PlainRecord
from chassis.runtime.ages import Ages
from chassis.runtime.backlog import Backlog
from chassis.runtime.watchdog import Place

PLACE = Place("read", 3, "billing")


class Monotonic:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def monotonic() -> Monotonic:
    return Monotonic()


@pytest.fixture
def ages(monotonic: Monotonic) -> Ages:
    return Ages(monotonic)


def test_what_stands_still_grows_old(ages: Ages, monotonic: Monotonic) -> None:
    seen = []
    for end in (10, 20, 30):
        seen.append(ages.look(PLACE, 5, end))
        monotonic.now += 5
    assert seen == [0, 5, 10]


def test_what_was_read_is_not_waited_for(ages: Ages, monotonic: Monotonic) -> None:
    ages.look(PLACE, 5, 10)
    monotonic.now += 5
    ages.look(PLACE, 5, 20)
    monotonic.now += 5
    assert ages.look(PLACE, 10, 20) == 5
    assert ages.look(PLACE, 20, 20) == 0


def test_a_lane_that_keeps_up_is_not_behind_though_something_is_always_on_its_way(
    ages: Ages, monotonic: Monotonic
) -> None:
    for number in range(100):
        assert ages.look(PLACE, 10 * number, 10 * number + 3) == 0
        monotonic.now += 5


def test_a_day_behind_is_remembered_in_few_marks(ages: Ages, monotonic: Monotonic) -> None:
    for number in range(20_000):
        ages.look(PLACE, 5, 10 + number)
        monotonic.now += 5
    assert ages.look(PLACE, 5, 10**6) == 100_000
    assert len(ages._marks[PLACE]) <= 500


def test_a_lane_of_somebody_else_has_no_age(ages: Ages, monotonic: Monotonic) -> None:
    ages.look(PLACE, 5, 10)
    monotonic.now += 60
    ages.forget_all_but(set())
    assert ages.look(PLACE, 5, 10) == 0


async def test_the_first_record_of_a_topic_may_be_in_hand() -> None:
    backlog = Backlog(2, 2, asyncio.Event())
    records = [PlainRecord(topic, 0, n, None, b"") for n, topic in enumerate("aabb")]
    backlog.put([*records])
    assert await backlog.next() == records[:2]
    assert backlog.first_of("a") == records[0]
    assert backlog.first_of("b") == records[2]
    assert backlog.first_of("c") is None
    assert await backlog.next() == records[2:]
    assert backlog.first_of("a") is None
