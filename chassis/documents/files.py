"""Files for people, sorted into folders by creditor and day: `<folder>/<creditor>/<date>/…`.

They name persons: they are this user's alone (0600 in 0700).
"""

import contextlib
import os
import tempfile
import time
from datetime import date
from pathlib import Path

from chassis.private import make_folder

_UNFINISHED = "%unfinished"  # which no identifier is
_LEFT_SECONDS = 3600.0
"""What is unfinished for so long was left by a process that ended."""


class DatedFiles:
    """A folder of files that appear whole or not at all.

    What a process that ended left unfinished is deleted when the next one starts, and with every
    file that is forgotten: it may be of the same person.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unfinished = folder / _UNFINISHED
        self._purge()

    def path(self, creditor: str, day: date, name: str) -> Path:
        """Where a file of a day lies; `name` may begin with a folder."""
        return self._folder / file_name(creditor) / day.isoformat() / name

    def put(self, path: Path, content: bytes) -> None:
        """Write a file; writing it twice leaves one. Raises `OSError`."""
        try:
            descriptor, beside = tempfile.mkstemp(dir=self._unfinished)
        except FileNotFoundError:  # the first one of all
            make_folder(self._unfinished)
            descriptor, beside = tempfile.mkstemp(dir=self._unfinished)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            _move(beside, path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise

    def forget(self, creditor: str, pattern: str) -> None:
        """Delete the files of a name (a glob), whatever day they are filed under."""
        for path in (self._folder / file_name(creditor)).glob(f"*/{pattern}"):
            path.unlink(missing_ok=True)
        self._purge()

    def _purge(self) -> None:
        if not self._unfinished.exists():
            return
        before = time.time() - _LEFT_SECONDS
        for path in self._unfinished.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process finished it just now
                if path.stat().st_mtime < before:
                    path.unlink()


def _move(beside: str, path: Path) -> None:
    try:
        os.replace(beside, path)  # noqa: PTH105 - the module's word for atomic
    except FileNotFoundError:  # the first one of its folder
        make_folder(path.parent)
        os.replace(beside, path)  # noqa: PTH105 - as above


def file_name(identifier: str) -> str:
    """An identifier as a file name: one of dots alone would name a folder above."""
    return identifier.replace("/", "%2F") if identifier.strip(".") else "%2E" * len(identifier)
