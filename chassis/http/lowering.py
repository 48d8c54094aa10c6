"""JSON Schema as pydantic writes it (OpenAPI 3.1) said in OpenAPI 3.0, which every generator
reads.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_REF = "#/components/schemas/"
_PAGE = re.compile(r"Page_(\w+)_")
_LEFT_OUT = frozenset({"$defs", "propertyNames", "patternProperties", "$schema", "$id"})
_DATA = frozenset({"example", "default", "enum", "required", "x-roles", "security", "mapping"})
"""Keywords whose value is no schema."""


def lowered(document: dict[str, Any]) -> dict[str, Any]:
    """A document in 3.0: `null` becomes `nullable`, definitions inside a schema move to the
    components, a page of something is called `SomethingPage`.
    """
    definitions: dict[str, Any] = {}
    made: dict[str, Any] = _value(document, definitions)
    schemas = made["components"]["schemas"]
    while definitions:
        name, schema = definitions.popitem()
        schemas[_named(name)] = _value(schema, definitions)
    by_name = {_named(name): schema for name, schema in schemas.items()}
    made["components"]["schemas"] = {
        name: {**by_name[name], "title": name} for name in sorted(by_name)
    }
    return made


def _value(value: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_value(each, definitions) for each in value]
    if not isinstance(value, dict):
        return value
    definitions.update(value.get("$defs", {}))
    said = dict(_keywords(value, definitions))
    if "in" in said and "schema" in said:
        said["schema"].pop("nullable", None)  # a parameter is left out, never null
    if "requestBody" in said:
        _never_null(said["requestBody"]["content"])
    return _sole(said) if "anyOf" in said or "$ref" in said else said


def _never_null(content: dict[str, Any]) -> None:
    """A body is left out, never null; generated clients would send the absence of one as JSON."""
    for said in content.values():
        schema = said.get("schema", {})
        if schema.pop("nullable", False) and schema.keys() == {"allOf"}:
            (said["schema"],) = schema["allOf"]


def _keywords(schema: Mapping[str, Any], definitions: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in schema.items():
        if name in _LEFT_OUT or _says_nothing(name, value, schema):
            continue
        if name in _SAID_OTHERWISE:
            yield from _SAID_OTHERWISE[name](value)
        elif name in _DATA:
            yield name, value
        elif name == "properties":
            yield name, {key: _value(each, definitions) for key, each in value.items()}
        else:
            yield name, _value(value, definitions)


def _says_nothing(name: str, value: Any, schema: Mapping[str, Any]) -> bool:
    """A title in a schema would be taken for the name of a class, an empty default for a value."""
    is_titled = name == "title" and isinstance(value, str) and "version" not in schema
    return (
        is_titled
        or (name == "default" and value in (None, {}, []))
        or (name == "type" and "const" in schema)
    )


def _constant(value: Any) -> list[tuple[str, Any]]:
    kinds = {bool: "boolean", int: "integer", str: "string"}
    return [("enum", [value]), ("type", kinds[type(value)])]


_SAID_OTHERWISE: Mapping[str, Callable[[Any], list[tuple[str, Any]]]] = {
    "const": _constant,
    "exclusiveMinimum": lambda value: [("minimum", value), ("exclusiveMinimum", True)],
    "exclusiveMaximum": lambda value: [("maximum", value), ("exclusiveMaximum", True)],
    "examples": lambda value: [("example", value[0])],
    "contentMediaType": lambda _value: [("format", "binary")],
    "$ref": lambda value: [("$ref", _REF + _named(str(value).removeprefix(_REF)))],
}


def _sole(schema: dict[str, Any]) -> dict[str, Any]:
    """A choice between something and null is that thing, nullable; a reference stands alone."""
    choices = schema.pop("anyOf", None)
    if choices is not None:
        real = [each for each in choices if each.get("type") != "null"]
        if len(real) < len(choices):
            schema["nullable"] = True
        if len(real) == 1:
            schema = {**real[0], **schema}
        else:
            schema["anyOf"] = real
    if "$ref" in schema and len(schema) > 1:
        schema = {"allOf": [{"$ref": schema.pop("$ref")}], **schema}
    return schema


def _named(name: str) -> str:
    return _PAGE.sub(r"\1Page", name)
