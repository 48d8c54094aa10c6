"""Identifiers made from numbers as people write them: `INV/2024/00007`, `客户008`, `京A12345`."""

import re
import unicodedata
from base64 import b32encode
from hashlib import sha256

from contracts.words.identifiers import LENGTH_MAX, is_identifier

_OTHERS = re.compile(r"[^A-Za-z0-9_.:]+")
_MARK_BYTES = 10  # 80 bits: two different numbers of one creditor never meet
_MARK_CHARACTERS = 16


def identifier(number: str) -> str:
    """The identifier of a number: the number itself where it is one (1 to 128 of
    `A-Z a-z 0-9 . _ : -`), else what is readable of it and a mark made from all of it.

    A pure function of the text, so that every import, of whatever file, gives a number the same
    identifier. The text counts in its composed form (NFC) and without blanks around it; upper and
    lower case are different. Raises ValueError for a text with nothing in it.
    """
    text = unicodedata.normalize("NFC", number.strip())
    if not text:
        raise ValueError("an empty text has no identifier")
    if is_identifier(text):
        return text
    mark = b32encode(sha256(text.encode("utf-8", "surrogatepass")).digest()[:_MARK_BYTES])
    readable = _readable(text)[: LENGTH_MAX - _MARK_CHARACTERS - 1].rstrip("-")
    return f"{readable}-{mark.decode().lower()}" if readable else mark.decode().lower()


def _readable(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _OTHERS.sub("-", plain).strip("-")
