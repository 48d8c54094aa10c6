"""Which messages a service handles, read from `docs/events.md`, and which say something to it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_DOCUMENT = Path(__file__).parents[2] / "docs" / "events.md"


@cache
def handled(service: str) -> frozenset[str]:
    """The types that the document says the service handles."""
    found = set()
    for line in _DOCUMENT.read_text().splitlines():
        cells = line.split("|")
        if len(cells) > 4 and f"{service}: " in cells[4]:
            found.add(cells[1].strip().strip("`"))
    return frozenset(found)


def concerns(service: str, event: Mapping[str, Any]) -> bool:
    """Whether a message of a type that a service handles says something to it."""
    kind, data = event.get("type"), event.get("data", {})
    if kind == "billing.account.upserted.v1" and service == "ledger":
        return data.get("number") is not None
    if kind == "billing.payment.received.v1" and service == "dunning":
        return data.get("collected_by") is not None
    if kind != "billing.invoice.issued.v1" or service == "ledger":
        return True
    attributes = data.get("attributes", {})
    if service == "dunning":
        return any(value is True for value in attributes.values())
    told = {"time", "place"} & attributes.keys() if service == "notifier" else ()
    return data.get("number") is not None or bool(told)
