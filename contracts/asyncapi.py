"""The AsyncAPI 3 document: who writes and reads which topic."""

from typing import Any

from contracts.base import Contract
from contracts.codec import CONTENT_TYPE
from contracts.registry import MODELS, TOPICS
from contracts.schema import DIALECT

READS: dict[str, tuple[str, ...]] = {
    "ledger": ("billing", "dunning", "legal"),
    "dunning": ("billing", "ledger", "notifier", "legal"),
    "notifier": ("billing", "ledger", "dunning"),
    "legal": ("billing", "ledger", "dunning"),
}
"""Service -> the topics it reads; each writes the topic of its own name."""
FOR_UPSTREAM = ("dunning.restriction.requested.v1", "dunning.restoration.requested.v1")
"""What upstream billing reads, and confirms with `billing.restriction.confirmed.v1`."""
_BINDING = "0.5.0"
_WRITERS = {"billing": "upstream billing platforms"}


def document() -> dict[str, Any]:
    """The whole document, ready to be written as YAML."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Arrears",
            "version": "1.0.0",
            "description": "CloudEvents 1.0 between upstream billing and the four services.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "local": {
                "host": "127.0.0.1:9092",
                "protocol": "kafka",
                "description": "The broker that `make kafka` starts.",
            }
        },
        "channels": {**_channels(), **_dead_letter_channels()},
        "operations": _operations(),
        "components": {
            "messages": {**{name: _message(model) for name, model in MODELS.items()}, **_dead()}
        },
    }


def _of(topic: str) -> list[str]:
    return [name for name, model in MODELS.items() if topic == model.TOPIC]


def _channels() -> dict[str, Any]:
    return {
        topic: {
            "address": topic,
            "title": topic.capitalize(),
            "description": f"Written by {_WRITERS.get(topic, f'the {topic} service')}.",
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _of(topic)},
            "bindings": {"kafka": {"topic": topic, "bindingVersion": _BINDING}},
        }
        for topic in TOPICS
    }


def _dead_letter_channels() -> dict[str, Any]:
    return {
        f"{topic}.dlq": {
            "address": f"{topic}.dlq",
            "title": f"Dead letters of {topic}",
            "description": "Written by the service that could not process a message.",
            "messages": {"dead_letter": {"$ref": "#/components/messages/dead_letter"}},
            "bindings": {"kafka": {"topic": f"{topic}.dlq", "bindingVersion": _BINDING}},
        }
        for topic in TOPICS
    }


def _operations() -> dict[str, Any]:
    operations = {
        "upstream.send.billing": _operation("send", "billing", _of("billing")),
        "upstream.receive.dunning": _operation("receive", "dunning", FOR_UPSTREAM),
    }
    for service, topics in READS.items():
        operations[f"{service}.send.{service}"] = _operation("send", service, _of(service))
        for topic in topics:
            operations[f"{service}.receive.{topic}"] = _operation("receive", topic, _of(topic))
            operations[f"{service}.send.{topic}.dlq"] = _operation(
                "send", f"{topic}.dlq", ["dead_letter"]
            )
    return operations


def _operation(action: str, channel: str, names: list[str] | tuple[str, ...]) -> dict[str, Any]:
    pointer = f"#/channels/{channel}"
    return {
        "action": action,
        "channel": {"$ref": pointer},
        "messages": [{"$ref": f"{pointer}/messages/{name}"} for name in names],
    }


def _message(model: type[Contract]) -> dict[str, Any]:
    return {
        "name": model.TYPE,
        "title": model.__name__,
        "summary": " ".join((model.__doc__ or "").split("\n\n")[0].split()),
        "contentType": CONTENT_TYPE,
        "payload": {
            "schemaFormat": f"application/schema+json;version={DIALECT}",
            "schema": {"$ref": f"./schemas/{model.TYPE}.json"},
        },
        "bindings": _key(),
    }


def _dead() -> dict[str, Any]:
    text = {"type": "string"}
    optional_text = {"type": ["string", "null"]}
    return {
        "dead_letter": {
            "name": "dead_letter",
            "title": "DeadLetter",
            "summary": "What could not be processed and why; the original is sealed.",
            "contentType": "application/json",
            "payload": {
                "type": "object",
                "properties": {
                    "service": text,
                    "dead_letter": {"type": "integer"},
                    "at": {"type": "string", "format": "date-time"},
                    "source": text,
                    "offset": {"type": ["integer", "null"]},
                    "message_id": optional_text,
                    "message_type": optional_text,
                    "error": text,
                    "reason": text,
                    "sealed_original": text,
                },
                "required": ["service", "dead_letter", "at", "source", "error", "reason"],
            },
            "bindings": _key(),
        }
    }


def _key() -> dict[str, Any]:
    key = {
        "type": "string",
        "description": "creditor/account, or creditor/* for the creditor as a whole.",
    }
    return {"kafka": {"key": key, "bindingVersion": _BINDING}}
