"""What is counted of a service's work is what it did."""

from prometheus_client.parser import text_string_to_metric_families

from chassis.bus.base import lane_of
from chassis.bus.embedded import EmbeddedBus
from chassis.runtime.instance import Instance
from contracts.billing import DepositMade
from contracts.codec import encode
from tests.chassis import toy
from tests.chassis.conftest import OpenToy


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


async def test_published_messages_are_counted_by_topic(open_toy: OpenToy, bus: EmbeddedBus) -> None:
    service = await open_toy()
    await toy.send(bus, "a", toy.payment(1, "a", 5), toy.payment(2, "a", toy.REFUSED))
    await service.step()
    ends = await bus.end_offsets(["ledger", "billing.dlq"])
    for topic in ("ledger", "billing.dlq"):
        there = sum(end for (name, _), end in ends.items() if name == topic)
        assert measured(service, "messages_published_total", topic=topic) == there > 0


async def test_the_relay_lags_by_what_is_committed_and_not_published(open_toy: OpenToy) -> None:
    service = await open_toy()
    await service.step()  # owns its lanes
    lane = str(lane_of(b"acme/a", 2))
    await service.execute(
        "acme/a",
        ["account-acme/a"],
        lambda work: work.append("account-acme/a", [toy.Added(1, toy.START)] * 3),
    )
    await service.round.measure_relay_lag()
    assert measured(service, "relay_lag", lane=lane) == 3
    await service.step()
    await service.round.measure_relay_lag()
    assert measured(service, "relay_lag", lane=lane) == 0
