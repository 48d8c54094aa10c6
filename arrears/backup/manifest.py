"""What a backup says of itself: `manifest.json`, written last, beside the files it names."""

from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from chassis.errors import Misconfigured
from chassis.settings import ServiceName
from chassis.store import copies

FORMAT = 1
NAME = "manifest.json"
BILLING = "billing"
"""The topic of upstream: the others are our own."""

Place = tuple[str, int, int]
"""A topic, a lane of it, an offset."""


class File(Struct, frozen=True):
    """A file of the backup as it was written."""

    name: str
    size: int
    sha256: str


class Rows(Struct, frozen=True):
    """A table and the file with its rows."""

    table: copies.Table
    count: int
    file: File


class Service(Struct, frozen=True):
    """A service's store."""

    store: copies.Store
    tables: tuple[Rows, ...]


class Tail(Struct, frozen=True):
    """The messages of a topic that not every reader had read."""

    topic: str
    count: int
    file: File


class Manifest(Struct, frozen=True):
    """A whole backup.

    `ends` are where the topics ended before the copy was begun: whatever services said up to there
    was said by events that the copy has.
    """

    format: int
    version: str
    at: datetime
    bus: str
    topics: dict[str, str]
    ends: tuple[Place, ...]
    services: dict[ServiceName, Service]
    tails: tuple[Tail, ...]

    def files(self) -> list[File]:
        """All files the backup consists of, but for the manifest."""
        rows = [one.file for service in self.services.values() for one in service.tables]
        return [*rows, *(one.file for one in self.tails)]


class _Version(Struct):
    format: int


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest: from then on the folder is a backup."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    (folder / NAME).write_bytes(text)


def read(folder: Path) -> Manifest:
    """The manifest of a backup; raises `Misconfigured` for what is none that can be read."""
    path = folder / NAME
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Misconfigured(
            f"{folder} is no backup, or one that was not finished: {NAME}: {error.strerror}"
        ) from error
    try:
        found = msgspec.json.decode(content, type=_Version).format
        if found == FORMAT:
            return msgspec.json.decode(content, type=Manifest)
    except msgspec.MsgspecError as error:
        raise Misconfigured(f"{path} cannot be read: {error}") from error
    raise Misconfigured(f"{path} is of format {found}, this version reads {FORMAT}")
