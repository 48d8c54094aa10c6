"""The spans of messages: which of a batch are traced, and what is said of them.

Names and attributes are those of OpenTelemetry's conventions for messaging and CloudEvents; ours
begin with `arrears.` and are ids that the log may have too.
"""

from collections.abc import Iterator, Mapping, Sequence

from asyncpg import Connection

from chassis.runtime.outgoing import Outgoing
from chassis.runtime.routes import Item
from chassis.store import inbox
from chassis.store.traces import of_last_events
from chassis.tracing import traceparent
from chassis.tracing.spans import Span, Value
from chassis.tracing.traceparent import Context
from chassis.tracing.traces import Traces
from contracts.codec import Message
from contracts.registry import FOREIGN
from contracts.words.streams import kind_of

Part = tuple[Span | None, Sequence[Item]]
"""Messages one after the other that belong to no trace, or one message and its span."""


def parts(
    traces: Traces | None, items: Sequence[Item], rows: Sequence[inbox.Row]
) -> Sequence[Part]:
    """Divide a slice by its traces: a single part where none of it is traced. `rows` end with those
    of the items.
    """
    if traces is None:
        return ((None, items),)
    return list(_parts(traces, items, rows[len(rows) - len(items) :]))


def _parts(traces: Traces, items: Sequence[Item], rows: Sequence[inbox.Row]) -> Iterator[Part]:
    first = 0
    for number, (item, row) in enumerate(zip(items, rows, strict=True)):
        if item[1].traceparent is None and not traces.begins(row[0]):
            continue  # nearly all, and at once
        span = of_message(traces, item[0].topic, item[1], row[0])
        if span is None:
            continue
        span.note("messaging.destination.partition.id", str(item[0].partition))
        if traces.system == "kafka":
            span.note("messaging.kafka.offset", item[0].offset)
        yield None, items[first:number]
        yield span, items[number : number + 1]
        first = number + 1
    yield None, items[first:]


def of_message(traces: Traces, topic: str, message: Message, identity: bytes) -> Span | None:
    """The span of handling a message; None when its trace is not recorded.

    A chain begins with what came from outside without a trace. Its id is the message's own
    (`inbox.inbox_id`): all services that read the message find themselves in one trace.
    """
    given = None if message.traceparent is None else traceparent.read(message.traceparent)
    if given is None:
        if topic != FOREIGN or not traces.begins(identity):
            return None
        attributes = _about(traces, topic, message)
        return traces.begin(f"process {topic}", "consumer", identity, attributes)
    if not given.is_sampled:
        return None
    attributes = _about(traces, topic, message)
    return traces.go_on(f"process {topic}", "consumer", given.context, attributes)


def again(traces: Traces | None, topic: str, message: Message) -> Span | None:
    """The span of handling a message that was set aside."""
    if traces is None:
        return None
    return of_message(traces, topic, message, inbox.inbox_id(message))


def _about(traces: Traces, topic: str, message: Message) -> Mapping[str, Value]:
    return {
        "messaging.system": traces.system,
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": topic,
        "messaging.message.id": message.id,
        "cloudevents.event_type": message.type,
        "arrears.creditor": message.creditor,
        "arrears.account": message.subject,
    }


def publishing(traces: Traces | None, outgoing: Outgoing, parent: Context) -> Span | None:
    """The span of publishing a message of an event that belongs to a trace."""
    if traces is None:
        return None
    topic = outgoing.data.TOPIC
    attributes: Mapping[str, Value] = {
        "messaging.system": traces.system,
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": topic,
        "cloudevents.event_type": outgoing.data.TYPE,
        "arrears.creditor": outgoing.creditor,
        "arrears.account": outgoing.account,
    }
    return traces.go_on(f"send {topic}", "producer", parent, attributes)


async def waking(
    traces: Traces | None, connection: Connection, due: Sequence[str]
) -> Mapping[str, Span]:
    """The spans of waking streams: each goes on with the trace of what last happened there, which
    set its clock. Without a trace there it has none.
    """
    if traces is None:
        return {}
    known = await of_last_events(connection, due)
    return {
        stream: traces.go_on(
            f"wake {kind_of(stream)}", "internal", context, {"arrears.stream": stream}
        )
        for stream, context in known.items()
    }
