"""What a service says of an event, as it comes to those who listen."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from chassis.runtime.outgoing import Publish, to_bus
from chassis.store.stored import Stored
from contracts.codec import Message, decode

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)


def told(publish: Publish, service: str, stream: str, event: Any) -> Sequence[Message]:
    """The messages of an event, written for the bus and read again."""
    stored = Stored(
        stream=stream,
        version=7,
        type="",
        at=AT,
        cause="c" * 200,
        event=event,
        lane=0,
        position=1,
    )
    return [
        decode(message.value, message.headers)
        for number, outgoing in enumerate(publish(stored))
        for message in to_bus(
            outgoing, stored=stored, number=number, service=service, epoch="e" * 32, partitions=2
        )
    ]
