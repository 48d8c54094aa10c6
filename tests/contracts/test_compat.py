"""What breaks who reads or writes a published message is noticed; what breaks nobody is not."""

import copy
from typing import Any

import pytest

from contracts.compat import breaking_changes

PUBLISHED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"const": "x.v1"},
        "data": {
            "type": "object",
            "properties": {
                "id": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 10, "title": "Id"},
                "amount": {"type": "integer", "minimum": 0, "maximum": 100},
                "kind": {"enum": ["a", "b"], "type": "string"},
                "on": {
                    "anyOf": [{"type": "string", "format": "date"}, {"type": "null"}],
                    "default": None,
                },
                "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}, "maxItems": 5},
                "more": {"type": "boolean", "default": False},
                "names": {"type": "object", "additionalProperties": {"type": "string"}},
            },
            "required": ["id", "amount", "kind"],
        },
    },
    "required": ["type", "data"],
    "$defs": {
        "Part": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    },
}
DATA = ("properties", "data", "properties")


def altered(*path: str, to: Any) -> dict[str, Any]:
    schema = copy.deepcopy(PUBLISHED)
    holder: Any = schema
    for key in path[:-1]:
        holder = holder[key]
    if to is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = to
    return schema


BREAKING: dict[str, tuple[tuple[Any, ...], Any, str]] = {
    "removed field": ((*DATA, "more"), None, "message.data.more: the field was removed"),
    "new required field": (
        ("properties", "data", "required"),
        ["id", "amount", "kind", "new"],
        "message.data.new: a new field is required",
    ),
    "field became required": (
        ("properties", "data", "required"),
        ["id", "amount", "kind", "on"],
        "message.data.on: the field became required",
    ),
    "field became optional": (
        ("properties", "data", "required"),
        ["id", "amount"],
        "message.data.kind: the field became optional",
    ),
    "type changed": ((*DATA, "amount", "type"), "number", "message.data.amount: the type changed"),
    "enum narrowed": ((*DATA, "kind", "enum"), ["a"], "message.data.kind: narrowed, ['b'] gone"),
    "enum widened": ((*DATA, "kind", "enum"), ["a", "b", "c"], "message.data.kind: widened"),
    "pattern changed": (
        (*DATA, "id", "pattern"),
        "^[a-f]+$",
        "message.data.id: the pattern changed",
    ),
    "pattern added": ((*DATA, "kind", "pattern"), "^a$", "message.data.kind: the pattern changed"),
    "maximum lowered": ((*DATA, "amount", "maximum"), 99, "message.data.amount: narrowed, maximum"),
    "maximum raised": ((*DATA, "amount", "maximum"), 101, "message.data.amount: widened, maximum"),
    "minimum raised": ((*DATA, "amount", "minimum"), 1, "message.data.amount: narrowed, minimum"),
    "bound removed": ((*DATA, "id", "maxLength"), None, "message.data.id: widened, maxLength"),
    "bound added": ((*DATA, "id", "minLength"), 2, "message.data.id: narrowed, minLength"),
    "list shortened": ((*DATA, "parts", "maxItems"), 4, "message.data.parts: narrowed, maxItems"),
    "null no longer taken": (
        (*DATA, "on", "anyOf"),
        [{"type": "string", "format": "date"}],
        "message.data.on: narrowed, null",
    ),
    "null newly written": (
        (*DATA, "amount"),
        {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 100}, {"type": "null"}]},
        "message.data.amount: widened, null",
    ),
    "format changed": (
        (*DATA, "on", "anyOf"),
        [{"type": "string", "format": "date-time"}, {"type": "null"}],
        "message.data.on: narrowed, string (date)",
    ),
    "default changed": ((*DATA, "more", "default"), True, "message.data.more: the default changed"),
    "nested field removed": (
        ("$defs", "Part", "properties", "n"),
        None,
        "message.data.parts[items].n: the field was removed",
    ),
    "nested type changed": (
        ("$defs", "Part", "properties", "n", "type"),
        "string",
        "message.data.parts[items].n: the type changed",
    ),
    "values of a map changed": (
        (*DATA, "names", "additionalProperties"),
        {"type": "integer"},
        "message.data.names[additionalProperties]: the type",
    ),
    "another constant": (
        ("properties", "type", "const"),
        "x.v2",
        "message.type: the const changed",
    ),
}


@pytest.mark.parametrize("what", BREAKING)
def test_a_breaking_change_is_noticed(what: str) -> None:
    path, value, sentence = BREAKING[what]
    new = altered(*path, to=value)
    if what.startswith("new required"):
        new["properties"]["data"]["properties"]["new"] = {"type": "string"}
    found = breaking_changes(PUBLISHED, new)
    assert any(one.startswith(sentence) for one in found), found


@pytest.mark.parametrize("what", [w for w in BREAKING if BREAKING[w][2].count("widened")])
def test_a_wider_type_breaks_nobody_where_our_services_alone_read(what: str) -> None:
    path, value, _ = BREAKING[what]
    assert breaking_changes(PUBLISHED, altered(*path, to=value), others_read=False) == []


@pytest.mark.parametrize("what", [w for w in BREAKING if BREAKING[w][2].count("narrowed")])
def test_a_narrower_type_breaks_whoever_writes_to_us(what: str) -> None:
    path, value, sentence = BREAKING[what]
    found = breaking_changes(PUBLISHED, altered(*path, to=value), others_read=False)
    assert any(one.startswith(sentence) for one in found), found


def test_the_same_schema_breaks_nothing() -> None:
    assert breaking_changes(PUBLISHED, copy.deepcopy(PUBLISHED)) == []


def test_a_new_optional_field_breaks_nothing() -> None:
    new = altered(*DATA, "extra", to={"type": "string"})
    assert breaking_changes(PUBLISHED, new) == []


def test_other_words_break_nothing() -> None:
    new = altered(*DATA, "id", "title", to="Number")
    new["properties"]["data"]["description"] = "Better said."
    assert breaking_changes(PUBLISHED, new) == []


def test_another_name_for_a_part_breaks_nothing() -> None:
    new = copy.deepcopy(PUBLISHED)
    new["$defs"]["Piece"] = new["$defs"].pop("Part")
    new["properties"]["data"]["properties"]["parts"]["items"] = {"$ref": "#/$defs/Piece"}
    assert breaking_changes(PUBLISHED, new) == []
