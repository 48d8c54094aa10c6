"""Compiles the pydantic models into msgspec structs, which decode and check JSON in one pass.

A twin has the model's attribute names, wire names, defaults and constraints; tests hold both to the
same verdicts. Twins are frozen and hold no cycles, so the garbage collector need not look at them.
"""

import re
import types
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from pydantic import AwareDatetime
from pydantic.fields import FieldInfo

from contracts.base import (
    FIRST_YEAR,
    FREE_TEXT,
    IN_DEPTH,
    IN_YEARS,
    IN_ZONES,
    LAST_YEAR,
    NO_TIME_ZONE,
    NULL_LEFT_OUT,
    OUT_OF_YEARS,
    TOO_DEEP,
    Contract,
    Identifier,
    Part,
    is_time_zone,
    is_too_deep,
)
from contracts.words import identifiers

FREE_TEXTS = "_free_texts"
"""The attribute of a twin that names its fields of free text."""
_SHORT: Any = Annotated[str, msgspec.Meta(min_length=1, max_length=identifiers.LENGTH_MAX)]
_BOUNDS = ("ge", "le", "gt", "lt", "min_length", "max_length")


@cache
def twin(model: type[Part]) -> type[msgspec.Struct]:
    """The struct that decodes and checks all that a model describes; the same one at each call."""
    return _compiled(model, frozenset())


@cache
def quick_twin(model: type[Part]) -> tuple[type[msgspec.Struct], tuple[str, ...]]:
    """A twin that checks of some fields only how long they are, and the names of these fields.

    They are the message's own identifiers; whoever decodes it looks at the characters of all of
    them at once, which takes a quarter of the time that a pattern for each takes.
    """
    names = tuple(
        name for name, info in model.model_fields.items() if _is_identifier(info, info.annotation)
    )
    return _compiled(model, frozenset(names)), names


def _compiled(model: type[Part], quick: frozenset[str]) -> type[msgspec.Struct]:
    fields: list[Any] = []
    rename: dict[str, str] = {}
    for name, info in model.model_fields.items():
        if name in quick:
            optional = type(None) in get_args(info.annotation)
            translated = _SHORT | None if optional else _SHORT
        else:
            translated = _constrained(_translated(info.annotation), info.metadata)
        if NULL_LEFT_OUT in info.metadata:
            translated |= None
        if info.is_required():
            fields.append((name, translated))
        else:
            fields.append((name, translated, info.default))
        if info.alias is not None:
            rename[name] = info.alias
    if issubclass(model, Contract):
        fields += [(name, None, None) for name in model.REFUSED]
    return msgspec.defstruct(
        model.__name__,
        fields,
        namespace={**_methods(model), **_afterwards(model), FREE_TEXTS: _free_texts(model)},
        module=f"{model.__module__}.twin",
        frozen=True,
        gc=False,
        kw_only=True,
        omit_defaults=True,  # a field added later leaves the body's hash as it was
        rename=rename or None,
    )


def _free_texts(model: type[Part]) -> frozenset[str]:
    """The fields in which line breaks and tabs may stand."""
    return frozenset(name for name, info in model.model_fields.items() if _holds(info, FREE_TEXT))


def _afterwards(model: type[Part]) -> dict[str, Callable[[Any], None]]:
    """What a struct looks at when its fields are read: nothing at all, for most."""
    fields = model.model_fields
    listed = tuple(
        (name, info.default) for name, info in fields.items() if NULL_LEFT_OUT in info.metadata
    )
    bounded = tuple(
        (name, info.alias or name, _holds(info, IN_DEPTH))
        for name, info in fields.items()
        if any(_holds(info, mark) for mark in (IN_YEARS, IN_DEPTH, IN_ZONES))
    )
    if not listed and not bounded:
        return {}

    def look(struct: Any) -> None:
        for name, default in listed:
            if getattr(struct, name) is None:
                msgspec.structs.force_setattr(struct, name, default)
        for name, wire, nested in bounded:
            value = getattr(struct, name)
            if not value:
                continue
            if wrong := _what_is_wrong(value, nested=nested):
                raise ValueError(f"{wire}: {wrong}")

    return {"__post_init__": look}


def _what_is_wrong(value: Any, *, nested: bool) -> str:
    """What a day, an instant, the name of a time zone or (`nested`) an object is not."""
    if nested:
        return TOO_DEEP if is_too_deep(value) else ""
    if isinstance(value, str):
        return "" if is_time_zone(value) else NO_TIME_ZONE
    return "" if FIRST_YEAR <= value.year <= LAST_YEAR else OUT_OF_YEARS


def _holds(annotation: Any, mark: Any) -> bool:
    """Whether a mark stands anywhere in a field's type."""
    if isinstance(annotation, FieldInfo):
        return mark in annotation.metadata or _holds(annotation.annotation, mark)
    if mark in getattr(annotation, "__metadata__", ()):
        return True
    return any(_holds(one, mark) for one in get_args(annotation))


def _is_identifier(info: FieldInfo, annotation: Any) -> bool:
    """Whether a field is an `Identifier`, or one that may be left out."""
    if annotation is str:
        return bool(_constrained(str, info.metadata) == _IDENTIFIER)
    return bool(annotation == Identifier | None)


def _methods(model: type[Part]) -> dict[str, Any]:
    """The model's own public methods, which work on any object with its attributes."""
    return {
        name: value
        for name, value in vars(model).items()
        if isinstance(value, types.FunctionType) and not name.startswith("_")
    }


def _translated(annotation: Any) -> Any:
    """The msgspec reading of a type; raises `TypeError` for one that has none."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _constrained(_translated(args[0]), args[1:])
    if origin is Literal:
        return annotation
    if origin in (Union, types.UnionType):
        return Union[tuple(_translated(one) for one in args)]  # noqa: UP007 - made at run time
    if origin in (tuple, dict):
        return origin[tuple(one if one is ... else _translated(one) for one in args)]
    if annotation is AwareDatetime:
        return Annotated[datetime, msgspec.Meta(tz=True)]
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return twin(annotation)
    if annotation is Any or isinstance(annotation, type):
        return annotation
    raise TypeError(f"contracts know no type {annotation!r}")


def _constrained(translated: Any, metadata: Iterable[Any]) -> Any:
    bounds: dict[str, Any] = {}
    for one in metadata:
        for each in one.metadata if isinstance(one, FieldInfo) else (one,):
            for name in _BOUNDS:
                if getattr(each, name, None) is not None:
                    bounds[name] = getattr(each, name)
            pattern = getattr(each, "pattern", None)
            if pattern is not None:
                bounds["pattern"] = _python_pattern(pattern)
    return Annotated[translated, msgspec.Meta(**bounds)] if bounds else translated


def _python_pattern(pattern: str) -> str:
    """A pattern whose end means the end: Python's `$` would let a newline follow."""
    if not (pattern.startswith("^") and pattern.endswith("$")):
        raise TypeError(f"a contract's pattern describes the whole text: {pattern}")
    converted = pattern[:-1] + r"\Z"
    re.compile(converted)
    return converted


_IDENTIFIER = _translated(Identifier)
