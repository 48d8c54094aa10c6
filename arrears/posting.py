"""Posting lists by the notifier's API: written into a folder, and sent back in pieces."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from arrears.apis import Apis
from arrears.errors import UsageError
from chassis.private import make_folder, write_private

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
        name = f"{creditor}-{day}-{channel}"
        written.append((_put(out, f"{name}.csv", table), count))
        _put(out, f"{name}.pdf", await system.file("notifier", path, **asked, format="pdf"))
    return written


async def write_slips(system: Apis, creditor: str, out: Path) -> list[Path]:
    """Write the notice and the slip of every open task that serves one by hand."""
    written = []
    tasks = system.pages("dunning", "/v1/tasks", creditor=creditor, kind="serve_notice")
    async for task in tasks:
        account, task_id = task["account"], task["task_id"]
        place = f"/v1/accounts/{quote(account, safe='')}/serving-slips/{quote(task_id, safe='')}"
        content = await system.file("notifier", place, creditor=creditor)
        written.append(_put(out, f"{creditor}-{account}-{task_id}.pdf", content))
    return written


def _put(out: Path, name: str, content: bytes) -> Path:
    path = out / name.replace(":", "_").replace("/", "_")
    try:
        make_folder(out)
        write_private(path, content)
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from error
    return path


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
