"""The file outbox: every notice is a file, for machines without gateways and for what people post.

`<folder>/<creditor>/<date>/<channel>/<notice>.txt` (`.eml` for e-mail).
"""

from collections.abc import Callable
from datetime import datetime
from email.headerregistry import Address
from errno import errorcode
from pathlib import Path

from chassis.documents.files import DatedFiles, file_name
from services.notifier.adapters.gateway import Lookup, Parcel
from services.notifier.adapters.message import Letterhead, message
from services.notifier.domain.commands import AttemptResult

_HEAD = Letterhead(Address(addr_spec="notices@localhost"))


class FileOutbox:
    """Writes each notice as a file that appears whole or not at all."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._files = DatedFiles(folder)
        self._now = now

    async def send(self, parcel: Parcel) -> AttemptResult:
        """Write the file; writing it twice leaves one."""
        path = self.path(parcel)
        try:
            self._files.put(path, _bytes(parcel, self._now()))
        except OSError as error:
            return AttemptResult(
                "unavailable", reason=f"outbox_{errorcode.get(error.errno or 0, 'unwritable')}"
            )
        return AttemptResult("accepted", reference=self._reference(path))

    async def find(self, parcel: Parcel) -> Lookup:
        """The file is there, or the notice was not taken."""
        path = self.path(parcel)
        if path.exists():
            return Lookup("sent", self._reference(path))
        return Lookup("not_sent")

    async def forget(self, creditor: str, channel: str, notice_id: str) -> None:
        """Delete the notice's file, whatever day it is filed under."""
        self._files.forget(creditor, f"{channel}/{file_name(notice_id)}.*")

    def path(self, parcel: Parcel) -> Path:
        """Where a notice's file lies."""
        suffix = "eml" if parcel.channel == "email" else "txt"
        name = f"{parcel.channel}/{file_name(parcel.notice_id)}.{suffix}"
        return self._files.path(parcel.creditor, parcel.day, name)

    def _reference(self, path: Path) -> str:
        return "file:" + "/".join(path.parts[-3:])


def _bytes(parcel: Parcel, at: datetime) -> bytes:
    if parcel.channel == "email":
        return message(parcel, _HEAD, at).as_bytes()
    lines = [f"To: {parcel.to}", f"Name: {parcel.name}", f"Notice: {parcel.notice_id}", ""]
    if parcel.subject:
        lines += [parcel.subject, ""]
    return ("\n".join(lines) + "\n" + parcel.body).encode()
