"""Every field that a debtor's copy can have, by the APIs' documents and dunning's events."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, get_args

import msgspec.inspect as m

from arrears.apis import Apis
from arrears.subject.codes import AMOUNTS, CODES
from arrears.subject.fields import FIELDS
from arrears.subject.gathering import gather
from arrears.world import World
from chassis.settings import ServiceName, Settings
from contracts.billing import AccountUpserted
from services.dunning.api.timeline import HIDDEN, kind_of
from services.dunning.domain.aggregates import AGGREGATES

_ABOUT = ("time_zone", "currency", "creditor_name", "gathered_at", "account")
_SEALED_NOTE = {"by", "text", "evidence"}
_NOT_COPIED = {"lane", "source_offset", "source", "stream", "error", "sealed"}
"""Of a dead letter: where it stood; what is sealed in an event is opened under its own name."""

COUNTED = {
    "attempts",
    "cap_ratio",
    "call",
    "days",
    "days_overdue",
    "days_past_due",
    "documents",
    "due_days",
    "entries",
    "every_days",
    "id",
    "ledger_version",
    "next",
    "number",
    "part",
    "policy_version",
    "quantity",
    "rate",
    "rate_per_day",
    "status",
    "version",
}
"""Numbers on a copy that are no money."""


class Noting(Apis):
    """Notes which routes the copy is made of."""

    def __init__(self) -> None:
        super().__init__(Settings(), {})
        self.asked: set[tuple[ServiceName, str]] = set()

    async def get(self, service: ServiceName, path: str, **params: Any) -> Any:
        self.asked.add((service, path))
        letter = dict.fromkeys(("at", "message_type", "message_id", "reason", "state", "text"))
        return {"items": [{"id": 1}], "id": 1, "actions": [], **letter}

    async def pages(
        self, service: ServiceName, path: str, *, under: str = "items", **params: Any
    ) -> AsyncIterator[Any]:
        self.asked.add((service, path))
        cash = {"method": "cash", "payment_id": "P-1", "account": "A-1"}
        row = {"notice_id": "n", "document_id": "d", "accounts": [], **cash}
        yield row | dict.fromkeys(("at", "issuer", "subject", "route"), "")


async def every_field_has_a_name(world: World) -> None:
    """Fails for a field, or a kind of event, that a Chinese copy would have in English, and for a
    number that nobody said is money or not.
    """
    numbers, names = await _numbers_and_names(world)
    assert names - set(FIELDS) == set(), "arrears/subject/fields.py"
    assert numbers - AMOUNTS == COUNTED, "is it money? arrears/subject/codes.py"
    assert {kind_of(event) for event in _events()} - set(CODES) == set(), "arrears/subject/codes.py"


async def _numbers_and_names(world: World) -> tuple[set[str], set[str]]:
    """Names of all fields that hold whole numbers or decimals, and of all there are."""
    noting = Noting()
    await gather(noting, "lender", "A-1", world.clock.now())
    told = list(_of_events())
    for service, path in noting.asked - {("dunning", "/v1/creditors/lender")}:
        document = world.stack.services[service].app.openapi()
        told += _of_answer(document, path)
    told += [(name, False) for name in (*_SEALED_NOTE, *_ABOUT)]
    told += [(name, False) for name in _names(AccountUpserted.model_json_schema(by_alias=True))]
    told = [one for one in told if one[0] not in _NOT_COPIED]
    return {name for name, number in told if number}, {name for name, _ in told}


def _events() -> Iterator[Any]:
    (account,) = (one for one in AGGREGATES if one.name == "account")
    yield from (event for event in get_args(account.events) if event not in HIDDEN)


def _of_events() -> Iterator[tuple[str, bool]]:
    for event in _events():
        struct = m.type_info(event)
        assert isinstance(struct, m.StructType)
        for field in struct.fields:
            yield field.encode_name, _is_number(field.type)
            if field.encode_name not in {"reason", "reasons"}:
                yield from _within(field.type)


def _within(kind: m.Type) -> Iterator[tuple[str, bool]]:
    if isinstance(kind, m.StructType):
        for field in kind.fields:
            yield field.encode_name, _is_number(field.type)
            yield from _within(field.type)
    elif isinstance(kind, m.UnionType):
        for one in kind.types:
            yield from _within(one)
    elif isinstance(kind, m.ListType | m.VarTupleType):
        yield from _within(kind.item_type)


def _is_number(kind: m.Type) -> bool:
    kinds = kind.types if isinstance(kind, m.UnionType) else (kind,)
    return any(isinstance(one, m.IntType | m.DecimalType) for one in kinds)


def _of_answer(document: Mapping[str, Any], path: str) -> Iterator[tuple[str, bool]]:
    answer = _operation(document, path)["responses"]["200"]["content"]["application/json"]
    yield from _properties(answer["schema"], document, set())


def _operation(document: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    for template, methods in document["paths"].items():
        if "get" in methods and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            found: Mapping[str, Any] = methods["get"]
            return found
    raise AssertionError(path)


def _properties(
    schema: Mapping[str, Any], document: Mapping[str, Any], seen: set[str]
) -> Iterator[tuple[str, bool]]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            seen.add(name)
            yield from _properties(document["components"]["schemas"][name], document, seen)
        return
    for name, one in schema.get("properties", {}).items():
        yield name, bool({"integer", "number"} & set(_types(one)))
        yield from _properties(one, document, seen)
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _properties(one, document, seen)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _properties(schema[key], document, seen)


def _types(schema: Mapping[str, Any]) -> Iterator[str]:
    if "type" in schema:
        yield schema["type"]
    for one in schema.get("anyOf", ()):
        yield from _types(one)


def _names(schema: Mapping[str, Any]) -> Iterator[str]:
    for part in (schema, *schema.get("$defs", {}).values()):
        yield from part.get("properties", {})
