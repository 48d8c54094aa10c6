"""Documents as PDF."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from chassis.documents.typeset import typesetter
from chassis.errors import Malformed, Misconfigured
from chassis.logging import get_logger
from services.legal.rendering.annexes import Claimed, exhibits_of, with_annexes
from services.legal.rendering.sheet import language_in, sheet_of

log = get_logger(__name__)

_DOCUMENT = (Path(__file__).parent / "document.typ").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Case:
    """What a document is filed with: the bundle of evidence with its head, and the ledger's
    calculation of the late fees on the document's day.
    """

    entries: Sequence[tuple[str, bytes]]
    head: str
    late_fees: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Papers:
    """Sets documents in the fonts of a folder, by default Debian's."""

    fonts: Path | None = None

    def sheet(self, sheet: Mapping[str, Any], day: date) -> bytes:
        """A paper of a day; call it beside the event loop.

        Raises `Malformed` for a character without a glyph, `Misconfigured` where the fonts are not
        there.
        """
        at = datetime.combine(day, time(), UTC)
        return typesetter(self.fonts).pdf(_DOCUMENT, sheet, at=at)

    def document(self, opened: Mapping[str, Any], document_id: str, day: date) -> bytes:
        """An issued document from its opened content: the same bytes whenever it is set."""
        return self.sheet(sheet_of(opened["body"], document_id, opened.get("language")), day)

    def filing(self, opened: Mapping[str, Any], row: Mapping[str, Any], case: Case) -> bytes:
        """An issued document with the calculation of its late fee, the facts and the list of
        evidence; the same bytes for the same evidence.
        """
        language = opened.get("language") or language_in(opened["body"])
        claimed = Claimed(
            row["document_id"], row["issued_on"], row["late_fee"], row["currency"], language
        )
        sheet = sheet_of(opened["body"], row["document_id"], language)
        exhibits = exhibits_of(case.entries)
        full = with_annexes(sheet, exhibits, case.late_fees, claimed, case.head)
        return self.sheet(full, row["issued_on"])

    def beside(
        self, opened: Mapping[str, Any], document_id: str, day: date, account: str
    ) -> bytes | None:
        """The PDF to lie beside a document's text; `None`, and said in the log, where it cannot be
        set: the text is the document.
        """
        try:
            return self.document(opened, document_id, day)
        except (Malformed, Misconfigured) as error:
            log.warning("document_not_set", account=account, reason_class=type(error).__name__)
            return None


def sha256_of(paper: bytes) -> str:
    """The hash of a paper, as the record of its filing has it."""
    return hashlib.sha256(paper).hexdigest()
