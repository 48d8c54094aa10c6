"""Events as the store keeps them: each compressed by itself, with a dictionary of its service.

The first byte of what is packed is the number of its dictionary, by which it is read for good; JSON
begins with none of these. What is not packed is read as it is. The dictionaries are files beside
this, made by `tests/stored/dictionaries.py`.

While instances of versions side by side know different ones, the newest that all of them know is
written with (`Packing.limit`).
"""

import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
from zstandard import ZstdCompressionDict, ZstdCompressor, ZstdDecompressor, ZstdError

Pack = Callable[[bytes], bytes]
FOLDER = Path(__file__).parent / "dictionaries"
LEVEL = 3
_MAGIC = b"\x28\xb5\x2f\xfd"
"""What every frame of zstd begins with: the number is kept instead."""
_SPACE = 0x20
_SERVICES: dict[int, str] = {}
"""By the number of a dictionary, whose it is."""

for _file in FOLDER.glob("*.zdict"):
    _number, _, _service = _file.stem.partition("-")
    _SERVICES[int(_number)] = _service

NEWEST = max(_SERVICES, default=0)
"""The last dictionary of any service that this version knows."""


class _Contexts(threading.local):
    """What compresses and reads, by dictionary: made once, and not to be used by two threads."""

    def __init__(self) -> None:
        self.writers: dict[int, ZstdCompressor] = {}
        self.readers: dict[int, ZstdDecompressor] = {}

    def reader(self, number: int) -> ZstdDecompressor:
        made = self.readers[number] = ZstdDecompressor(_dictionary(number))
        return made

    def writer(self, number: int) -> ZstdCompressor:
        dictionary = _dictionary(number)
        dictionary.precompute_compress(level=LEVEL)
        made = self.writers[number] = ZstdCompressor(
            LEVEL, dictionary, write_checksum=False, write_dict_id=False
        )
        return made


_contexts = _Contexts()


def as_it_is(data: bytes) -> bytes:
    """What is not packed."""
    return data


def unpacked(data: bytes) -> bytes:
    """What was packed, or is as it was said; raises `msgspec.DecodeError` for spoilt data."""
    number = data[0] if data else _SPACE
    if number >= _SPACE:
        return data
    try:
        reader = _contexts.readers.get(number) or _contexts.reader(number)
        return reader.decompress(_MAGIC + data[1:])
    except (KeyError, ZstdError, MemoryError) as error:  # the last: of a size it cannot be
        raise msgspec.DecodeError(f"data packed with dictionary {number} cannot be read") from error


class Packing:
    """How a service packs: not at all until it is known what all its instances can read, and where
    it has no dictionary.
    """

    def __init__(self, service: str) -> None:
        self._service = service
        self._number = 0

    def limit(self, newest: int) -> None:
        """Use no dictionary with a greater number, which not everybody knows."""
        self._number = max(
            (n for n, service in _SERVICES.items() if service == self._service and n <= newest),
            default=0,
        )

    @property
    def pack(self) -> Pack:
        """What makes JSON smaller."""
        number = self._number
        if not number:
            return as_it_is
        writer = _contexts.writers.get(number) or _contexts.writer(number)
        return _packer(bytes((number,)), writer)


def _packer(head: bytes, writer: ZstdCompressor) -> Pack:
    compress, behind = writer.compress, len(_MAGIC)

    def pack(data: bytes) -> bytes:
        packed = head + compress(data)[behind:]
        return packed if len(packed) < len(data) else data

    return pack


def _dictionary(number: int) -> ZstdCompressionDict:
    return ZstdCompressionDict((FOLDER / f"{number}-{_SERVICES[number]}.zdict").read_bytes())
