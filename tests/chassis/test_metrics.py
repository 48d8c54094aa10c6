"""What is counted of a service's work is what it did."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families

from chassis.bus.base import PlainRecord, lane_of
from chassis.bus.embedded import EmbeddedBus
from chassis.clock import SimulatedClock
from chassis.metrics import Metrics
from chassis.runtime.batch import Batch
from chassis.runtime.instance import Instance
from chassis.runtime.watchdog import Step, Watchdog
from chassis.runtime.watching import Watching
from chassis.store import pool as pools
from chassis.store.bodies import Bodies
from chassis.store.pool import acquire, waiting_for
from chassis.store.wrapping import master_key
from contracts.billing import DepositMade
from contracts.codec import encode
from tests.chassis import toy
from tests.chassis.conftest import OpenToy

READING: tuple[Step, ...] = ("read",)


def measured(service: Instance, name: str, **labels: str) -> float | None:
    """The value of one sample, `arrears_` left out of its name; None when there is none."""
    wanted = {"service": service.name, **labels}
    for family in text_string_to_metric_families(service.metrics.render().decode()):
        for sample in family.samples:
            if sample.name == f"arrears_{name}" and sample.labels == wanted:
                return float(sample.value)
    return None


def deposit(number: int) -> bytes:
    """A message of the topic that the toy does not read."""
    data = DepositMade(
        deposit_id=f"D-{number}",
        collected_by="c-1",
        amount=1,
        currency="CNY",
        deposited_at=toy.START,
    )
    return encode(
        data, id=f"d-{number}", source="upstream", time=toy.START, creditor="acme", subject="*"
    )


async def test_batches_are_measured_by_size_and_time(open_toy: OpenToy, bus: EmbeddedBus) -> None:
    service = await open_toy()
    await toy.send(bus, "a", *(toy.payment(number, "a", 1) for number in range(3)))
    await service.step()
    await toy.send(bus, "a", toy.payment(3, "a", 1))
    await service.step()
    assert measured(service, "consumer_batch_size_count") == 2
    assert measured(service, "consumer_batch_size_sum") == 4
    assert measured(service, "consumer_batch_seconds_count") == 2
    assert (measured(service, "consumer_batch_seconds_sum") or 0) > 0


async def test_messages_nobody_reads_here_are_counted_as_skipped(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    await toy.send(bus, "a", deposit(1), toy.payment(1, "a", 1), deposit(2))
    await service.step()
    assert measured(service, "messages_skipped_total", topic="billing") == 2
    assert measured(service, "consumer_batch_size_sum") == 3


async def test_published_messages_are_counted_by_topic_type_and_creditor(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings={"metrics_creditors": 1})
    await toy.send(bus, "a", toy.payment(1, "a", 5), toy.payment(2, "a", toy.REFUSED))
    await service.step()
    said = {
        "ledger": {"type": "ledger.account.cleared.v1", "creditor": "acme"},
        "billing.dlq": {"type": "dead_letter", "creditor": "other"},
    }
    ends = await bus.end_offsets(list(said))
    for topic, labels in said.items():
        there = sum(end for (name, _), end in ends.items() if name == topic)
        counted = measured(service, "messages_published_total", topic=topic, **labels)
        assert counted == there > 0


async def test_a_message_counts_from_its_time_to_its_commit(
    open_toy: OpenToy, bus: EmbeddedBus, clock: SimulatedClock
) -> None:
    service = await open_toy()
    await toy.send(bus, "a", toy.payment(1, "a", 1), toy.payment(2, "a", 1))
    clock.set(toy.START + timedelta(seconds=7))
    await service.step()
    assert measured(service, "effect_seconds_count", topic="billing") == 1
    assert measured(service, "effect_seconds_sum", topic="billing") == 7


def test_a_message_from_upstream_counts_from_its_arrival_where_the_bus_tells_it() -> None:
    arrived = toy.START + timedelta(days=400)
    dated = PlainRecord(
        *("billing", 0, 0, b"acme/a", toy.payment(1, "a", 1)),
        timestamp=int(arrived.timestamp() * 1000),
    )
    routes = {"billing": toy.blueprint().messages}
    batch = Batch(0, [dated], routes, Bodies(b"", master_key(bytes(32))))
    assert sum(map(len, batch.slices())) == 1
    assert batch.since == {"billing": arrived}


async def test_the_relay_lags_by_what_is_committed_and_not_published(
    open_toy: OpenToy, clock: SimulatedClock
) -> None:
    service = await open_toy()
    await service.step()  # owns its lanes
    lane = str(lane_of(b"acme/a", 2))
    await _add(service)
    clock.set(toy.START + timedelta(seconds=9))
    await _add(service)
    await service.round.look()
    assert measured(service, "relay_lag", lane=lane) == 6
    assert measured(service, "relay_lag_seconds", lane=lane) == 9
    await service.step()
    await service.round.look()
    assert measured(service, "relay_lag", lane=lane) == 0
    assert measured(service, "relay_lag_seconds", lane=lane) == 0


async def _add(service: Instance) -> None:
    await service.execute(
        "acme/a",
        ["account-acme/a"],
        lambda work: work.append("account-acme/a", [toy.Added(1, toy.START)] * 3),
    )


async def test_a_wake_up_is_late_by_what_passed_since_it_was_due(
    open_toy: OpenToy, bus: EmbeddedBus, clock: SimulatedClock
) -> None:
    service = await open_toy()
    await toy.send(bus, "a", toy.payment(1, "a", 1))
    await service.step()
    clock.set(toy.START + timedelta(days=1, seconds=20))  # it was to be looked at after a day
    lane = lane_of(b"acme/a", 2)
    service.round.wakes.nothing_due.clear()  # nobody has looked since
    assert await service.round.fire(lane) == 1
    assert measured(service, "wake_late_seconds_sum") == 20
    assert measured(service, "wakes_fired_total", aggregate="account") == 1


async def test_a_wake_up_that_an_import_of_the_past_brings_is_not_late(
    open_toy: OpenToy, clock: SimulatedClock
) -> None:
    clock.set(toy.START + timedelta(days=400))
    service = await open_toy()
    await service.step()
    await _add(service)  # due at the start, long ago
    clock.set(clock.now() + timedelta(seconds=3))
    lane = lane_of(b"acme/a", 2)
    assert await service.round.lanes_due() == [lane]
    assert await service.round.fire(lane) == 1
    assert measured(service, "wake_late_seconds_count") == 1
    assert measured(service, "wake_late_seconds_sum") == 3


def _watching(service: Instance, came: Mapping[int, float]) -> Watching:
    return Watching(
        service.round,
        service.metrics,
        Watchdog(60, time.monotonic),
        READING,
        lambda _lane, *, again=False: None,
        lambda _topic, lane: came.get(lane),
    )


async def test_a_lane_that_is_left_has_no_lag_here_any_more(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings=toy.PATIENT)
    await service.step()
    await toy.send(bus, "a", toy.payment(1, "a", 1))
    came = {lane_of(b"acme/a", 2): time.time() - 40}
    watching = _watching(service, came)
    await watching.look()
    lane = str(lane_of(b"acme/a", 2))
    assert measured(service, "consumer_lag", topic="billing", lane=lane) == 1
    seconds = measured(service, "consumer_lag_seconds", topic="billing", lane=lane)
    assert seconds is not None
    assert seconds >= 40
    service.leases.held.clear()
    await watching.look()
    for name in ("consumer_lag", "consumer_lag_seconds"):
        assert measured(service, name, topic="billing", lane=lane) is None


async def test_a_lane_that_is_not_read_yet_is_not_behind_by_the_whole_topic(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    first = await open_toy(settings=toy.PATIENT)
    await toy.send(bus, "a", toy.payment(1, "a", 1))
    await first.step()
    await first.leases.leave()
    second = await open_toy(settings=toy.PATIENT)
    await second.leases.refresh()
    await _watching(second, {}).look()
    lane = lane_of(b"acme/a", 2)
    assert lane in second.leases.held
    assert measured(second, "consumer_lag", topic="billing", lane=str(lane)) is None
    await second.step()
    await _watching(second, {}).look()
    assert measured(second, "consumer_lag", topic="billing", lane=str(lane)) == 0


async def test_who_waits_for_a_connection_is_counted(open_toy: OpenToy) -> None:
    service = await open_toy(settings={"pool_size": 2})
    all_there_are = service.pool.get_max_size()
    async with AsyncExitStack() as taken:
        for _ in range(all_there_are):
            await taken.enter_async_context(acquire(service.pool))
        assert measured(service, "pool_connections_busy") == all_there_are
        waits = asyncio.create_task(service.read("account-acme/a"))
        while not measured(service, "pool_waiting"):
            await asyncio.sleep(0.01)
        assert waiting_for(service.pool) == 1
    await waits
    assert measured(service, "pool_waiting") == 0
    assert id(service.pool) not in pools._waiting, "one whose pool is gone would stay for ever"
    assert measured(service, "pool_connections_max") == all_there_are
    assert measured(service, "pool_connections_busy") == 0


def test_creditors_are_named_up_to_a_number() -> None:
    metrics = Metrics("toy", creditors_max=2)
    assert [metrics.creditor(name) for name in ("a", "b", "c", "a", "", "b")] == [
        *("a", "b", "other", "a", "other", "b")
    ]
    assert Metrics("toy").creditor("a") == "other"
