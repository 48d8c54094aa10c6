"""What a service says to others: contract messages made of its stored events."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal

from chassis.bus.base import Outgoing as BusMessage
from chassis.store.stored import Stored
from contracts.base import Contract
from contracts.codec import CONTENT_TYPE, encode
from contracts.registry import source_of
from contracts.splitting import in_parts
from contracts.words.streams import key_of, subject_of

ALL_ACCOUNTS = "*"
"""The account part of the key of a message about the creditor as a whole."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A contract message to publish.

    `lanes="every"` sends a copy to each lane, for what every account of a creditor must know.
    """

    data: Contract
    creditor: str
    account: str = ALL_ACCOUNTS
    correlation: str | None = None
    lanes: Literal["own", "every"] = "own"


Publish = Callable[[Stored], Sequence[Outgoing]]
Make = Callable[[Stored, str], Contract | None]
"""Makes the message of an event about an account, whose id it is given; of some there is none."""


def publisher(table: Mapping[type, Make], correlation_of: Callable[[Any], str | None]) -> Publish:
    """A `publish` of a literal table: event type -> its message; others stay inside."""

    def publish(stored: Stored) -> Sequence[Outgoing]:
        make = table.get(type(stored.event))
        if make is None:
            return ()
        creditor, account = subject_of(stored.stream)
        made = make(stored, account)
        if made is None:
            return ()
        correlation = correlation_of(stored.event)
        parts = in_parts(made)
        return [Outgoing(part, creditor, account, correlation) for part in parts]

    return publish


def message_id(epoch: str, stored: Stored, number: int) -> str:
    """The id of the n-th message of an event: the same at every attempt, another after the store
    was restored from a backup.
    """
    name = f"{epoch}/{stored.stream}/{stored.version}/{number}"
    return blake2b(name.encode(), digest_size=16).hexdigest()


def to_bus(
    outgoing: Outgoing,
    *,
    stored: Stored,
    number: int,
    service: str,
    epoch: str,
    partitions: int,
    traceparent: str | None = None,
) -> list[BusMessage]:
    """The bus messages of one contract message: one, or one per lane."""
    identity = message_id(epoch, stored, number)
    key = key_of(outgoing.creditor, outgoing.account).encode()
    headers = (("content-type", CONTENT_TYPE.encode()),)

    def copy(lane: int, copy_id: str) -> BusMessage:
        value = encode(
            outgoing.data,
            id=copy_id,
            source=source_of(service),
            time=stored.at,
            creditor=outgoing.creditor,
            subject=outgoing.account,
            correlationid=outgoing.correlation,
            causationid=stored.cause,
            traceparent=traceparent,
        )
        return BusMessage(outgoing.data.TOPIC, lane, key, value, headers)

    if outgoing.lanes == "every":
        # each copy is a message of its own: under one id the second lane would drop it as repeated
        return [copy(lane, f"{identity}-{lane}") for lane in range(partitions)]
    return [copy(stored.lane, identity)]
