"""A lane that has work and does not move is an alarm that names topic, lane and offset."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.bus.base import lane_of
from chassis.bus.embedded import EmbeddedBus
from chassis.clock import SimulatedClock
from chassis.errors import Misconfigured, Transient
from chassis.runtime.instance import Instance
from chassis.runtime.lanes import Lanes
from chassis.runtime.live import Live, Loop
from chassis.runtime.watchdog import Place, Standing, Watchdog
from chassis.runtime.watching import Watching
from chassis.store.offsets import Positions
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.toy import PATIENT, total

READ = Place("read", 3, "billing")
_ANSWER = """
insert into idempotency (issuer, subject, creditors, key, body_hash, at)
values ('i', 's', 'c', 'k', '', $1)"""


class Monotonic:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def monotonic() -> Monotonic:
    return Monotonic()


@pytest.fixture
def watchdog(monotonic: Monotonic) -> Watchdog:
    return Watchdog(60, monotonic)


def _tell(watchdog: Watchdog, monotonic: Monotonic, *standings: Standing) -> list[int]:
    told = []
    for standing in standings:
        told.append(len(watchdog.look({READ: standing})))
        monotonic.now += 20
    return told


def test_a_lane_that_does_not_move_is_told_once_a_minute(
    watchdog: Watchdog, monotonic: Monotonic
) -> None:
    assert _tell(watchdog, monotonic, *[Standing(120, 7)] * 8) == [0, 0, 0, 1, 0, 0, 1, 0]
    (stall,) = watchdog.stalls
    assert stall.sentence() == (
        "lane 3: billing is read no further than offset 120 for 140 s, 7 wait"
    )


def test_a_lane_with_nothing_to_do_is_no_stall(watchdog: Watchdog, monotonic: Monotonic) -> None:
    assert not any(_tell(watchdog, monotonic, *[Standing(120, 0)] * 8))
    assert not watchdog.stalls


def test_a_lane_that_moves_slowly_is_no_stall(watchdog: Watchdog, monotonic: Monotonic) -> None:
    assert not any(_tell(watchdog, monotonic, *[Standing(n // 2, 9) for n in range(10)]))


def test_a_lane_that_moves_again_is_well(watchdog: Watchdog, monotonic: Monotonic) -> None:
    _tell(watchdog, monotonic, *[Standing(120, 7)] * 5)
    assert watchdog.stalls
    _tell(watchdog, monotonic, Standing(121, 6))
    assert not watchdog.stalls


def test_a_time_in_which_nobody_could_look_is_not_counted(
    watchdog: Watchdog, monotonic: Monotonic
) -> None:
    _tell(watchdog, monotonic, Standing(120, 7))
    watchdog.miss()
    monotonic.now += 600
    watchdog.miss()
    monotonic.now += 20
    assert _tell(watchdog, monotonic, *[Standing(120, 7)] * 3) == [0, 0, 1]


def test_a_lane_that_stands_still_is_told_though_somebody_fails_to_look_each_minute(
    watchdog: Watchdog, monotonic: Monotonic
) -> None:
    told = []
    for number in range(12):
        if number % 3 == 1:
            watchdog.miss()
            monotonic.now += 20
        else:
            told += _tell(watchdog, monotonic, Standing(120, 7))
    assert told == [0, 0, 0, 1, 0, 1, 0, 1]
    assert watchdog.stalls


def _watching(service: Instance, watchdog: Watchdog, reopened: list[tuple[int, bool]]) -> Watching:
    def anew(lane: int, *, again: bool = False) -> None:
        reopened.append((lane, again))

    return Watching(
        service.round,
        service.metrics,
        watchdog,
        ("read", "wake", "publish", "project"),
        anew,
    )


async def test_a_stall_is_in_readiness_and_metrics_and_has_the_lane_read_anew(
    open_toy: OpenToy, bus: EmbeddedBus, watchdog: Watchdog, monotonic: Monotonic
) -> None:
    service = await open_toy(settings=PATIENT)
    await service.step()
    reopened: list[tuple[int, bool]] = []
    watching = _watching(service, watchdog, reopened)
    await toy.send(bus, "a", toy.payment(1, "a", 5))
    await watching.look()
    watching.check()
    monotonic.now += 61
    await watching.look()
    lane = lane_of(b"acme/a", bus.partitions)
    with pytest.raises(Misconfigured, match=f"lane {lane}: billing is read no further than offset"):
        watching.check()
    assert reopened == [(lane, False)]
    monotonic.now += 60
    await watching.look()
    assert reopened == [(lane, False), (lane, True)]
    labels = f'lane="{lane}",service="toy",step="read"'
    scraped = service.metrics.render().decode()
    assert f"arrears_lane_stalled_seconds{{{labels}}} 121.0" in scraped
    await service.step()
    await watching.look()
    watching.check()
    assert f"arrears_lane_stalled_seconds{{{labels}}} 0.0" in service.metrics.render().decode()


async def test_what_is_not_published_projected_or_fired_is_a_stall(
    open_toy: OpenToy, bus: EmbeddedBus, watchdog: Watchdog, monotonic: Monotonic
) -> None:
    service = await open_toy(settings=PATIENT)
    await toy.send(bus, "a", toy.payment(1, "a", 5))
    await service.step()
    await service.pool.execute("update relay set position = 0")
    await service.pool.execute("update view_cursors set position = 0")
    await service.pool.execute("update state set wake_at = $1", toy.START)
    watching = _watching(service, watchdog, [])
    await watching.look()
    monotonic.now += 61
    await watching.look()
    assert {stall.place.step for stall in watchdog.stalls} == {"publish", "project", "wake"}


async def test_when_nobody_can_look_readiness_says_so(
    open_toy: OpenToy, watchdog: Watchdog, monotonic: Monotonic
) -> None:
    service = await open_toy(settings=PATIENT)
    watching = _watching(service, watchdog, [])
    monotonic.now += 121
    with pytest.raises(Transient, match="do not say for 121 s"):
        watching.check()


async def test_a_cancellation_nobody_asked_for_does_not_end_a_lane(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    raised: list[int] = []

    def probe(point: str) -> None:
        if point == "consume.before_commit" and not raised:
            raised.append(1)
            raise asyncio.CancelledError

    service = await open_toy(settings=PATIENT, probe=probe)
    lanes = Lanes(service.round, 100, lambda _error: None)
    await service.leases.refresh()
    lanes.reopen.set()
    await toy.send(bus, "a", toy.payment(1, "a", 5))
    async with asyncio.timeout(60):
        while not (await total(service, "a")).payments:
            await lanes.fetch(0.1)
    assert raised
    await lanes.stop()


async def test_a_lane_taken_by_a_refresh_that_fails_is_read(open_toy: OpenToy) -> None:
    service = await open_toy(settings=PATIENT | {"lease_seconds": 0.03})
    loops: tuple[Loop, ...] = ("leases",)
    live = Live(service.round, service.settings, service.metrics, loops)
    lanes = live._lanes
    refresh, failed = service.leases.refresh, asyncio.Event()

    async def cut_off() -> None:
        service.leases.held.clear()
        await refresh()
        failed.set()
        raise Transient("the store does not answer")

    await live.start()
    lanes._changed.clear()
    service.leases.refresh = cut_off  # type: ignore[method-assign,assignment]
    async with asyncio.timeout(60):
        await failed.wait()
        await lanes._changed.wait()
    await live.stop()


async def test_where_a_lane_stands_is_asked_while_nobody_writes_in_it(open_toy: OpenToy) -> None:
    round_ = (await open_toy(settings=PATIENT)).round
    asked: list[int] = []

    async def find(lanes: Sequence[int]) -> Positions:
        asked.extend(lanes)
        return {}

    round_.reading.find = find  # type: ignore[method-assign]
    async with round_._alone(0):
        waiting = asyncio.create_task(round_.find(0))
        await asyncio.sleep(0)
        await round_.find(1)
        assert asked == [1]
    await waiting
    assert asked == [1, 0]


async def test_a_worker_that_fails_keeps_nobody_s_data_longer(
    open_toy: OpenToy, clock: SimulatedClock
) -> None:
    async def worker(_service: object) -> int:
        raise ZeroDivisionError

    service = await open_toy(
        settings=PATIENT, blueprint=replace(toy.blueprint(), workers=(worker,))
    )
    await service.pool.execute(_ANSWER, clock.now() - timedelta(days=2))
    loops: tuple[Loop, ...] = ("workers",)
    live = Live(service.round, service.settings, service.metrics, loops)
    await live.start()
    async with asyncio.timeout(60):
        while await service.pool.fetchval("select count(*) from idempotency"):
            await asyncio.sleep(0)
    await live.stop()


async def test_a_cancellation_nobody_asked_for_does_not_end_a_loop(open_toy: OpenToy) -> None:
    calls: list[int] = []
    again = asyncio.Event()

    async def worker(_service: object) -> int:
        calls.append(1)
        if len(calls) == 1:
            raise asyncio.CancelledError
        again.set()
        return 0

    service = await open_toy(
        settings=PATIENT, blueprint=replace(toy.blueprint(), workers=(worker,))
    )
    loops: tuple[Loop, ...] = ("workers",)
    live = Live(service.round, service.settings, service.metrics, loops)
    await live.start()
    async with asyncio.timeout(60):
        await again.wait()
    await live.stop()
