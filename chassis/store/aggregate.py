"""What an aggregate is: a state, its events, and three pure functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar, get_args

import msgspec

from chassis.errors import BrokenInvariant
from chassis.store import marked

S = TypeVar("S")
E = TypeVar("E")
Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes today's data of an event's, as JSON; those that are of today already it gives back."""


def never(_state: object) -> datetime | None:
    """Answer for aggregates that nothing wakes."""
    return None


@dataclass(frozen=True)
class Aggregate(Generic[S, E]):
    """One kind of stream.

    `name` is the prefix of its streams (`account` owns `account-acme/17`). `state` and `events` are
    msgspec types; every event is a frozen, tagged Struct whose tag is the name stored beside it.
    `wake_at` answers, from the state alone, when the aggregate next has something to do by itself.
    `cached` lets a lane's consumer keep the states it committed for its next batch; it finds out by
    their versions when somebody else wrote meanwhile.

    Where the form of an event changed, `upcasts` has for its stored type what makes today's data of
    the old. Where a state's form changed, or one of the same form says something else, `revision`
    is raised by one: kept states of others are folded anew (`chassis/store/marked.py`).
    """

    name: str
    state: type[S]
    events: Any
    initial: Callable[[str], S]
    evolve: Callable[[S, E], S]
    wake_at: Callable[[S], datetime | None] = never
    cached: bool = False
    upcasts: Mapping[str, Upcast] = field(default_factory=dict)
    revision: int = 1
    decode_state: Callable[[bytes], S] = field(init=False, repr=False, compare=False)
    """Read a stored state; `msgspec.DecodeError` for one of another revision."""
    encode_state: Callable[[S], bytes] = field(init=False, repr=False, compare=False)
    """Write a state: the same bytes for the same state, whatever process writes it."""
    decode_event: Callable[[bytes], E] = field(init=False, repr=False, compare=False)
    """Read an event that this version wrote."""
    readers: Mapping[str, Callable[[bytes], E]] = field(init=False, repr=False, compare=False)
    """Read a stored event of whatever version, by its stored type."""
    encode_event: Callable[[Any], bytes] = field(init=False, repr=False, compare=False)
    """Write an event as tagged JSON."""

    def __post_init__(self) -> None:
        # Compiled once, and bound as they are: the hot path calls them for every event.
        encode_state, decode_state = marked.codecs(
            self.revision,
            msgspec.msgpack.Encoder(order="sorted", decimal_format="string").encode,
            msgspec.msgpack.Decoder(self.state).decode,
        )
        decode = msgspec.json.Decoder(self.events).decode
        codecs: dict[str, Any] = {
            "decode_state": decode_state,
            "encode_state": encode_state,
            "decode_event": decode,
            "readers": _readers(self.name, self.events, decode, self.upcasts),
            "encode_event": msgspec.json.Encoder(decimal_format="string").encode,
        }
        for name, codec in codecs.items():
            object.__setattr__(self, name, codec)


class _Readers(dict[str, Callable[[bytes], Any]]):
    """By stored type; one that was never a type of this aggregate has none."""

    def __init__(self, aggregate: str) -> None:
        super().__init__()
        self._aggregate = aggregate

    def __missing__(self, kind: str) -> Callable[[bytes], Any]:
        raise BrokenInvariant(f"{kind} is no event of the streams of {self._aggregate}")


def _readers(
    aggregate: str, events: Any, decode: Callable[[bytes], Any], upcasts: Mapping[str, Upcast]
) -> _Readers:
    """Types without an upcast, which are nearly all, are read as fast as if there were none."""
    readers = _Readers(aggregate)
    for event in get_args(events) or (events,):
        readers[event.__struct_config__.tag] = decode
    for kind, upcast in upcasts.items():
        readers[kind] = _upcasting(upcast, decode)
    return readers


def _upcasting(upcast: Upcast, decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def read(data: bytes) -> Any:
        return decode(msgspec.json.encode(upcast(msgspec.json.decode(data))))

    return read


def evolver(table: Mapping[type, Callable[[S, Any], S]]) -> Callable[[S, Any], S]:
    """An `evolve` of a literal table: event type -> the state after an event of it.

    It raises `BrokenInvariant` for an event that is not in the table.
    """

    def evolve(state: S, event: Any) -> S:
        change = table.get(type(event))
        if change is None:
            raise unknown_event(event)
        return change(state, event)

    return evolve


def unknown_event(event: object) -> BrokenInvariant:
    """What an `evolve` raises for an event it does not know."""
    return BrokenInvariant(f"{type(event).__name__} is no event of this stream")
