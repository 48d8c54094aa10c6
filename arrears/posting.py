"""Posting lists by the notifier's API: written into a folder, and sent back in pieces."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from arrears.apis import Apis
from arrears.errors import UsageError

_PATH = "/v1/posting-lists"
_LINES = 500
_CHANNELS = ("registered_letter", "ems")


async def write_lists(
    system: Apis, creditor: str, day: str, out: Path, language: str = "zh"
) -> list[tuple[Path, int]]:
    """Write the lists of a day that have letters; answers the CSV files and how many each has."""
    written = []
    for channel in _CHANNELS:
        asked = {"creditor": creditor, "language": language}
        path = f"{_PATH}/{channel}/{day}"
        table = await system.file("notifier", path, **asked)
        count = len(rows_of(table)) - 1
        if not count:
            continue
        name = f"{creditor}-{day}-{channel}".replace(":", "_")
        try:
            out.mkdir(parents=True, exist_ok=True)
            (out / f"{name}.csv").write_bytes(table)
            labels = await system.file("notifier", path, **asked, format="pdf")
            (out / f"{name}.pdf").write_bytes(labels)
        except OSError as error:
            raise UsageError(f"{error.filename}: {error.strerror}") from error
        written.append((out / f"{name}.csv", count))
    return written


def rows_of(table: bytes) -> list[list[str]]:
    """The rows of a list as it was written, the header first."""
    return list(csv.reader(io.StringIO(table.decode("utf-8-sig"), newline="")))


async def send(system: Apis, creditor: str, content: bytes) -> dict[str, Any]:
    """Send a list in pieces that a service takes at once; answers what became of all of it."""
    told: dict[str, Any] = {"news": 0, "known": 0, "empty": 0, "refused": []}
    for before, piece in _pieces(content):
        answer = await system.call(
            "notifier",
            "POST",
            _PATH,
            content=piece,
            content_type="text/csv",
            params={"creditor": creditor},
        )
        for name in ("news", "known", "empty"):
            told[name] += answer[name]
        told["refused"] += [{**one, "line": one["line"] + before} for one in answer["refused"]]
    return told


def _pieces(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Pieces of a file, each with the header, and how many lines of the file stand before it.

    A quoted line break is within a line, so a piece ends only where no quotation is open.
    """
    head, *lines = content.splitlines(keepends=True) or [b""]
    piece: list[bytes] = []
    before = 0
    for line in lines:
        piece.append(line)
        if len(piece) >= _LINES and b"".join(piece).count(b'"') % 2 == 0:
            yield before, b"".join([head, *piece])
            before, piece = before + len(piece), []
    if piece or not before:
        yield before, b"".join([head, *piece])
