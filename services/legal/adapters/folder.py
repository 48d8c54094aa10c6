"""The documents folder, for people to print and sign: `<creditor>/<date>/<document>-<id>.txt`."""

from datetime import date
from pathlib import Path

from chassis.documents.files import DatedFiles, file_name


class DocumentsFolder:
    """Keeps each document as a file that appears whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._files = DatedFiles(folder)

    def put(self, creditor: str, day: date, document: str, document_id: str, body: str) -> Path:
        """Write a document; writing it twice leaves one file."""
        path = self._files.path(creditor, day, _name(document, document_id))
        self._files.put(path, body.encode())
        return path

    def forget(self, creditor: str, document: str, document_id: str) -> None:
        """Delete a document's file, whatever day it is filed under."""
        self._files.forget(creditor, _name(document, document_id))


def _name(document: str, document_id: str) -> str:
    return f"{document}-{file_name(document_id)}.txt"
