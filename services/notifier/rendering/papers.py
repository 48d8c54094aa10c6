"""Letters as PDF."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from chassis.documents.typeset import typesetter

_LETTER = (Path(__file__).parent / "letter.typ").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Papers:
    """Sets papers in the fonts of a folder, by default Debian's."""

    fonts: Path | None = None

    def letter(self, sheet: Mapping[str, Any], day: date) -> bytes:
        """A letter of a day from what `sheet_of` made; call it beside the event loop.

        Raises `Malformed` for a character without a glyph, `Misconfigured` where the fonts are not
        there.
        """
        at = datetime.combine(day, time(), UTC)
        return typesetter(self.fonts).pdf(_LETTER, sheet, at=at)
