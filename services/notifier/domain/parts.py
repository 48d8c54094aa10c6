"""How many messages a text is sent as: what a text message costs."""

from typing import Literal, TypeAlias

Alphabet: TypeAlias = Literal["ascii", "ucs2"]

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_TWICE = frozenset("\f^{}\\[~]|€")
"""Characters that take the room of two."""
_READ_DIFFERENTLY = frozenset("`^{}[]~|\\@$_")


def number_of_parts(text: str) -> int:
    """The parts of a text: 160 units in one or 153 in each of several, 70 or 67 where a character
    wants UCS-2; no character is cut in two.
    """
    if all(one in _GSM7 or one in _GSM7_TWICE for one in text):
        return _count([2 if one in _GSM7_TWICE else 1 for one in text], 160, 153)
    return _count([2 if ord(one) > 0xFFFF else 1 for one in text], 70, 67)


def _count(sizes: list[int], alone: int, each: int) -> int:
    if sum(sizes) <= alone:
        return 1
    parts, used = 1, 0
    for size in sizes:
        if used + size > each:
            parts, used = parts + 1, 0
        used += size
    return parts


def ascii_or_ucs2(text: str) -> Alphabet:
    """What a text is written in where only those characters of ASCII are sent in seven bits that
    every message centre reads in the same way.
    """
    return "ascii" if text.isascii() and not {*text} & _READ_DIFFERENTLY else "ucs2"


def cut_as(text: str, alphabet: Alphabet) -> list[str]:
    """A text in the parts that it is sent in."""
    return cut(text, *((160, 153) if alphabet == "ascii" else (70, 67)))


def number_of_ascii_or_ucs2(text: str) -> int:
    """The parts of a text that is sent in ASCII or UCS-2 and in nothing between."""
    return len(cut_as(text, ascii_or_ucs2(text)))


def cut(text: str, alone: int, each: int) -> list[str]:
    """A text in parts of so many UTF-16 units at most, cut between characters."""
    if sum(_units(one) for one in text) <= alone:
        return [text]
    parts, used = [""], 0
    for one in text:
        if used + _units(one) > each:
            parts.append("")
            used = 0
        parts[-1] += one
        used += _units(one)
    return parts


def _units(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1
