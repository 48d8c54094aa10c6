"""A backup in the making: a folder beside its place, which is gone unless it is finished.

A process that was killed leaves it, with all that was copied so far; the next backup made there
deletes it. Which are still worked at shows a lock that ends with its process.
"""

import contextlib
import fcntl
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from chassis.private import make_folder

_LOCK = "making.lock"


@contextlib.contextmanager
def unfinished(folder: Path) -> Iterator[Path]:
    """Where to make what shall be in `folder`; deleted if that raises."""
    make_folder(folder.parent)
    _purge(folder.parent)
    beside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    make_folder(beside)
    try:
        with (beside / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield beside
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def finish(beside: Path, folder: Path) -> None:
    """Move what was made to its place."""
    (beside / _LOCK).unlink()
    beside.replace(folder)


def _purge(parent: Path) -> None:
    for path in parent.glob(f".*/{_LOCK}"):
        with path.open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(path.parent, ignore_errors=True)
