"""The documents folder, for people to print and sign: `<creditor>/<date>/<document>-<id>`, as text
(`.txt`) and as PDF (`.pdf`).
"""

from datetime import date
from pathlib import Path

from chassis.documents.files import DatedFiles, file_name


class DocumentsFolder:
    """Keeps each document as files that appear whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._files = DatedFiles(folder)

    def put(
        self, creditor: str, day: date, document: str, document_id: str, content: bytes, kind: str
    ) -> Path:
        """Write a document as a file of a kind; writing it twice leaves one file."""
        path = self.path(creditor, day, document, document_id, kind)
        self._files.put(path, content)
        return path

    def path(self, creditor: str, day: date, document: str, document_id: str, kind: str) -> Path:
        """Where a document lies as a file of a kind."""
        return self._files.path(creditor, day, _name(document, document_id, kind))

    def forget(self, creditor: str, document: str, document_id: str) -> None:
        """Delete a document's files, whatever day they are filed under."""
        for kind in ("txt", "pdf"):
            self._files.forget(creditor, _name(document, document_id, kind))


def _name(document: str, document_id: str, kind: str) -> str:
    return f"{document}-{file_name(document_id)}.{kind}"
