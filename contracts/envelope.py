"""What can be told of a message that is refused: whose it was and which, for its dead letter."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from contracts.characters import clean
from contracts.words.identifiers import is_identifier

_ID_MAX = 256
_TYPE_MAX = 128
_SOURCE_MAX = 512
_MEMBER = re.compile(rb'"(id|type|source|creditor|subject)"\s*:\s*("(?:[^"\\]|\\.)*")')


class Told(NamedTuple):
    """The attributes that could be read; those that do not fit at all are absent."""

    id: str | None
    type: str | None
    creditor: str | None
    subject: str | None
    source: str | None = None


def told(value: bytes, headers: Sequence[tuple[str, bytes]] = ()) -> Told:
    """Read what there is of an envelope, from a message that may be broken anywhere; never raises.

    Texts are cut and cleaned of control characters. Of bytes that are no JSON only what stands
    before the data counts: there are no personal data yet.
    """
    named = {name.lower().removeprefix("ce_"): content for name, content in headers}
    if "specversion" in named:
        found: Mapping[str, Any] = {
            name: (content or b"").decode("utf-8", "replace") for name, content in named.items()
        }
    else:
        found = _members(value)
    return Told(
        _text(found.get("id"), _ID_MAX),
        _text(found.get("type"), _TYPE_MAX),
        _name(found.get("creditor")),
        _subject(found),
        _text(found.get("source"), _SOURCE_MAX),
    )


def _members(value: bytes) -> Mapping[str, Any]:
    try:
        event = msgspec.json.decode(value)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        before = value.partition(b'"data"')[0]
        return {name.decode(): _unquoted(text) for name, text in _MEMBER.findall(before)}
    return event if isinstance(event, dict) else {}


def _unquoted(quoted: bytes) -> str:
    try:
        return msgspec.json.decode(quoted, type=str)
    except (msgspec.MsgspecError, ValueError):
        return quoted[1:-1].decode("utf-8", "replace")


def _text(value: Any, length: int) -> str | None:
    return clean(value, length) if isinstance(value, str) and value else None


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and is_identifier(value) else None


def _subject(found: Mapping[str, Any]) -> str | None:
    data = found.get("data")
    account = data.get("account_id") if isinstance(data, dict) else None
    subject = found.get("subject", account)
    return "*" if subject == "*" else _name(subject)
