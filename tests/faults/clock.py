"""A clock that runs as the wall's does, ahead of or behind it by what a file says."""

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

_OFFSET = struct.Struct("d")


class ShiftedClock:
    """The wall clock plus the seconds in a file, which a test may change at any time."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(_OFFSET.pack(0.0))
        with path.open("r+b") as file:
            self._file = mmap.mmap(file.fileno(), _OFFSET.size)

    def now(self) -> datetime:
        (seconds,) = _OFFSET.unpack_from(self._file)
        return datetime.now(UTC) + timedelta(seconds=seconds)

    def set(self, to: datetime) -> None:
        """Let it show this instant now, and go on from there."""
        _OFFSET.pack_into(self._file, 0, (to - datetime.now(UTC)).total_seconds())

    def shift(self, by: timedelta) -> None:
        (seconds,) = _OFFSET.unpack_from(self._file)
        _OFFSET.pack_into(self._file, 0, seconds + by.total_seconds())
