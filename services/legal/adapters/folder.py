"""The documents folder, for people to print and sign: `<creditor>/<date>/<document>-<id>.txt`."""

import os
from datetime import date
from pathlib import Path


class DocumentsFolder:
    """Keeps each document as a file that appears whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, creditor: str, day: date, document: str, document_id: str, body: str) -> Path:
        """Write a document; writing it twice leaves one file."""
        path = self._folder / _safe(creditor) / day.isoformat() / _name(document, document_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.tmp")
        beside.write_text(body)
        os.replace(beside, path)  # noqa: PTH105 - the module's word for atomic
        return path

    def forget(self, creditor: str, document: str, document_id: str) -> None:
        """Delete a document's file, whatever day it is filed under."""
        for path in (self._folder / _safe(creditor)).glob(f"*/{_name(document, document_id)}"):
            path.unlink(missing_ok=True)


def _name(document: str, document_id: str) -> str:
    return f"{document}-{_safe(document_id)}.txt"


def _safe(identifier: str) -> str:
    """An identifier as a file name: one of dots alone would name a folder above."""
    return identifier.replace("/", "%2F") if identifier.strip(".") else "%2E" * len(identifier)
