"""An event of every type with everything set, for what no scenario shows."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import inspect

_DAY = "2026-03-31"
_SIMPLE: dict[type[inspect.Type], Any] = {
    inspect.StrType: "text",
    inspect.IntType: 7,
    inspect.FloatType: 0.5,
    inspect.BoolType: True,
    inspect.BytesType: "c2VhbGVk",
    inspect.DateType: _DAY,
    inspect.DateTimeType: f"{_DAY}T08:00:00Z",
    inspect.TimeType: "08:00:00",
    inspect.DecimalType: "0.05",
    inspect.AnyType: 1,
}


def filled(aggregates: Iterable[Any]) -> Iterable[tuple[str, str, Any]]:
    """Aggregate, type and data of one event of every type."""
    for aggregate in aggregates:
        known = inspect.type_info(aggregate.events)
        for each in known.types if isinstance(known, inspect.UnionType) else (known,):
            data = _value(each)
            aggregate.decode_event(msgspec.json.encode(data))
            yield aggregate.name, data["type"], data


def _value(kind: inspect.Type) -> Any:
    match kind:
        case inspect.StructType():
            return _struct(kind)
        case inspect.UnionType():
            return _value(next(t for t in kind.types if not isinstance(t, inspect.NoneType)))
        case inspect.VarTupleType() | inspect.ListType():
            return [_value(kind.item_type)]
        case inspect.TupleType():
            return [_value(each) for each in kind.item_types]
        case inspect.DictType():
            return {_value(kind.key_type): _value(kind.value_type)}
        case inspect.LiteralType() | inspect.EnumType():
            return _first(kind)
    return _SIMPLE[type(kind)]


def _first(kind: inspect.LiteralType | inspect.EnumType) -> Any:
    if isinstance(kind, inspect.LiteralType):
        return kind.values[0]
    return next(iter(kind.cls)).value


def _struct(kind: inspect.StructType) -> Any:
    tag = {} if kind.tag_field is None else {kind.tag_field: kind.tag}
    fields = tag | {field.encode_name: _value(field.type) for field in kind.fields}
    return list(fields.values()) if kind.array_like else fields
