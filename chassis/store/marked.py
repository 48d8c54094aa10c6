"""How states of different revisions are told apart: by a mark.

A state of an aggregate's first revision has none, so that it costs no byte. Later ones begin with a
byte that begins no msgpack value and the number of the revision. A large state is compressed (an
account with 500 open items to a twentieth): it has a mark in any case, and that byte once more.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

import msgspec
from zstandard import ZstdCompressor, ZstdDecompressor, ZstdError

S = TypeVar("S")

_MARK = 0xC1
_BEGINS = bytes((_MARK,))
_LARGE = 4_000
"""Bytes beyond which a state is compressed: PostgreSQL would, and take seven times as long."""
_LEVEL = -1


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
    mark = mark_of(revision)
    before = b"" if revision == 1 else mark

    def write(state: S) -> bytes:
        data = encode(state)
        if len(data) <= _LARGE:
            return before + data
        return mark + _BEGINS + compressed(data)

    def read(data: bytes) -> S:
        if data[:1] != _BEGINS:
            if before:
                raise OtherForm(f"the state is not of revision {revision}")
            return decode(data)
        if not data.startswith(mark):
            raise OtherForm(f"the state is not of revision {revision}")
        own = data[len(mark) :]
        return decode(decompressed(own[1:]) if own[:1] == _BEGINS else own)

    return write, read


def compressed(data: bytes) -> bytes:
    """The bytes, smaller: the same for the same ones."""
    return _contexts.writer.compress(data)


def decompressed(data: bytes) -> bytes:
    """What was compressed; raises `msgspec.DecodeError` for anything else."""
    try:
        return _contexts.reader.decompress(data)
    except (ZstdError, MemoryError) as error:  # the last: of a size it cannot be
        raise msgspec.DecodeError(f"the compressed state is spoilt: {error}") from error


class _Contexts(threading.local):
    """What compresses and reads: made once, and not to be used by two threads."""

    def __init__(self) -> None:
        self.writer, self.reader = ZstdCompressor(level=_LEVEL), ZstdDecompressor()


_contexts = _Contexts()
