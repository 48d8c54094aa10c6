"""JSON Schema of a message: the whole CloudEvent with its data."""

from typing import Any

from contracts.base import Contract
from contracts.errors import OTHER_MEANING
from contracts.words import identifiers

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_IDENTIFIER = {"type": "string", "pattern": identifiers.WHOLE}
_REFERENCE = {"type": "string", "minLength": 1, "maxLength": 256}
_REFUSED = {"type": "null", "description": f"Refused: it {OTHER_MEANING}."}
NO_ACCOUNT_SUBJECT = {"const": "*"}


def envelope_schema(model: type[Contract]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a message in structured mode."""
    data = model.model_json_schema(by_alias=True)
    definitions = data.pop("$defs", {})
    data["properties"] |= dict.fromkeys(model.REFUSED, _REFUSED)
    schema: dict[str, Any] = {
        "$schema": DIALECT,
        "$id": f"{model.TYPE}.json",
        "title": model.TYPE,
        "description": data.get("description", ""),
        "type": "object",
        "properties": {**_attributes(model), "data": data},
        "required": ["specversion", "id", "source", "type", "time", "creditor", "data"],
    }
    if _needs_subject(model):
        schema["required"].append("subject")
    if definitions:
        schema["$defs"] = definitions
    return schema


def _needs_subject(model: type[Contract]) -> bool:
    field = model.model_fields.get("account_id")
    return field is not None and field.is_required()


def _attributes(model: type[Contract]) -> dict[str, Any]:
    return {
        "specversion": {"const": "1.0"},
        "id": {**_REFERENCE, "description": "With `source` unique: the de-duplication key."},
        "source": {"type": "string", "minLength": 1, "maxLength": 512},
        "type": {"const": model.TYPE},
        "subject": _subject(model),
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"type": "string"},
        "creditor": {**_IDENTIFIER, "description": "The tenant."},
        "correlationid": _optional("The case or request this belongs to."),
        "causationid": _optional("The id of the message that led to this one."),
        "traceparent": _optional("The W3C trace context."),
    }


def _subject(model: type[Contract]) -> dict[str, Any]:
    if "account_id" not in model.model_fields:
        return {**NO_ACCOUNT_SUBJECT, "description": "The creditor as a whole."}
    if _needs_subject(model):
        return {**_IDENTIFIER, "description": "The account the data names."}
    return {
        "anyOf": [_IDENTIFIER, NO_ACCOUNT_SUBJECT],
        "description": "The account the data names, else `*`.",
    }


def _optional(description: str) -> dict[str, Any]:
    return {"anyOf": [_REFERENCE, {"type": "null"}], "description": description}
