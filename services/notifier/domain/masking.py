"""Names as everybody may read them."""

from typing import Literal

Names = Literal["persons", "all", "none"]
"""Whose names are masked."""

_MASK = "*"
_KEPT_OF_COMPANY = 2
_IDEOGRAPHS = 0x2E80


def masked_name(name: str, names: Names, *, is_company: bool) -> str:
    """A name as everybody may read it: `张*丰`, `J*** S***`, `青山****公司`."""
    if names == "none" or (names == "persons" and is_company):
        return name
    if any(ord(letter) >= _IDEOGRAPHS for letter in name):
        return _ideographic(name, _KEPT_OF_COMPANY if is_company else 1)
    return " ".join(word[0] + _MASK * 3 for word in name.split())


def _ideographic(name: str, kept: int) -> str:
    if len(name) <= kept + 1:
        return name[:1] + _MASK * (len(name) - 1)
    hidden = max(1, len(name) - 2 * kept)
    return name[:kept] + _MASK * hidden + name[kept + hidden :]
