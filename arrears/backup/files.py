"""The files of a backup: compressed, hashed while they are written, compared before they are
believed.
"""

import os
import zlib
from collections.abc import AsyncIterator, Iterator
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Self

import msgspec

from arrears.backup.manifest import File
from chassis.bus.base import PlainRecord, Record
from chassis.errors import Misconfigured
from chassis.private import make_folder

_GZIP = 31  # window bits of zlib for the form that gunzip reads
_QUICK = 1
_CHUNK = 1 << 20
_LENGTH = 4


class Writing:
    """A file being written; `done` says what became of it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._name = name
        self._path = folder / name
        make_folder(self._path.parent)
        self._compress = zlib.compressobj(_QUICK, wbits=_GZIP)
        self._hash = sha256()
        self._size = 0

    def __enter__(self) -> Self:
        self._file = self._path.open("xb")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    async def write(self, content: bytes) -> None:
        """Add to the file."""
        self._put(self._compress.compress(content))

    async def record(self, record: Record) -> None:
        """Add a message as it is on the bus."""
        headers = tuple((name, bytes(value)) for name, value in record.headers)
        packed = msgspec.msgpack.encode(
            (record.topic, record.partition, record.offset, record.key, record.value, headers)
        )
        await self.write(len(packed).to_bytes(_LENGTH) + packed)

    def done(self) -> File:
        """End the file, once it is on the disk."""
        self._put(self._compress.flush())
        self._file.flush()
        os.fsync(self._file.fileno())
        return File(self._name, self._size, self._hash.hexdigest())

    def _put(self, content: bytes) -> None:
        self._file.write(content)
        self._hash.update(content)
        self._size += len(content)


async def content(folder: Path, file: File) -> AsyncIterator[bytes]:
    """What was written, piece by piece."""
    for piece in _unpacked(folder / file.name):
        yield piece


def records(folder: Path, file: File) -> Iterator[PlainRecord]:
    """The messages of a file, in order."""
    decode = msgspec.msgpack.Decoder(
        tuple[str, int, int, bytes | None, bytes, tuple[tuple[str, bytes], ...]]
    ).decode
    buffer = bytearray()
    for piece in _unpacked(folder / file.name):
        buffer += piece
        start = 0
        while len(buffer) - start >= _LENGTH:
            end = start + _LENGTH + int.from_bytes(buffer[start : start + _LENGTH])
            if end > len(buffer):
                break
            yield PlainRecord(*decode(buffer[start + _LENGTH : end]))
            start = end
        del buffer[:start]


def require_whole(folder: Path, file: File) -> None:
    """Raise `Misconfigured` unless a file is as it was written."""
    path = folder / file.name
    try:
        size = path.stat().st_size
        if size != file.size:
            raise Misconfigured(f"{path} has {size} bytes, it was written with {file.size}")
        with path.open("rb") as opened:
            found = file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise Misconfigured(f"{path} of the backup: {error.strerror}") from error
    if found != file.sha256:
        raise Misconfigured(f"{path} is not as it was written: its checksum is another")


def _unpacked(path: Path) -> Iterator[bytes]:
    expand = zlib.decompressobj(wbits=_GZIP)
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield expand.decompress(piece)
    yield expand.flush()
