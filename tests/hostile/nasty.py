"""Values that break things: what a field may hold when nobody means well."""

import copy
import json
import re
from random import Random
from typing import Any

_MARK = "@@raw:{}@@"
_MARKED = re.compile(r'"@@raw:(.*?)@@"')
_LONG = 20_000

TEXTS: tuple[str, ...] = (
    "", " ", "\0", "a\0b", "a\x1bb", "\x7f", "\x85", "\ud800", "x\udfff", "\ufeff", "\u202eabc",
    "a\nb\tc", "客户", "é" * 129, "x" * 128, "x" * 129, "x" * 257, "x" * _LONG, "🦉" * 300, "*",
    "..", "../../etc/passwd", "'; drop table events; --", "{{7*7}}", "${jndi:ldap://x}", "%00",
    "{% for i in range(9**9) %}x{% endfor %}", "%s%n", "null", "NaN", "1e999999999", "0x10", "-1",
    "true", "<script>", "V-0", "V-1", "acme/V-0", "account-acme/V-0", "INV-V-0-1", "PAY-V-0-1",
    "0001-01-01", "9999-12-31", "1969-12-31", "1970-01-01", "2199-12-31", "2200-01-01",
    "2026-02-30", "20260301", "2026-03-01T00:00:00", "2026-03-01T23:59:60Z",
    "2026-03-01T00:00:00+14:00", "2026-03-01T00:00:00+99:99", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00", "2026-03-01T00:00:00." + "1" * 5000 + "Z", "9" * 5000,
    "XXX", "cny", "CNY", "¤¤¤",
)  # fmt: skip
NUMBERS: tuple[Any, ...] = (
    0, -1, 1, 2, 0.5, -0.0, 127, 2**31 - 1, 2**31, 2**53 - 1, 2**53, 2**63 - 1, 2**63, 2**64,
    -(2**63), 10**30, -(10**30), 1e308, 1.0, 1.5,
)  # fmt: skip
RAW_NUMBERS = ("1e999", "-1e999", "NaN", "Infinity", "1" * 5000, "01", "1.", "0e0", "-0", "1E400")
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [None], {"": ""}, [[]], {"a": {"b": [1]}})


def raw(text: str) -> str:
    """Stands for a piece of JSON that no serializer would write."""
    return _MARK.format(text)


def nested(depth: int) -> str:
    """A list in a list in a list."""
    return raw("[" * depth + "]" * depth)


def value(rng: Random) -> Any:
    """Any of these values; more often a text, as most fields are."""
    kind = rng.random()
    if kind < 0.5:
        return rng.choice(TEXTS)
    if kind < 0.7:
        return rng.choice(NUMBERS)
    if kind < 0.8:
        return raw(rng.choice(RAW_NUMBERS))
    if kind < 0.95:
        return copy.deepcopy(rng.choice(OTHERS))  # it may be spoilt further
    if kind < 0.98:
        return nested(rng.choice((10, 200, 3000)))
    return [rng.choice(TEXTS) for _ in range(rng.choice((1, 50, 2500)))]


def written(thing: Any) -> bytes:
    """JSON, with the raw pieces in it and lone surrogates as escapes."""
    return _MARKED.sub(lambda match: match[1], json.dumps(thing)).encode()


def places(thing: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a JSON value, the value itself left out."""
    if isinstance(thing, dict):
        inside = [(*path, key) for key in thing]
        return inside + [deep for key in thing for deep in places(thing[key], (*path, key))]
    if isinstance(thing, list):
        inside = [(*path, index) for index in range(len(thing))]
        return inside + [d for i, one in enumerate(thing) for d in places(one, (*path, i))]
    return []


def put(thing: Any, path: tuple[Any, ...], new: Any) -> None:
    """Set what stands at a path."""
    for step in path[:-1]:
        thing = thing[step]
    thing[path[-1]] = new


def drop(thing: Any, path: tuple[Any, ...]) -> None:
    """Remove what stands at a path."""
    for step in path[:-1]:
        thing = thing[step]
    del thing[path[-1]]


def spoil(thing: Any, rng: Random, faults: int) -> None:
    """Change a JSON object in some places: another value, none, or one more."""
    for _ in range(faults):
        found = places(thing)
        if not found:
            return
        path, how = rng.choice(found), rng.random()
        if how < 0.8:
            put(thing, path, value(rng))
        elif how < 0.93:
            drop(thing, path)
        else:
            put(thing, (*path[:-1], rng.choice(TEXTS)), value(rng)) if isinstance(
                path[-1], str
            ) else put(thing, path, value(rng))


def doubled(text: bytes, rng: Random) -> bytes:
    """The same JSON object with one of its first keys a second time, with another value."""
    keys = re.findall(rb'"([a-z_]+)":', text)
    key = rng.choice(keys) if keys else b"id"
    extra = b'"%s": %s, ' % (key, written(value(rng)))
    return text.replace(b"{", b"{" + extra, 1)
