"""How states of different revisions are told apart: by a mark.

A state of an aggregate's first revision has none, so that it costs no byte. Later ones begin with a
byte that begins no msgpack value and the number of the revision.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

S = TypeVar("S")

_MARK = 0xC1


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
