"""Papers as PDF/A-2b, set by Typst in the fonts of one folder: equal bytes for equal input,
whatever else a machine has.
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from chassis.errors import BrokenInvariant, Malformed, Misconfigured

FONTS = Path("/usr/share/fonts/opentype/noto")
"""Where Debian's fonts-noto-cjk has them."""
FAMILIES = ("Noto Serif CJK SC", "Noto Sans CJK SC")
"""What `layouts/paper.typ` sets in; where one lacks a character, the other is asked."""

_LAYOUTS = Path(__file__).parent / "layouts"
_NO_GLYPH = "〓"
"""What printers set for a character they have no type for."""
_LINE_BREAKS = frozenset("\n\t")
_UNDRAWN = ("\u00ad", "\u200b\u200f", "\u2028\u202e", "\u2060\u2064", "\ufe00\ufe0f", "\ufeff")
_UNDRAWN_FURTHER = "\U000e0100\U000e01ef"


class Typesetter:
    """Sets papers in the fonts of a folder, one at a time; build one and keep it.

    Raises `Misconfigured` where the families are not there.
    """

    def __init__(self, fonts: Path = FONTS) -> None:
        # Takes a quarter of a second: only who sets something pays.
        import typst

        found = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts]
        )
        if missing := sorted(set(FAMILIES) - set(found.families())):
            raise Misconfigured(
                f"{fonts} lacks the fonts {', '.join(missing)}: apt-get install fonts-noto-cjk, or "
                "name another folder in ARREARS_FONTS"
            )
        self._faces = [
            (one.path, one.index)
            for one in found.fonts()
            if one.family in FAMILIES and one.weight == 400
        ]
        self._error = typst.TypstError
        self._compiler = typst.Compiler(
            root=str(_LAYOUTS), font_paths=found, ignore_system_fonts=True
        )
        self._lock = Lock()

    def pdf(self, template: str, data: Mapping[str, Any], *, at: datetime) -> bytes:
        """The pages of a Typst text, to which `data` is `data` of `/paper.typ`.

        Takes 10 to 100 ms, so call it beside the event loop. Raises `Malformed` for a character
        that has no glyph, naming it and where it stands, and for a template that cannot be set.
        """
        for where, text in _texts(data, ""):
            self._require_glyphs(where, text)
        given = json.dumps(dict(data), ensure_ascii=False)
        # The compiler takes no second call before the first has ended.
        with self._lock:
            try:
                made = self._compiler.compile(
                    input=template.encode(),
                    format="pdf",
                    pdf_standards=["a-2b"],
                    timestamp=at,
                    sys_inputs={"data": given},
                )
            except self._error as error:
                raise Malformed(f"template: {error}") from error
        if not isinstance(made, bytes):
            raise BrokenInvariant("a paper is not one file")
        return made

    def unset(self, text: str) -> str:
        """The characters of a text that have no glyph, each once, in their order."""
        return "".join(dict.fromkeys(one for one in _drawn(text) if ord(one) not in self._glyphs))

    def settable(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The same with 〓 for each character that has no glyph; `missing` names these, empty where
        there is none.
        """
        lacking = self.unset("".join(text for _, text in _texts(data, "")))
        table = dict.fromkeys(map(ord, lacking), _NO_GLYPH)
        missing = ", ".join(f"U+{ord(one):04X}" for one in lacking)
        shown = {name: _replaced(value, table) for name, value in data.items()}
        return {**shown, "missing": f"{_NO_GLYPH} = {missing}" if missing else ""}

    def _require_glyphs(self, where: str, text: str) -> None:
        if lacking := self.unset(text):
            said = ", ".join(f"U+{ord(one):04X} ({_named(one)})" for one in lacking[:5])
            raise Malformed(f"{where}: no glyph for {said}")

    @cached_property
    def _glyphs(self) -> frozenset[int]:
        from fontTools.ttLib import TTFont

        found: set[int] = set()
        for path, index in self._faces:
            with TTFont(path, fontNumber=index, lazy=True) as font:
                found.update(font.getBestCmap())
        return frozenset(found)


@lru_cache(maxsize=4)
def typesetter(fonts: Path | None = None) -> Typesetter:
    """The one of this process for a folder, by default Debian's; raises as `Typesetter` does."""
    return Typesetter(fonts or FONTS)


def _texts(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Every text within a value, with its place (`items[2].name`)."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _texts(one, f"{where}.{key}" if where else str(key))
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            yield from _texts(one, f"{where}[{number}]")


def _replaced(value: Any, table: Mapping[int, str]) -> Any:
    if isinstance(value, str):
        return value.translate(table)
    if isinstance(value, Mapping):
        return {name: _replaced(each, table) for name, each in value.items()}
    return [_replaced(each, table) for each in value] if isinstance(value, list | tuple) else value


def _drawn(text: str) -> Iterator[str]:
    """What must be seen, as the shaper composes it: no breaks, no marks that draw nothing."""
    for one in unicodedata.normalize("NFC", text):
        if one not in _LINE_BREAKS and not _is_undrawn(one):
            yield one


def _is_undrawn(one: str) -> bool:
    return any(span[0] <= one <= span[-1] for span in (*_UNDRAWN, _UNDRAWN_FURTHER))


def _named(one: str) -> str:
    return unicodedata.name(one, "no character")
