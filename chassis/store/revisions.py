"""States that another version wrote in another form: they are known by a mark, and folded anew from
their events where they are met.

A state of an aggregate's first revision has no mark, so that it costs no byte. Later ones begin
with a byte that begins no msgpack value and the number of the revision. While versions of two
revisions run side by side, each reads what the other wrote as if it were not there.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from asyncpg import Connection

S = TypeVar("S")

_MARK = 0xC1
_EVENTS = """
select stream, version, type, data from events
where stream = any($1::text[]) order by stream, version"""

_LEARN = "update store_meta set state_forms = state_forms || $1::text::jsonb"


class OtherForm(msgspec.DecodeError):
    """A kept state is of another revision."""


def mark_of(revision: int) -> bytes:
    """What the states of a revision begin with; of the first one, as if they did."""
    return bytes((_MARK, revision))


def codecs(
    revision: int, encode: Callable[[S], bytes], decode: Callable[[bytes], S]
) -> tuple[Callable[[S], bytes], Callable[[bytes], S]]:
    """How states of a revision are written and read; reading one of another raises
    `msgspec.DecodeError`.
    """
    if revision == 1:
        return encode, decode  # whatever begins with a mark is no msgpack
    mark = mark_of(revision)

    def write(state: S) -> bytes:
        return mark + encode(state)

    def read(data: bytes) -> S:
        if not data.startswith(mark):
            raise OtherForm(f"the state is not of revision {revision}")
        return decode(data[len(mark) :])

    return write, read


def is_other(error: msgspec.DecodeError, data: bytes) -> bool:
    """Whether a state could not be read for being of another revision, and not for being spoilt."""
    return isinstance(error, OtherForm) or data[:1] == bytes((_MARK,))


async def fold(
    connection: Connection, aggregate: Any, streams: Sequence[str]
) -> dict[str, tuple[Any, int]]:
    """The states and versions of some streams of an aggregate, told by their events."""
    found: dict[str, tuple[Any, int]] = {}
    for stream, version, kind, data in await connection.fetch(_EVENTS, streams):
        state = found[stream][0] if stream in found else aggregate.initial(stream)
        found[stream] = aggregate.evolve(state, aggregate.readers[kind](data)), version
    return found


async def learn(connection: Connection, forms: Mapping[str, str]) -> None:
    """Note that the states of some aggregates, by name, were last folded to these forms."""
    await connection.execute(_LEARN, json.dumps(dict(forms)))
