"""Letters as PDF."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from chassis.documents.typeset import typesetter
from chassis.errors import Malformed, Misconfigured
from chassis.logging import get_logger

log = get_logger(__name__)

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
