"""What stored bytes say, as docs/adr/0030 and the head of `chassis/store/marked.py` tell it."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from zstandard import ZstdCompressionDict, ZstdDecompressor, ZstdError, get_frame_parameters

_DICTIONARIES = Path(__file__).parents[2] / "chassis" / "store" / "dictionaries"
_MAGIC = b"\x28\xb5\x2f\xfd"
_NO_NUMBER = 0x20
_LARGE_STATE = re.compile(rb"\xc1.\xc1", re.DOTALL)
_SIZE_MAX = 64 << 20
"""What claims to be more is nothing that was packed."""
_BYTEA = re.compile(rb"\\+x([0-9a-f]+)")


def unpacked(data: bytes) -> bytes:
    """What was packed, or the same where nothing was."""
    if _LARGE_STATE.match(data):
        return _read(None, data[3:]) or data
    if data and data[0] < _NO_NUMBER and data[0] in _numbers():
        return _read(data[0], _MAGIC + data[1:]) or data
    return data


def binary_in(text: bytes) -> Iterator[bytes]:
    """What PostgreSQL wrote in hexadecimal, unpacked."""
    return (unpacked(bytes.fromhex(run.decode())) for run in _BYTEA.findall(text))


def _read(number: int | None, frame: bytes) -> bytes:
    try:
        if get_frame_parameters(frame).content_size > _SIZE_MAX:
            return b""
        return _reader(number).decompress(frame)
    except ZstdError:
        return b""


@cache
def _numbers() -> frozenset[int]:
    return frozenset(int(path.stem.partition("-")[0]) for path in _DICTIONARIES.glob("*.zdict"))


@cache
def _reader(number: int | None) -> ZstdDecompressor:
    if number is None:
        return ZstdDecompressor()
    (path,) = _DICTIONARIES.glob(f"{number}-*.zdict")
    return ZstdDecompressor(ZstdCompressionDict(path.read_bytes()))
