"""The billing door: what upstream sends over HTTP belongs to the trace of its request."""

from typing import Any

import orjson

from chassis.bus.base import Record
from chassis.tracing.spans import under
from contracts.codec import Message, decode
from tests.ledger.conftest import World, world
from tests.ledger.test_events_door import event
from tests.traces.told import TRACE, UNSAMPLED, UPSTREAM, Told

__all__ = ["world"]
ANOTHER = UPSTREAM.replace(TRACE, "1" * 32)


async def sent(world: World, *events: dict[str, Any], traceparent: str | None) -> list[Message]:
    """What is on the bus after a batch was taken."""
    headers = {"content-type": "application/cloudevents-batch+json"}
    async with world.client("upstream") as client:
        answer = await client.post(
            "/v1/events/batch",
            content=orjson.dumps(events),
            headers=headers | ({"traceparent": traceparent} if traceparent else {}),
        )
    assert answer.status_code == 202
    return await on_the_bus(world)


async def on_the_bus(world: World) -> list[Message]:
    return [decode(record.value, record.headers) for record in await records(world)]


async def records(world: World) -> list[Record]:
    reader = await world.bus.reader(await world.bus.start_offsets(["billing"]))
    found = await reader.fetch(100, 0)
    await reader.close()
    return found


async def test_events_of_a_request_belong_to_its_trace(world: World) -> None:
    messages = await sent(world, event(1), event(2), traceparent=UPSTREAM)
    assert [message.traceparent for message in messages] == [UPSTREAM, UPSTREAM]
    assert [message.id for message in messages] == ["e-1", "e-2"]


async def test_events_hang_on_the_span_of_the_request(world: World) -> None:
    span = Told().traces(1.0).of_request(UPSTREAM, "POST", "server", {})
    assert span is not None
    with under(span):
        (message,) = await sent(world, event(1), traceparent=UPSTREAM)
    assert message.traceparent == span.traceparent != UPSTREAM


async def test_an_event_that_says_its_trace_keeps_it(world: World) -> None:
    (message,) = await sent(world, event(1, traceparent=ANOTHER), traceparent=UPSTREAM)
    assert message.traceparent == ANOTHER
    (record,) = await records(world)
    assert record.value.count(b"traceparent") == 1


async def test_what_upstream_does_not_record_is_said_to_be_so(world: World) -> None:
    (message,) = await sent(world, event(1), traceparent=UNSAMPLED)
    assert message.traceparent == UNSAMPLED


async def test_a_header_that_is_none_is_ignored(world: World) -> None:
    (message,) = await sent(world, event(1), traceparent='","data":{},"x":"')
    assert message.traceparent is None


async def test_an_event_in_binary_mode_belongs_to_the_trace_of_its_request(world: World) -> None:
    whole = event(1)
    attributes = {f"ce-{name}": text for name, text in whole.items() if name != "data"}
    async with world.client("upstream") as client:
        answer = await client.post(
            "/v1/events",
            content=orjson.dumps(whole["data"]),
            headers={"content-type": "application/json", "traceparent": UPSTREAM, **attributes},
        )
    assert answer.status_code == 202
    (message,) = await on_the_bus(world)
    assert (message.id, message.traceparent) == ("e-1", UPSTREAM)
