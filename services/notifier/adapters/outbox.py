"""The file outbox: every notice is a file, for machines without gateways and for what people post.

`<folder>/<creditor>/<date>/<channel>/<notice>.txt` (`.eml` for e-mail).
"""

import os
from collections.abc import Callable
from datetime import datetime
from email.headerregistry import Address
from errno import errorcode
from pathlib import Path

from services.notifier.adapters.gateway import Lookup, Parcel
from services.notifier.adapters.mail import message
from services.notifier.domain.commands import AttemptResult

_FROM = Address(addr_spec="notices@localhost")


class FileOutbox:
    """Writes each notice as a file that appears whole or not at all."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now

    async def send(self, parcel: Parcel) -> AttemptResult:
        """Write the file; writing it twice leaves one."""
        path = self.path(parcel)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f".{path.name}.tmp")
            beside.write_bytes(_bytes(parcel, self._now()))
            os.replace(beside, path)  # noqa: PTH105 - the module's word for atomic
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
        pattern = f"*/{channel}/{_safe(notice_id)}.*"
        for path in (self._folder / _safe(creditor)).glob(pattern):
            path.unlink(missing_ok=True)

    def path(self, parcel: Parcel) -> Path:
        """Where a notice's file lies."""
        suffix = "eml" if parcel.channel == "email" else "txt"
        day = parcel.day.isoformat()
        name = f"{_safe(parcel.notice_id)}.{suffix}"
        return self._folder / _safe(parcel.creditor) / day / parcel.channel / name

    def _reference(self, path: Path) -> str:
        return "file:" + "/".join(path.parts[-3:])


def _safe(identifier: str) -> str:
    """An identifier as a file name: one of dots alone would name a folder above."""
    return identifier.replace("/", "%2F") if identifier.strip(".") else "%2E" * len(identifier)


def _bytes(parcel: Parcel, at: datetime) -> bytes:
    if parcel.channel == "email":
        return message(parcel, _FROM, at).as_bytes()
    lines = [f"To: {parcel.to}", f"Name: {parcel.name}", f"Notice: {parcel.notice_id}", ""]
    if parcel.subject:
        lines += [parcel.subject, ""]
    return ("\n".join(lines) + "\n" + parcel.body).encode()
