"""What the demonstration leaves to look at beside the notices: a posting list with what the post
answered, text messages as lines, and a case's evidence.
"""

import csv
import io
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from arrears.errors import UsageError
from arrears.evidence.verifying import BrokenBundle, verify
from arrears.posting import rows_of, send, write_lists
from arrears.world import World
from services.legal.evidence import bundle
from services.legal.evidence.gathering import gather

_POSTED = ("registered_letter", "ems")
_ANSWERED = timedelta(hours=1)
_RECEIPT, _RESULT, _RESULT_ON = "邮件号码", "投递结果", "结果日期"


class Left(NamedTuple):
    """What was left: sentences for the summary."""

    posting: str
    evidence: str
    altered: str


async def leave(world: World, folder: Path) -> Left:
    """Have the post answer for one day's letters, and write the evidence of one of their cases."""
    notice = await _chosen(world)
    creditor, day = notice["creditor"], notice["day"]
    posting = "no registered letter and no EMS went out"
    if notice["channel"] in _POSTED:
        posting = await _post(world, folder / "posting", creditor, day)
    entries, about = await gather(world.apis, creditor, notice["case_id"])
    content, head = bundle.write(entries, about)
    path = folder / "evidence" / f"{notice['case_id'].replace(':', '_')}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    proven = verify(path.read_bytes(), head)
    evidence = f"{path}: {proven.entries} entries, none altered; head {head}"
    return Left(posting, evidence, _refusal(content, head))


def write_lines(outbox: Path, to: Path) -> None:
    """Text messages, one on a line: creditor, day, number and text."""
    lines = []
    for path in sorted(outbox.glob("*/*/sms/*.txt")):
        head, _, text = path.read_text("utf-8").partition("\n\n")
        number = head.splitlines()[0].removeprefix("To: ")
        lines.append("\t".join((*path.parts[-4:-2], number, text.strip())))
    to.write_text("".join(f"{line}\n" for line in lines), "utf-8")


async def _chosen(world: World) -> Mapping[str, Any]:
    """The latest notice of a case that the post took, else the latest of any case."""
    found: Mapping[str, Any] | None = None
    for channel in (*_POSTED, None):
        async for row in world.apis.pages("notifier", "/v1/notices", channel=channel, limit=500):
            if row["case_id"] and row["sent_at"] is not None:
                found = row
        if found is not None:
            return found
    raise UsageError("the samples lead to no notice of a case")


async def _post(world: World, folder: Path, creditor: str, day: str) -> str:
    """Write a day's lists, fill them in as a post office would, and take them back."""
    taken = 0
    lists = await write_lists(world.apis, creditor, day, folder)
    for path, _ in lists:
        answer = _answered(rows_of(path.read_bytes()), world.clock.now().date().isoformat())
        path.with_name(f"{path.stem}-answered.csv").write_bytes(answer)
        taken += (await send(world.apis, creditor, answer))["news"]
    await world.simulation().play(iter(()), world.clock.now() + _ANSWERED)
    names = ", ".join(str(path) for path, _ in lists)
    return f"{names}: {sum(count for _, count in lists)} letters, {taken} signed for"


def _answered(rows: list[list[str]], day: str) -> bytes:
    """A list on which every letter has its receipt and was signed for."""
    head, *letters = rows
    text = io.StringIO()
    writer = csv.DictWriter(text, head)
    writer.writeheader()
    for number, row in enumerate(letters, start=1):
        told = {_RECEIPT: f"XA{number:09}CN", _RESULT: "签收", _RESULT_ON: day}
        writer.writerow(dict(zip(head, row, strict=True)) | told)
    return text.getvalue().encode("utf-8-sig")


def _refusal(content: bytes, head: str) -> str:
    """What `arrears evidence verify` says of the same bundle with one byte changed."""
    middle = len(content) // 2
    changed = bytes([content[middle] ^ 1])
    try:
        verify(content[:middle] + changed + content[middle + 1 :], head)
    except BrokenBundle as error:
        return f"with one byte changed it is refused: {error}"
    raise AssertionError("a changed bundle proved itself")
