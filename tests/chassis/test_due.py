"""What is due is woken once, in full batches one behind the other, wherever it comes due."""

from dataclasses import replace
from datetime import datetime, timedelta

from chassis.bus.embedded import EmbeddedBus
from chassis.clock import SimulatedClock
from chassis.runtime.instance import Instance
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.toy import total

_ACCOUNTS = [f"a{number}" for number in range(9)]
_BEFORE = "update state set wake_at = wake_at - interval '1 hour' where stream = $1"
_AGAIN = "update state set wake_at = $2 where stream = $1"


async def _all_due(
    open_toy: OpenToy, bus: EmbeddedBus, clock: SimulatedClock
) -> tuple[Instance, datetime]:
    """A service that wakes two at a time, at the instant at which all accounts are due."""
    service = await open_toy(settings={"wake_batch_size": 2})
    for number, account in enumerate(_ACCOUNTS):
        await toy.send(bus, account, toy.payment(number, account, 5))
    await service.step()
    due = await service.next_wake()
    assert due is not None
    clock.set(due)
    return service, due


async def test_what_comes_due_before_the_last_of_a_full_batch_is_woken_too(
    open_toy: OpenToy, bus: EmbeddedBus, clock: SimulatedClock
) -> None:
    service, due = await _all_due(open_toy, bus, clock)
    lanes = await service.round.lanes_due()
    assert [await service.round.fire(lane) for lane in lanes] == [2] * len(lanes)
    left = [one for one in _ACCOUNTS if (await total(service, one)).wake_at is not None]
    async with service.pool.acquire() as connection:
        await connection.execute(_BEFORE, f"account-acme/{left[-1]}")
        await connection.execute(_AGAIN, f"account-acme/{left[0]}", due - timedelta(days=1))
    for lane in lanes:
        while await service.round.fire(lane):
            pass
    assert [(await total(service, one)).wake_at for one in _ACCOUNTS] == [None] * len(_ACCOUNTS)
    assert await service.next_wake() is None
    assert await service.round.lanes_called() == []


async def test_one_that_fails_behind_a_full_batch_is_the_one_put_off(
    open_toy: OpenToy, bus: EmbeddedBus, clock: SimulatedClock
) -> None:
    service, due = await _all_due(open_toy, bus, clock)
    lane = (await service.round.lanes_due())[0]
    await service.round.fire(lane)
    stuck = await service.pool.fetchval(
        "select stream from state where lane = $1 and wake_at <= $2 order by stream limit 1",
        lane,
        due,
    )
    woken = await service.pool.fetchval(
        "select stream from state where lane = $1 and wake_at is null limit 1", lane
    )
    await service.pool.execute(_AGAIN, woken, due - timedelta(days=1))

    def streams(stream: str, _lane: int) -> list[str]:
        if stream == stuck:
            raise ValueError("a fault before anything was decided")
        return []

    wakes = service.round.wakes
    wakes.routes = {kind: replace(one, streams=streams) for kind, one in wakes.routes.items()}
    while await service.step():
        pass
    assert await service.pool.fetch("select stream from state where wake_at is not null") == [
        (stuck,)
    ]
