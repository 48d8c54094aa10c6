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
    `warm` lets a lane's consumer keep the states it committed for its next batch; it finds out by
    their versions when somebody else wrote meanwhile.
    """

    name: str
    state: type[S]
    events: Any
    initial: Callable[[str], S]
    evolve: Callable[[S, E], S]
    wake_at: Callable[[S], datetime | None] = never
    warm: bool = False
    decode_state: Callable[[bytes], S] = field(init=False, repr=False, compare=False)
    """Read a stored state."""
    encode_state: Callable[[S], bytes] = field(init=False, repr=False, compare=False)
    """Write a state: the same bytes for the same state, whatever process writes it."""
    decode_event: Callable[[bytes], E] = field(init=False, repr=False, compare=False)
    """Read a stored event."""
    encode_event: Callable[[Any], bytes] = field(init=False, repr=False, compare=False)
    """Write an event as tagged JSON."""

    def __post_init__(self) -> None:
        # Compiled once, and bound as they are: the hot path calls them for every event.
        states = msgspec.msgpack.Encoder(order="sorted", decimal_format="string")
        codecs: dict[str, Callable[..., Any]] = {
            "decode_state": msgspec.msgpack.Decoder(self.state).decode,
            "encode_state": states.encode,
            "decode_event": msgspec.json.Decoder(self.events).decode,
            "encode_event": msgspec.json.Encoder(decimal_format="string").encode,
        }
        for name, codec in codecs.items():
            object.__setattr__(self, name, codec)
