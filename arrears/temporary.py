"""Folders that are gone afterwards, also those of processes that were killed.

What is played has the persons of its billing events: a folder that its process left is deleted by
the next that makes one, and the database server in it is ended.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from chassis.servers.postgres import EmbeddedPostgres

_PREFIX = "arrears-"
_IN_USE = "in-use.lock"


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    _purge(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as name, _in_use(Path(name)):
        yield Path(name)


@contextlib.contextmanager
def _in_use(folder: Path) -> Iterator[None]:
    beside = folder / f"{_IN_USE}.new"
    with beside.open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        beside.rename(folder / _IN_USE)  # never there without being held
        yield


def _purge(within: Path) -> None:
    for lock in within.glob(f"{_PREFIX}*/{_IN_USE}"):
        with contextlib.suppress(OSError):  # another user's, or another process deletes it too
            if lock.stat().st_uid == os.geteuid():
                _delete_if_left(lock)


def _delete_if_left(lock: Path) -> None:
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for cluster in lock.parent.glob("*/pgdata"):
            EmbeddedPostgres(cluster.parent).end_left()
        shutil.rmtree(lock.parent, ignore_errors=True)
