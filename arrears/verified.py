"""The file that keeps how far stores are verified, and what was seen of them."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from arrears.errors import UsageError
from chassis.private import make_folder
from chassis.store import access
from chassis.store.verifying import Link


class Records(msgspec.Struct):
    """How far an access record is verified, or was seen: the last one, and the first of each day
    (UTC).
    """

    end: access.End = access.NOWHERE
    days: dict[str, int] = {}


class Progress(msgspec.Struct):
    """How far a store is verified, and what was wrong so far; `epochs` say which store it is.

    `known` are the ends of the chains that verifications saw which came to their end, `proposals`
    of those of what was decided, `records` what they saw of the access record. How far that is
    verified, and what was wrong in it, stands by itself: it is verified alone too.
    """

    epochs: list[str]
    known: dict[int, Link] = {}
    lanes: dict[int, Link] = {}
    streams: str = ""
    damage: list[str] = []
    proposals: dict[int, access.End] = {}
    records: Records = msgspec.field(default_factory=Records, name="access_records")
    records_at: Records = msgspec.field(default_factory=Records)
    records_damage: list[str] = []


class Place:
    """A file that keeps how far each service's store is verified."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            told = path.read_bytes()
            self._services = msgspec.json.decode(told, type=dict[str, Progress])
        except FileNotFoundError:
            self._services = {}
        except (OSError, msgspec.MsgspecError) as error:
            raise UsageError(f"{path} is no place of a verification: {error}") from error

    def of(self, service: str, epochs: Sequence[str], *, anew: bool) -> Progress:
        """How far a service's store is; with `anew` from the beginning, as if never seen."""
        found = self._services.get(service)
        if found is None or anew:
            found = self._services[service] = Progress(list(epochs))
        return found

    def save(self) -> None:
        """Put it in the place of what the file had, at once."""
        beside = self._path.with_name(f".{self._path.name}.unfinished")
        with beside.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(self._services)))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)


@contextmanager
def held(path: Path) -> Iterator[Place]:
    """A place that nobody else works with meanwhile: they would write over what was seen."""
    make_folder(path.parent)
    with path.with_name(f".{path.name}.lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"{path}: another verification works with it, wait for it") from None
        yield Place(path)
