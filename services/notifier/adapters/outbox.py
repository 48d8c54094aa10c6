"""The file outbox: every notice is a file, for machines without gateways and for what people post.

`<folder>/<creditor>/<date>/<channel>/<notice>.txt` (`.eml` for e-mail, `.pdf` for letters). A
letter that cannot be set as PDF lies there as text and says why, so that a person can write it.
"""

from collections.abc import Callable
from datetime import datetime
from email.headerregistry import Address
from errno import errorcode
from pathlib import Path

from chassis.aside import aside
from chassis.documents.files import DatedFiles, file_name
from chassis.errors import Malformed, Misconfigured
from chassis.logging import get_logger
from services.notifier.adapters.gateway import Lookup, Parcel
from services.notifier.adapters.message import Letterhead, message
from services.notifier.domain.commands import AttemptResult
from services.notifier.rendering.papers import Papers
from services.notifier.unsubscribing import Links

log = get_logger(__name__)

_SUFFIXES = ("txt", "eml", "pdf")
_SENDER = Address(addr_spec="notices@localhost")


class FileOutbox:
    """Writes each notice as a file that appears whole or not at all."""

    def __init__(
        self,
        folder: Path,
        now: Callable[[], datetime],
        papers: Papers | None = None,
        links: Links | None = None,
    ) -> None:
        self._files = DatedFiles(folder)
        self._head = Letterhead(_SENDER, links=links)
        self._now = now
        self._papers = papers or Papers()

    async def send(self, parcel: Parcel) -> AttemptResult:
        """Write the file; writing it twice leaves one."""
        suffix, content = await self._file(parcel)
        path = self._path(parcel, suffix)
        try:
            self._files.put(path, content)
        except OSError as error:
            return AttemptResult(
                "unavailable", reason=f"outbox_{errorcode.get(error.errno or 0, 'unwritable')}"
            )
        return AttemptResult("accepted", reference=self._reference(path))

    async def find(self, parcel: Parcel) -> Lookup:
        """The file is there, or the notice was not taken."""
        for suffix in _SUFFIXES:
            path = self._path(parcel, suffix)
            if path.exists():
                return Lookup("sent", self._reference(path))
        return Lookup("not_sent")

    async def forget(self, creditor: str, channel: str, notice_id: str) -> None:
        """Delete the notice's file, whatever day it is filed under."""
        self._files.forget(creditor, f"{channel}/{file_name(notice_id)}.*")

    async def _file(self, parcel: Parcel) -> tuple[str, bytes]:
        """What a notice is written as: the suffix of its file and the content."""
        if parcel.channel == "email":
            letter = await aside(self._papers.attached, parcel.sheet, parcel.day, parcel.account)
            return "eml", message(parcel, self._head, self._now(), letter).as_bytes()
        if parcel.sheet is None:
            return "txt", _text(parcel)
        try:
            return "pdf", await aside(self._papers.letter, parcel.sheet, parcel.day)
        except (Malformed, Misconfigured) as error:
            log.warning("letter_not_set", account=parcel.account, reason_class=type(error).__name__)
            return "txt", _text(parcel, str(error))

    def _path(self, parcel: Parcel, suffix: str) -> Path:
        name = f"{parcel.channel}/{file_name(parcel.notice_id)}.{suffix}"
        return self._files.path(parcel.creditor, parcel.day, name)

    def _reference(self, path: Path) -> str:
        return "file:" + "/".join(path.parts[-3:])


def _text(parcel: Parcel, why: str = "") -> bytes:
    lines = [f"To: {parcel.to}", f"Name: {parcel.name}", f"Notice: {parcel.notice_id}"]
    lines += [f"Not set as PDF: {why}", ""] if why else [""]
    if parcel.subject:
        lines += [parcel.subject, ""]
    return ("\n".join(lines) + "\n" + parcel.body).encode()
