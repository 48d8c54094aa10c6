"""What this process writes is for its own user alone: files 0600, folders 0700."""

import contextlib
import os
import stat
from pathlib import Path

_OWN = 0o700
_OTHERS = 0o077
_PASSAGE = 0o711


def be_private() -> None:
    """Let nothing that is written from here on be for others, whoever writes it."""
    os.umask(0o077)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for this user alone."""
    _make(folder, _OWN)


def make_passage(folder: Path) -> None:
    """Make a folder others may pass through and not look into, where this user is root.

    The embedded PostgreSQL refuses to be root: its own folder lies in one of ours.
    """
    _make(folder, _OWN if os.geteuid() else _PASSAGE)


def keep_private(path: Path) -> None:
    """Take from others what they may do with a file of this user, who copied or restored it with
    another umask; where that cannot be (a volume that only reads) it stays as it is.
    """
    with contextlib.suppress(OSError):
        mode = path.stat().st_mode
        if stat.S_ISREG(mode) and mode & _OTHERS:
            path.chmod(stat.S_IMODE(mode) & _OWN)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that others may not read, also where one was that they could; raises `OSError`.

    What is no file (a pipe) is written as it is.
    """
    keep_private(path)
    path.write_bytes(content)


def create_private(path: Path, text: str) -> bool:
    """Write a file only its owner can read, unless it is there already; answers whether it wrote.

    Written beside and linked into place: several processes starting at once all see one complete
    file. It is on the disk then: what a new key seals is lost with the key.
    """
    if path.exists():
        return False
    make_passage(path.parent)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.link(beside, path)
        _keep_name(path.parent)
    except FileExistsError:
        return False
    finally:
        beside.unlink()
    return True


def _keep_name(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make(folder: Path, mode: int) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        try:
            one.mkdir()
        except FileExistsError:  # another process was first, and sees to it
            continue
        one.chmod(mode)  # as it is meant, whatever the umask
