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

_NEW, _LOCK = "making.new", "making.lock"


@contextlib.contextmanager
def unfinished(folder: Path) -> Iterator[Path]:
    """Where to make what shall be in `folder`; deleted if that raises."""
    make_folder(folder.parent)
    _purge(folder.parent)
    beside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    make_folder(beside)
    try:
        with (beside / _NEW).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (beside / _NEW).rename(beside / _LOCK)  # nobody finds it before it is locked
            yield beside
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def finish(beside: Path, folder: Path) -> None:
    """Move what was made to its place."""
    beside.replace(folder)
    (folder / _LOCK).unlink()


def _purge(parent: Path) -> None:
    for path in parent.glob(f".*/{_LOCK}"):
        with (
            contextlib.suppress(BlockingIOError, FileNotFoundError),  # at work, or done now
            path.open("rb") as lock,
        ):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path.parent, ignore_errors=True)
