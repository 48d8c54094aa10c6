"""What all parts of a pack have in common, and how a part is told from others by its key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from contracts.words.numbers import as_decimal

Path = tuple[str | int, ...]
"""The place of a field in a file: names, and numbers in lists."""

DAYS_MAX, MONTHS_MAX, YEARS_MAX = 100_000, 3_600, 300
"""No day counted so far from a day that people state lies beyond the last there is."""
TIMES_MAX = 1_000_000
VERSION_MAX = 2**31 - 1
ENTRIES_MAX = 500
"""Of steps, and of each list beside them."""
_SHARE_MAX = 10**6

Share = Annotated[Decimal, BeforeValidator(as_decimal), Field(le=_SHARE_MAX)]
"""A rate, a ratio or a percentage."""


class Part(BaseModel):
    """A part of a pack: immutable, and every field it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Keyed(Part):
    """One of several parts that may stand in a place; its `key` in the file says which."""

    key: ClassVar[str]


class Below(Keyed):
    """A part whose fields stand below its key: `{task: {kind: visit, owner: sales}}`."""


def as_list(value: Any) -> Any:
    """One word or number stands for a list of it alone."""
    return [value] if isinstance(value, str | int) else value


UNKNOWN = "unknown_field"
"""The type of the error that names, in its context, a field which no model reads."""

Names = Annotated[tuple[str, ...], BeforeValidator(as_list)]
"""One name or a list of them."""


@dataclass(frozen=True)
class ByKey:
    """Reads a union of keyed parts: `Annotated[Notice | Task, ByKey(beside=("if",))]`.

    `beside` are the fields that may stand beside the key, whichever it is.
    """

    beside: tuple[str, ...] = ()

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """One choice for each part, chosen by the key that the mapping has."""
        parts: dict[str, type[Keyed]] = {part.key: part for part in get_args(source)}
        choices = {key: self._choice(part, handler) for key, part in parts.items()}
        return core_schema.no_info_before_validator_function(
            self._one_of(tuple(parts)),
            core_schema.tagged_union_schema(choices, _key_among(frozenset(parts))),
        )

    def _choice(self, part: type[Keyed], handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler.generate_schema(part)
        if not issubclass(part, Below):
            return schema
        return core_schema.no_info_before_validator_function(self._opener(part), schema)

    def _one_of(self, keys: tuple[str, ...]) -> Callable[[Any], Any]:
        text = f"needs exactly one of {', '.join(keys)}"

        def check(value: Any) -> Any:
            if isinstance(value, Keyed):
                return value
            if not isinstance(value, dict):
                raise ValueError(text)  # noqa: TRY004 (pydantic reports ValueError alone)
            for name in value:
                if name not in keys and name not in self.beside:
                    raise unknown(name)
            if sum(name in keys for name in value) != 1:
                raise ValueError(text)
            return value

        return check

    def _opener(self, part: type[Below]) -> Callable[[Any], Any]:
        def opened(value: Any) -> Any:
            """The fields below the key and those beside it together."""
            if isinstance(value, Keyed):
                return value
            body = value[part.key]
            if not isinstance(body, dict):
                raise ValueError("must map fields to values")  # noqa: TRY004
            for name in self.beside:
                if name in body:
                    raise unknown(name)
            return {**body, **{name: value[name] for name in self.beside if name in value}}

        return opened


def unknown(name: str) -> PydanticCustomError:
    """The error of a field that no model reads, for the place of its mapping."""
    return PydanticCustomError(UNKNOWN, "unknown field", {"field": name})


def _key_among(keys: frozenset[str]) -> Callable[[Any], str | None]:
    def key(value: Any) -> str | None:
        if isinstance(value, Keyed):
            return value.key
        named: Mapping[str, Any] = value
        return next(name for name in named if name in keys)

    return key
