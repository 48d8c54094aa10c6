"""The bytes of an account's open items: one msgpack array where they are few, blocks where many.

An event touches the first items or the last. So those are kept as they are, and what lies between
is compressed a block at a time, once: what an event costs hardly grows with how many are open, and
an account that stays in memory takes a tenth.

A block has the items whose order of arrival (`seq`) begins alike, so that the same items have the
same bytes however they came to be open. What compresses is part of that: a test holds its bytes,
and where another version of it writes others the account's revision is raised.
"""

import struct
from collections.abc import Collection, Iterator, Mapping, Sequence

from chassis.store.marked import compressed, decompressed

PLAIN_MAX = 64
"""So many items are one array; more of them are in three blocks at least."""
_BLOCK_BITS = 5
_ARRAY = 0xDD
_BLOCKED = 0xC1  # begins no msgpack value
_HEAD = struct.Struct(">BI")  # of an array, always in its longest form: how many items
_BLOCKED_HEAD = struct.Struct(">BIHII")
"""How many items; how many blocks lie between, and of each of them a `_BLOCK`; the bytes of the
first block; the number of the last.
"""
_BLOCK = struct.Struct(">II")  # its number, and its compressed bytes

Blocks = Sequence[tuple[int, bytes]]
"""Compressed blocks by their numbers."""


def block_of(seq: int) -> int:
    """The number of the block of an item."""
    return seq >> _BLOCK_BITS


def plain(count: int, written: bytes | memoryview) -> bytes:
    """So many items as one array."""
    return b"".join((_HEAD.pack(_ARRAY, count), written))


NO_ITEMS = plain(0, b"")


def blocked(count: int, first: bytes, between: Blocks, number: int, last: bytes) -> bytes:
    """So many items in blocks, of which `number` is the last."""
    head = _BLOCKED_HEAD.pack(_BLOCKED, count, len(between), len(first), number)
    table = [_BLOCK.pack(at, len(block)) for at, block in between]
    return b"".join((head, *table, first, *(block for _, block in between), last))


def behind(packed: bytes, seq: int, one: bytes) -> bytes | None:
    """Items with one more that arrived after them; `None` where all must be packed anew."""
    if packed[0] == _ARRAY:
        _, count = _HEAD.unpack_from(packed)
        if count == PLAIN_MAX:
            return None
        return b"".join((_HEAD.pack(_ARRAY, count + 1), memoryview(packed)[_HEAD.size :], one))
    mark, count, blocks, first, number = _BLOCKED_HEAD.unpack_from(packed)
    at = block_of(seq)
    if at != number:
        begins, between, last = _parts(packed)
        return blocked(count + 1, begins, [*between, (number, compressed(last))], at, one)
    head = _BLOCKED_HEAD.pack(mark, count + 1, blocks, first, number)
    return b"".join((head, memoryview(packed)[_BLOCKED_HEAD.size :], one))


def without(packed: bytes, gone: bytes, left: int, again: bytes) -> bytes | None:
    """Items of which those that arrived first, `gone`, are now `again`, so that so many are left;
    `None` where all must be packed anew.
    """
    if packed[0] == _ARRAY:
        if not packed.startswith(gone, _HEAD.size):
            return None
        return plain(left, b"".join((again, memoryview(packed)[_HEAD.size + len(gone) :])))
    mark, _, blocks, first, number = _BLOCKED_HEAD.unpack_from(packed)
    begins = _BLOCKED_HEAD.size + blocks * _BLOCK.size
    stays = first - len(gone) + len(again)
    if left <= PLAIN_MAX or len(gone) > first or not packed.startswith(gone, begins):
        return None
    if not stays:
        _, between, last = _parts(packed)
        return blocked(left, decompressed(between[0][1]), between[1:], number, last)
    kept = memoryview(packed)
    head = _BLOCKED_HEAD.pack(mark, left, blocks, stays, number)
    table = kept[_BLOCKED_HEAD.size : begins]
    return b"".join((head, table, again, kept[begins + len(gone) :]))


def unblocked(packed: bytes) -> bytes:
    """The same items as one array."""
    if packed[0] == _ARRAY:
        return packed
    _, count, *_ = _BLOCKED_HEAD.unpack_from(packed)
    return plain(count, b"".join(_all_written(packed)))


def kept(packed: bytes, but: Collection[int]) -> Mapping[int, bytes]:
    """The compressed blocks by their numbers, but for these."""
    if packed[0] == _ARRAY:
        return {}
    return {number: block for number, block in _parts(packed)[1] if number not in but}


def may_hold(packed: bytes, text: bytes) -> bool:
    """Whether some item's bytes have these among them."""
    if packed[0] == _ARRAY:
        return text in packed
    return any(text in written for written in _all_written(packed))


def _all_written(packed: bytes) -> Iterator[bytes]:
    first, between, last = _parts(packed)
    yield first
    for _, block in between:
        yield decompressed(block)
    yield last


def _parts(packed: bytes) -> tuple[bytes, list[tuple[int, bytes]], bytes]:
    _, _, blocks, size, _ = _BLOCKED_HEAD.unpack_from(packed)
    table = _BLOCKED_HEAD.size
    at = table + blocks * _BLOCK.size
    first = packed[at : at + size]
    at += size
    between = []
    for number, size in _BLOCK.iter_unpack(packed[table : at - len(first)]):
        between.append((number, packed[at : at + size]))
        at += size
    return first, between, packed[at:]
