"""Letters as PDF."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import segno

from chassis.documents.typeset import typesetter
from chassis.errors import Malformed, Misconfigured
from chassis.logging import get_logger

log = get_logger(__name__)

_LETTER = (Path(__file__).parent / "letter.typ").read_text(encoding="utf-8")
_LABELS = (Path(__file__).parent / "labels.typ").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Papers:
    """Sets papers in the fonts of a folder, by default Debian's."""

    fonts: Path | None = None

    def labels(self, sheet: Mapping[str, Any], day: date) -> bytes:
        """Labels for the post, eight on a page; a character without a glyph is 〓, and its label
        names it.

        Raises `Misconfigured` where the fonts are not there; call it beside the event loop.
        """
        setter = typesetter(self.fonts)
        shown = [{**setter.settable(one), "qr": _qr(one["notice"])} for one in sheet["labels"]]
        return setter.pdf(_LABELS, {**sheet, "labels": shown}, at=_at(day))

    def letter(self, sheet: Mapping[str, Any], day: date) -> bytes:
        """A letter of a day from what `sheet_of` made; call it beside the event loop.

        Raises `Malformed` for a character without a glyph, `Misconfigured` where the fonts are not
        there.
        """
        return typesetter(self.fonts).pdf(
            _LETTER, {**sheet, "qr": _qr(sheet["notice"])}, at=_at(day)
        )

    def attached(self, sheet: Mapping[str, Any] | None, day: date, account: str) -> bytes | None:
        """The letter that goes with an e-mail; where it cannot be set the e-mail goes without: all
        it says stands there too.
        """
        if sheet is None:
            return None
        try:
            return self.letter(sheet, day)
        except (Malformed, Misconfigured) as error:
            log.warning("letter_not_set", account=account, reason_class=type(error).__name__)
            return None


def _qr(text: str) -> str:
    """A text as the SVG of a QR code; it takes milliseconds, so it is made here and not before."""
    return segno.make(text, error="m", micro=False).svg_inline(border=0)


def _at(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
