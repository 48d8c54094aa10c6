"""What a message leads to belongs to its trace: events, wake-ups days later, what is published."""

from datetime import timedelta

import pytest

from chassis.bus.embedded import EmbeddedBus
from chassis.clock import SimulatedClock
from chassis.runtime.instance import Instance
from chassis.store.sweeping import Sweeper
from chassis.store.traces import KEPT_FOR
from contracts.codec import decode
from tests.chassis import toy
from tests.chassis.conftest import OpenToy, bus, clock, open_toy
from tests.traces.told import PARENT, TRACE, UNSAMPLED, UPSTREAM, Told

__all__ = ["bus", "clock", "open_toy"]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def service(open_toy: OpenToy, told: Told) -> Instance:
    service = await open_toy(strict=True, settings=toy.PATIENT)
    service.store.traces = told.traces()
    return service


def traced(number: int, account: str, traceparent: str, amount: int = 5) -> bytes:
    """A payment of a trace, as upstream writes it."""
    payment = toy.payment(number, account, amount)
    return payment.replace(b"{", b'{"traceparent":"%b",' % traceparent.encode(), 1)


async def published(bus: EmbeddedBus) -> list[str | None]:
    """The `traceparent` of what is on the ledger's topic."""
    starts = await bus.start_offsets(["ledger"])
    reader = await bus.reader(starts)
    records = await reader.fetch(100, 0)
    await reader.close()
    return [decode(record.value, record.headers).traceparent for record in records]


async def remembered(service: Instance) -> int:
    async with service.pool.acquire() as connection:
        found: int = await connection.fetchval("select count(*) from traces")
        return found


async def test_a_message_its_wake_up_and_what_is_said_of_it_are_one_trace(
    service: Instance, bus: EmbeddedBus, clock: SimulatedClock, told: Told
) -> None:
    await toy.send(bus, "a", traced(1, "a", UPSTREAM))
    while await service.step():
        pass
    due = await service.next_wake()
    assert due is not None
    clock.set(due)
    while await service.step():
        pass
    assert told.names() == ["process billing", "send ledger", "wake account"]
    assert {span.trace_id for span in told.spans} == {TRACE}
    handled, sent, woken = told.spans
    assert handled.parent is not None
    assert handled.parent.hex() == TRACE + PARENT
    assert sent.parent == woken.parent == handled.context
    assert await published(bus) == [sent.traceparent]


async def test_a_trace_is_sent_on_by_whoever_publishes_later(
    service: Instance, open_toy: OpenToy, bus: EmbeddedBus, told: Told
) -> None:
    await toy.send(bus, "a", traced(1, "a", UPSTREAM))
    await service.leases.refresh()
    for lane in service.leases.held:
        await service.reading.reopen([lane])
        for records in (await service.reading.fetch(10, 0)).values():
            await service.round.consume(lane, records)
    assert await published(bus) == []
    await service.leases.leave()
    other = await open_toy(strict=True, settings=toy.PATIENT)
    other.store.traces = told.traces()
    while await other.step():
        pass
    assert await published(bus) == [told.named("send ledger").traceparent]


async def test_what_upstream_does_not_record_is_not_recorded_here(
    service: Instance, bus: EmbeddedBus, told: Told
) -> None:
    service.store.traces = told.traces(1.0)
    await toy.send(bus, "a", traced(1, "a", UNSAMPLED))
    while await service.step():
        pass
    assert (told.spans, await published(bus), await remembered(service)) == ([], [None], 0)


async def test_of_chains_that_begin_here_so_many_are_traced_and_every_reader_agrees(
    service: Instance, open_toy: OpenToy, bus: EmbeddedBus, told: Told
) -> None:
    others = Told()
    other = await open_toy(strict=True, blueprint=toy.blueprint("other"), settings=toy.PATIENT)
    service.store.traces, other.store.traces = told.traces(0.3), others.traces(0.3)
    for number in range(100):
        await toy.send(bus, f"a{number % 7}", toy.payment(number, f"a{number % 7}", 5))
    for one in (service, other):
        while await one.step():
            pass
    began = [span for span in told.spans if span.parent is None]
    assert 10 < len(began) < 60
    assert {span.trace_id for span in began} == {
        span.trace_id for span in others.spans if span.parent is None
    }


async def test_traces_that_are_off_leave_nothing(open_toy: OpenToy, bus: EmbeddedBus) -> None:
    service = await open_toy(settings=toy.PATIENT)
    assert service.store.traces is None
    await toy.send(bus, "a", traced(1, "a", UPSTREAM))
    while await service.step():
        pass
    assert (await published(bus), await remembered(service)) == ([None], 0)


async def test_a_refused_message_is_a_span_with_its_error(
    service: Instance, bus: EmbeddedBus, told: Told
) -> None:
    await toy.send(bus, "a", traced(1, "a", UPSTREAM, amount=toy.REFUSED))
    while await service.step():
        pass
    assert told.named("process billing").error == "Rejected"
    assert await remembered(service) == 0


async def test_a_message_tried_again_goes_on_with_its_trace(
    service: Instance, bus: EmbeddedBus, told: Told
) -> None:
    await toy.send(bus, "a", traced(1, "a", UPSTREAM, amount=toy.REFUSED_AS_FIRST))
    await toy.send(bus, "a", toy.payment(2, "a", 5))
    while await service.step():
        pass
    (letter,) = await toy.parked(service)
    assert await service.parked.retry(letter["id"])
    again = told.spans[-1]
    assert (again.name, again.trace_id, again.error) == ("process billing", TRACE, None)
    assert await remembered(service) == 1


async def test_spans_name_ids_and_words_of_ours_alone(
    service: Instance, bus: EmbeddedBus, told: Told
) -> None:
    await toy.send(bus, "a", traced(1, "a", UPSTREAM))
    while await service.step():
        pass
    assert told.named("process billing").attributes == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "billing",
        "messaging.destination.partition.id": "1",
        "messaging.kafka.offset": 0,
        "messaging.message.id": "e-1",
        "cloudevents.event_type": "billing.payment.received.v1",
        "arrears.creditor": "acme",
        "arrears.account": "a",
    }


async def test_traces_of_long_ago_are_forgotten(
    service: Instance, bus: EmbeddedBus, clock: SimulatedClock
) -> None:
    await toy.send(bus, "a", traced(1, "a", UPSTREAM))
    while await service.step():
        pass
    kept = await remembered(service)
    clock.set(toy.START + KEPT_FOR - timedelta(days=1))
    await Sweeper(service.pool).sweep(clock.now())
    assert await remembered(service) == kept > 0
    clock.set(toy.START + KEPT_FOR + timedelta(seconds=1))
    await Sweeper(service.pool).sweep(clock.now())
    assert await remembered(service) == 0
