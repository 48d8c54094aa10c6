"""A clock that went otherwise than time passed is noticed."""

from datetime import datetime, timedelta

import pytest

from chassis.runtime.bells import Leaps
from tests.chassis import toy


class TestAClock:
    @pytest.mark.parametrize("days", [1, -1])
    def test_that_is_set_leaps(self, days: int) -> None:
        clock, monotonic = Settable(), [1000.0]
        leaps = Leaps(clock, lambda: monotonic[0])
        clock.at += timedelta(days=days)
        monotonic[0] += 0.5
        assert leaps.leapt()
        assert not leaps.leapt()

    def test_that_goes_on_while_the_machine_slept_leaps(self) -> None:
        clock = Settable()
        leaps = Leaps(clock, lambda: 1000.0)
        clock.at += timedelta(minutes=5)
        assert leaps.leapt()

    def test_that_goes_on_as_time_does_leaps_never(self) -> None:
        clock, monotonic = Settable(), [1000.0]
        leaps = Leaps(clock, lambda: monotonic[0])
        for seconds in (0.5, 0.5, 40.0):
            clock.at += timedelta(seconds=seconds)
            monotonic[0] += seconds
            assert not leaps.leapt()


class Settable:
    """A clock that may be set back."""

    def __init__(self) -> None:
        self.at = toy.START

    def now(self) -> datetime:
        return self.at
