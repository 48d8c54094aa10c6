"""What stored bytes say, for tests that look into tables."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from chassis.store.packing import unpacked

_BYTEA = re.compile(rb"\\+x([0-9a-f]+)")


def readable(data: bytes) -> bytes:
    """The same, or what was packed into it."""
    try:
        return unpacked(data)
    except msgspec.DecodeError:
        return data


def data_of(rows: Iterable[Any]) -> list[bytes]:
    """The column `data` of some events and states, readable."""
    return [readable(row["data"]) for row in rows]


def binary_in(text: bytes) -> Iterator[bytes]:
    """What PostgreSQL wrote in hexadecimal, readable."""
    return (readable(bytes.fromhex(run.decode())) for run in _BYTEA.findall(text))
