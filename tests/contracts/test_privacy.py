"""No message but those of billing has a place for a person's name, number, address or words."""

from typing import Any

from contracts.registry import MODELS
from contracts.schema import envelope_schema

PERSONAL = {
    "name",
    "phone",
    "phones",
    "email",
    "emails",
    "address",
    "addresses",
    "id_number",
    "note",
    "text",
    "debtor",
    "guarantors",
    "legal_representative",
    "registered_address",
    "responsible",
    "mandate",
    "attributes",
    "evidence",
    "content",
    "body",
}
CREDITORS_OWN_NAME = {"dunning.terms.published.v1": {"name"}}
FREE_TEXT_MAX = 200


def fields(schema: Any) -> Any:
    if isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
        for value in schema.values():
            yield from fields(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from fields(value)


def texts(schema: Any) -> Any:
    if isinstance(schema, dict):
        if schema.get("type") == "string":
            yield schema
        for value in schema.values():
            yield from texts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from texts(value)


def test_a_public_message_has_no_personal_field(kind: str) -> None:
    if MODELS[kind].TOPIC == "billing":
        return
    schema = envelope_schema(MODELS[kind])
    names = {name for name, _ in fields([schema["properties"]["data"], schema.get("$defs", {})])}
    assert names & PERSONAL == CREDITORS_OWN_NAME.get(kind, set())


def test_a_public_message_has_no_room_for_free_text(kind: str) -> None:
    if MODELS[kind].TOPIC == "billing":
        return
    schema = envelope_schema(MODELS[kind])
    for text in texts([schema["properties"]["data"], schema.get("$defs", {})]):
        bounded = text.get("maxLength", FREE_TEXT_MAX + 1) <= FREE_TEXT_MAX
        assert bounded or {"pattern", "format", "enum", "const"} & set(text), text
