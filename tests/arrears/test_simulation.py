"""Simulated time jumps from instant to instant, and wake-ups come before inputs."""

from datetime import UTC, datetime, timedelta

import pytest

from arrears.simulation import Simulation
from chassis.clock import SimulatedClock
from chassis.errors import BrokenInvariant

START = datetime(2026, 1, 1, tzinfo=UTC)


def on(day: int, hour: int = 0) -> datetime:
    return START + timedelta(days=day - 1, hours=hour)


class Alarm:
    """Wakes at given instants and writes them down; a letter posted to it takes one more step."""

    def __init__(
        self, clock: SimulatedClock, log: list[tuple[datetime, str]], *wakes: datetime
    ) -> None:
        self.clock = clock
        self.log = log
        self.wakes = sorted(wakes)
        self.letters: list[str] = []
        self.steps = 0

    async def step(self) -> int:
        self.steps += 1
        if self.letters:
            self.log.append((self.clock.now(), self.letters.pop()))
            return 1
        if self.wakes and self.wakes[0] <= self.clock.now():
            self.wakes.pop(0)
            self.log.append((self.clock.now(), "wake"))
            return 1
        return 0

    async def next_wake(self) -> datetime | None:
        return self.wakes[0] if self.wakes else None


async def test_wake_ups_run_at_their_instant_and_before_inputs_of_the_same() -> None:
    clock = SimulatedClock(START)
    log: list[tuple[datetime, str]] = []
    alarm = Alarm(clock, log, on(2, 9), on(3, 9), on(9))

    async def post() -> None:
        alarm.letters.append("input")

    await Simulation(clock, [alarm]).play([(on(2, 9), post)], on(5))
    assert log == [(on(2, 9), "wake"), (on(2, 9), "input"), (on(3, 9), "wake")]
    assert clock.now() == on(5)


async def test_days_on_which_nothing_happens_cost_nothing() -> None:
    near, far = SimulatedClock(START), SimulatedClock(START)
    few, many = Alarm(near, [], on(2)), Alarm(far, [], on(900))
    await Simulation(near, [few]).run_until(on(3))
    await Simulation(far, [many]).run_until(on(1000))
    assert few.steps == many.steps


async def test_what_one_service_does_reaches_the_other_at_the_same_instant() -> None:
    clock = SimulatedClock(START)
    log: list[tuple[datetime, str]] = []
    second = Alarm(clock, log)

    class First(Alarm):
        async def step(self) -> int:
            done = await super().step()
            if done:
                second.letters.append("told")
            return done

    first = First(clock, log, on(4))
    await Simulation(clock, [second, first]).run_until(on(9))
    assert log == [(on(4), "wake"), (on(4), "told")]


async def test_a_wake_up_that_is_never_dealt_with_is_a_fault_not_a_hang() -> None:
    clock = SimulatedClock(START)

    class Deaf(Alarm):
        async def step(self) -> int:
            return 0

    with pytest.raises(BrokenInvariant, match="was not dealt with"):
        await Simulation(clock, [Deaf(clock, [], on(2))]).run_until(on(3))
