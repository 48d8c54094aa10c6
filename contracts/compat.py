"""Whether a published message may change as it did.

Upstream systems of many versions write and read the same topics, so both sides count: a narrower
type breaks who writes, a wider one breaks who reads. What may change is an optional field added, a
field of a new type, and words for people.
"""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

_WORDS = frozenset({"title", "description", "examples", "$id", "$schema", "$defs", "$comment"})
_STRUCTURE = frozenset(
    {"properties", "required", "items", "anyOf", "additionalProperties", "propertyNames"}
)
_WIDENED = ": widened, "
_LOWER = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_UPPER = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})


def breaking_changes(old: Schema, new: Schema, *, others_read: bool = True) -> list[str]:
    """What a reader or writer of `old` would stumble over in `new`, one sentence each, with the
    field's path. Where others do not read, what only became wider breaks nobody.
    """
    changes = _compare(_Side(old), _Side(new), old, new, "message")
    return [change for change in changes if others_read or _WIDENED not in change]


class _Side:
    """One of the two documents: finds what its references mean."""

    def __init__(self, document: Schema) -> None:
        self._definitions: Schema = document.get("$defs", {})

    def resolve(self, schema: Schema) -> Schema:
        reference = schema.get("$ref")
        if reference is None:
            return schema
        target: Schema = self._definitions[reference.rpartition("/")[2]]
        return {**target, **{key: value for key, value in schema.items() if key != "$ref"}}


def _compare(before: _Side, after: _Side, old: Schema, new: Schema, at: str) -> Iterator[str]:
    old, new = before.resolve(old), after.resolve(new)
    if "anyOf" in old or "anyOf" in new:
        yield from _alternatives(before, after, old, new, at)
        return
    if old.get("type") != new.get("type"):
        yield f"{at}: the type changed from {_named(old)} to {_named(new)}"
        return
    yield from _constraints(old, new, at)
    yield from _fields(before, after, old, new, at)
    for key in ("items", "additionalProperties", "propertyNames"):
        yield from _nested(before, after, old.get(key, True), new.get(key, True), f"{at}[{key}]")


def _nested(before: _Side, after: _Side, old: Any, new: Any, at: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _compare(before, after, old, new, at)
    elif old != new:
        yield f"{at}: the type changed"


def _alternatives(before: _Side, after: _Side, old: Schema, new: Schema, at: str) -> Iterator[str]:
    earlier, later = _options(before, old), _options(after, new)
    for name in earlier.keys() - later.keys():
        yield f"{at}: narrowed, {name} is no longer taken"
    for name in later.keys() - earlier.keys():
        yield f"{at}: widened, {name} is new to who reads it"
    for name in sorted(earlier.keys() & later.keys()):
        yield from _compare(before, after, earlier[name], later[name], at)
    if old.get("default") != new.get("default"):
        yield f"{at}: the default changed"


def _options(side: _Side, schema: Schema) -> dict[str, Schema]:
    alone = {key: value for key, value in schema.items() if key != "default"}
    options = [side.resolve(one) for one in schema.get("anyOf", [alone])]
    return {_named(one): one for one in options}


def _named(schema: Schema) -> str:
    if "const" in schema:
        return f"the value {schema['const']!r}"
    kind = schema.get("type", "anything")
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def _fields(before: _Side, after: _Side, old: Schema, new: Schema, at: str) -> Iterator[str]:
    earlier, later = old.get("properties", {}), new.get("properties", {})
    required_before, required_now = set(old.get("required", ())), set(new.get("required", ()))
    for name, schema in earlier.items():
        path = f"{at}.{name}"
        if name not in later:
            yield f"{path}: the field was removed"
            continue
        if name in required_now - required_before:
            yield f"{path}: the field became required"
        if name in required_before - required_now:
            yield f"{path}: the field became optional"
        yield from _compare(before, after, schema, later[name], path)
    for name in later.keys() - earlier.keys():
        if name in required_now:
            yield f"{at}.{name}: a new field is required"


def _constraints(old: Schema, new: Schema, at: str) -> Iterator[str]:
    for key in sorted((old.keys() | new.keys()) - _WORDS - _STRUCTURE - {"type"}):
        was, now = old.get(key), new.get(key)
        if was != now:
            yield f"{at}: {_how(key, was, now)}"


def _how(key: str, was: Any, now: Any) -> str:
    if key == "enum":
        gone = [one for one in was or () if one not in (now or ())]
        return f"narrowed, {gone} gone" if gone else "widened, values new to who reads it"
    if key in _LOWER or key in _UPPER:
        tighter = now is not None and (was is None or (now > was) == (key in _LOWER))
        return f"{'narrowed' if tighter else 'widened'}, {key} changed from {was} to {now}"
    return f"the {key} changed"
