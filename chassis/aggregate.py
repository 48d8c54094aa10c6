"""What an aggregate is: a state, its events, and three pure functions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

S = TypeVar("S")
E = TypeVar("E")


def never(_state: object) -> datetime | None:
    """Answer for aggregates that nothing wakes."""
    return None


@dataclass(frozen=True)
class Aggregate(Generic[S, E]):
    """One kind of stream.

    `name` is the prefix of its streams (`account` owns `account-acme/17`). `state` and `events` are
    msgspec types; every event is a frozen, tagged Struct whose tag is the name stored beside it.
    `wake_at` answers, from the state alone, when the aggregate next has something to do by itself.
    """

    name: str
    state: type[S]
    events: Any
    initial: Callable[[str], S]
    evolve: Callable[[S, E], S]
    wake_at: Callable[[S], datetime | None] = never
    _codecs: "_Codecs" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_codecs", _Codecs(self.state, self.events))

    def decode_state(self, data: bytes) -> S:
        """Read a stored state."""
        state: S = self._codecs.state_decoder.decode(data)
        return state

    def encode_state(self, state: S) -> bytes:
        """Write a state: the same bytes for the same state, whatever process writes it."""
        return self._codecs.state_encoder.encode(state)

    def decode_event(self, data: bytes) -> E:
        """Read a stored event."""
        event: E = self._codecs.event_decoder.decode(data)
        return event

    def encode_event(self, event: Any) -> bytes:
        """Write an event as tagged JSON."""
        return self._codecs.event_encoder.encode(event)


class _Codecs:
    """Compiled once per aggregate: building a decoder costs more than using it."""

    __slots__ = ("event_decoder", "event_encoder", "state_decoder", "state_encoder")

    def __init__(self, state: type[Any], events: Any) -> None:
        self.state_decoder = msgspec.msgpack.Decoder(state)
        self.state_encoder = msgspec.msgpack.Encoder(order="sorted", decimal_format="string")
        self.event_decoder = msgspec.json.Decoder(events)
        self.event_encoder = msgspec.json.Encoder(decimal_format="string")


def stream_kind(stream: str) -> str:
    """The aggregate's name in front of a stream's first hyphen."""
    return stream.partition("-")[0]
