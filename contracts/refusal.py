"""The slow path of decoding: binary mode into structured mode, and why something was refused.

Reasons never hold the refused value: it may be personal data, and reasons are shown and logged.
"""

import re
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from contracts.characters import (
    CONTROL_OR_HALF,
    HAS_CONTROL,
    clean,
    refuse_halves,
    refuse_name,
)
from contracts.errors import OTHER_MEANING, MalformedMessage, UnknownType

_PLACE = re.compile(r" - at (?:`key` in )?`(?P<place>[^`]*)`\Z")
_QUOTED_VALUE = re.compile(r"^Invalid (?:enum )?value .*\Z", re.DOTALL)
_OTHER_MEANING = re.compile(r"^Expected `null`, got ")
_OWN_REASON = re.compile(r"^(?P<field>[a-z_]+): (?P<reason>.*)\Z", re.DOTALL)
_TYPE_MAX = 128
_ATTRIBUTES = frozenset({
    "id", "source", "specversion", "type", "subject", "time", "creditor",
    "correlationid", "causationid", "traceparent",
})  # fmt: skip
_JSON = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json\Z")


def structured(value: bytes, headers: Sequence[tuple[str, bytes]]) -> bytes:
    """The message in structured mode, whichever mode its headers say it is in."""
    for name, _ in headers:
        refuse_name(name, "header")
    named = {name.lower(): content for name, content in headers}
    content_type = _text(named.get("content-type", b""), "content-type")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.startswith("application/cloudevents"):
        if media_type not in ("application/cloudevents", "application/cloudevents+json"):
            raise MalformedMessage(
                "content-type", "one event in JSON is wanted, no batch and no other format"
            )
        return value
    if "ce_specversion" not in named:
        return value
    if media_type and not _JSON.match(media_type):
        raise MalformedMessage("content-type", "the data must be JSON")
    return _from_binary(value, named)


def _from_binary(value: bytes, named: dict[str, bytes]) -> bytes:
    event: dict[str, Any] = {}
    for name, content in named.items():
        attribute = name.removeprefix("ce_")
        if attribute == name:
            continue
        text = _text(content, attribute)
        if attribute in _ATTRIBUTES:
            event[attribute] = text
        elif CONTROL_OR_HALF.search(text):
            raise MalformedMessage(attribute, HAS_CONTROL)
    try:
        msgspec.json.decode(value)  # the value is one JSON text: it cannot reach into the envelope
    except (msgspec.MsgspecError, ValueError, RecursionError):
        refuse_halves(b'{"data":%b}' % value)
        raise MalformedMessage("data", "is not JSON in UTF-8") from None
    return msgspec.json.encode({**event, "data": msgspec.Raw(value)})


def _text(content: bytes, where: str) -> str:
    try:
        return (content or b"").decode()
    except UnicodeDecodeError:
        raise MalformedMessage(where, "is not UTF-8") from None


def explain(
    value: bytes, error: Exception, known: Collection[str]
) -> MalformedMessage | UnknownType:
    """What to say of a message the decoder refused with `error`."""
    if isinstance(error, RecursionError):
        return MalformedMessage("message", "is nested too deeply")
    if isinstance(error, OverflowError):
        return MalformedMessage("time", "is outside the calendar")
    try:
        event = msgspec.json.decode(value)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _no_json(value)
    if not isinstance(event, dict):
        return MalformedMessage("message", "is not a JSON object")
    kind = event.get("type")
    if not isinstance(kind, str) or not kind:
        return MalformedMessage("type", "is missing or no text")
    if kind not in known and event.get("specversion") == "1.0":
        stem = kind.rpartition(".")[0]
        return UnknownType(clean(kind, _TYPE_MAX), [one for one in known if stem == one[:-3]])
    if not isinstance(error, msgspec.ValidationError):
        return MalformedMessage("message", "is not JSON in UTF-8")
    return malformed(error)


def _no_json(value: bytes) -> MalformedMessage:
    try:
        refuse_halves(value)
    except MalformedMessage as half:
        return half
    return MalformedMessage("message", "is not JSON in UTF-8")


def malformed(error: msgspec.ValidationError) -> MalformedMessage:
    """The decoder's complaint as a place and a reason without the value."""
    text = str(error)
    found = _PLACE.search(text)
    place = "" if found is None else found["place"]
    reason = text if found is None else text[: found.start()]
    if _QUOTED_VALUE.match(reason):
        reason = "is none of the values the contract names"
    if _OTHER_MEANING.match(reason):
        reason = OTHER_MEANING
    own = _OWN_REASON.match(reason)
    if own:
        place, reason = f"{place}.{own['field']}", own["reason"]
    missing = re.fullmatch(r"Object missing required field `([^`]*)`", reason)
    if missing:
        place, reason = f"{place}.{missing[1]}", "is missing"
    where = place.removeprefix("key in ").lstrip("$").strip(".")
    return MalformedMessage(where or "message", reason)
