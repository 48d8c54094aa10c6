"""Characters that no text may have: controls, and halves of surrogate pairs.

Stores refuse some of them, screens and files hide the others; who means a line break writes it in a
field for free text. A message is looked through only when its bytes give reason to.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from contracts.errors import MalformedMessage
from contracts.twins import FREE_TEXTS
from contracts.words import identifiers

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
CONTROL_OR_HALF = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""The same, and halves of surrogate pairs: what no name, id or short text has."""
NOT_IN_FREE_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What free text has not: there, line breaks and tabs are taken."""
CLEANED = "\ufffd"
"""What stands in the place of such a character in what is kept all the same."""
HAS_CONTROL = "has a control character"
HAS_HALF = "has half of a surrogate pair"

_SUSPECT = re.compile(
    rb"\x00|\x7f|\xc2[\x80-\x9f]|\\[bfnrt]|\\u00(?:[01][0-9A-Fa-f]|7[Ff]|[89][0-9A-Fa-f])"
)
_KEY_BYTES = identifiers.CHARACTERS + b"/*"
_KEY_CONTROL = re.compile(rb"[\x00-\x1f\x7f]|\xc2[\x80-\x9f]")
_HALF_ESCAPED = re.compile(rb"\\u[dD][89A-Fa-f]")
_HALF = re.compile(r"[\ud800-\udfff]")


def refuse_controls(value: bytes, message: msgspec.Struct, *, lines: bool) -> None:
    """Raise `MalformedMessage`, naming the field, when a text of a message has a control character.

    `lines` says whether line breaks and tabs may stand anywhere, not in free text alone. What the
    contract does not know, and so nobody reads, is looked at too: names, and texts.
    """
    if not _SUSPECT.search(value):
        return
    for where in _controls(message, lines):
        raise MalformedMessage(where, HAS_CONTROL)
    event: dict[str, Any] = msgspec.json.decode(value)
    for name in event:
        refuse_name(name, "")
    data = event.pop("data", None)
    for where in _controls(event, lines=False):
        raise MalformedMessage(where or "message", HAS_CONTROL)
    for where in _below("data", _controls(data, lines=True)):
        raise MalformedMessage(where, HAS_CONTROL)


def refuse_halves(value: bytes) -> None:
    """Raise `MalformedMessage` when JSON has half of a surrogate pair, be it where nobody reads."""
    if not _HALF_ESCAPED.search(value):
        return
    try:
        event = json.loads(value)
        for where in _halves(event):
            raise MalformedMessage(where, HAS_HALF)
    except (ValueError, RecursionError):
        return


def in_keys(keys: bytes) -> bool:
    """Whether any of the keys of records, put together, is to be looked at by itself."""
    return bool(keys.translate(None, _KEY_BYTES))


def refuse_key(key: bytes) -> None:
    """Raise `MalformedMessage` for a record's key with a control character, or that is no text."""
    if _KEY_CONTROL.search(key):
        raise MalformedMessage("key", HAS_CONTROL)
    try:
        key.decode()
    except UnicodeDecodeError:
        raise MalformedMessage("key", "is not UTF-8") from None


def refuse_name(name: str, where: str) -> None:
    """Raise `MalformedMessage` for a name with such a character, shown without it."""
    if CONTROL_OR_HALF.search(name):
        raise MalformedMessage(f"{where} {CONTROL_OR_HALF.sub('', name)}".strip(), HAS_CONTROL)


def is_suspect(body: bytes) -> bool:
    """Whether JSON may hold such a character: a quick look at its bytes."""
    return bool(_SUSPECT.search(body) or _HALF_ESCAPED.search(body))


def unfit_places(value: Any, *, halves: bool) -> Iterator[str]:
    """The dotted places of a JSON value with halves of surrogate pairs, else with control
    characters other than line breaks and tabs.
    """
    return _halves(value) if halves else _controls(value, lines=True)


def is_plain(text: str) -> bool:
    """Whether a text that may have lines has no other control character, and no half of a pair."""
    return not (NOT_IN_FREE_TEXT.search(text) or _HALF.search(text))


def clean(text: str, length: int) -> str:
    """A text without such characters, cut to a length: for what is kept though it was refused."""
    return CONTROL_OR_HALF.sub(CLEANED, text[:length])


def clean_lines(text: str) -> str:
    """A text of several lines without such characters."""
    return _HALF.sub(CLEANED, NOT_IN_FREE_TEXT.sub(CLEANED, text))


def _controls(value: Any, lines: bool) -> Iterator[str]:
    """The dotted places of texts with a control character."""
    if isinstance(value, str):
        if (NOT_IN_FREE_TEXT if lines else CONTROL).search(value):
            yield ""
    elif isinstance(value, msgspec.Struct):
        free: frozenset[str] = getattr(type(value), FREE_TEXTS, frozenset())
        names = zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True)
        for name, wire in names:
            yield from _below(wire, _controls(getattr(value, name), lines or name in free))
    elif isinstance(value, dict):
        for key, one in value.items():
            shown = CONTROL.sub("", key)
            if shown != key:
                yield ""
            yield from _below(shown, _controls(one, lines))
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            yield from _below(str(number), _controls(one, lines))


def _halves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if _HALF.search(value):
            yield ""
    elif isinstance(value, dict):
        for key, one in value.items():
            shown = _HALF.sub("", key)
            if shown != key:
                yield ""
            yield from _below(shown, _halves(one))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _below(str(number), _halves(one))


def _below(name: str, places: Iterator[str]) -> Iterator[str]:
    for place in places:
        yield f"{name}.{place}".strip(".")
