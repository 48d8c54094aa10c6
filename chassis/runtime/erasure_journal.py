"""Who was erased, in a file apart from the stores: a backup from before does not know it.

A line of JSON for each debtor with nothing personal in it: creditor, account, and when it was
noted. Lines are only added; one that stands twice says nothing new.
"""

import asyncio
import errno
import os
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import msgspec

from chassis.errors import Misconfigured
from chassis.logging import get_logger
from chassis.private import make_passage
from contracts.words.streams import Subject, key_of, subject_of_key

log = get_logger(__name__)

_TODO = (
    "the list of erased debtors cannot be written: see ARREARS_ERASURES_FILE; a restore needs it"
)


class _Line(msgspec.Struct, frozen=True):
    creditor: str
    account: str
    noted_at: datetime


def read(path: Path) -> list[Subject]:
    """Who was noted, in order; raises `Misconfigured` for a file that is no such list. A line that
    was cut off is left out: whoever stands on it was noted again.
    """
    try:
        lines = [msgspec.json.decode(one, type=_Line) for one in _whole(path.read_bytes())]
    except OSError as error:
        raise Misconfigured(f"the list of erasures {path}: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise Misconfigured(f"{path} is no list of erasures: {error}") from error
    return list(dict.fromkeys(Subject(one.creditor, one.account) for one in lines))


def _whole(content: bytes) -> list[bytes]:
    """The lines but those that were cut off; what begins otherwise is none and stays, to be refused
    when it is read.
    """
    lines = [line for one in content.splitlines() if (line := one.strip(b" \t\0"))]
    return [one for one in lines if one.endswith(b"}") or not one.startswith(b"{")]


def add(path: Path, erased: Collection[bytes], now: datetime) -> int:
    """Note those that are not in the file yet; answers how many. It is on the disk then; raises
    `OSError` where not all of it is.
    """
    known = {key_of(*one).encode() for one in read(path)} if path.exists() else set()
    new = sorted(set(erased) - known)
    if new:
        make_passage(path.parent)
        lines = [_Line(*subject_of_key(key), noted_at=now) for key in new]
        text = b"".join(msgspec.json.encode(one) + b"\n" for one in lines)
        # one write, at the end of what others wrote: several processes may share the file
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            told = _on_a_line_of_its_own(path) + text
            if os.write(descriptor, told) < len(told):
                raise OSError(errno.ENOSPC, "the list was written in part", str(path))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    return len(new)


def _on_a_line_of_its_own(path: Path) -> bytes:
    """What ends a line that was cut off."""
    return b"" if path.read_bytes()[-1:] in (b"", b"\n") else b"\n"


class ErasureJournal:
    """Notes those an instance knows to be erased; asks nobody while there are no others."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._noted = 0

    async def note(self, erased: Collection[bytes | None], now: datetime) -> None:
        """Note them, if there are others than last time; what fails is tried again."""
        if self._path is None or len(erased) == self._noted:
            return
        keys = [key for key in erased if key is not None]
        try:
            await asyncio.to_thread(add, self._path, keys, now)
        except (OSError, Misconfigured) as error:
            log.warning("erasure_not_noted", error=error, todo=_TODO)
            return
        self._noted = len(erased)
