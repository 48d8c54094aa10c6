"""Cursor paging: a page is named by the sort key of its predecessor's last row, so rows that come
and go shift nothing.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel

from chassis.errors import Malformed
from contracts.characters import CONTROL_OR_HALF

LIMIT_MAX = 500
LIMIT_DEFAULT = 50
_BIGINT = 2**63

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="rows per page")]
Cursor = Annotated[str | None, Query(max_length=1024, description="`next` of the page before")]


class Page(BaseModel, Generic[T]):
    """One page: its items, and the cursor of the next one (`null` on the last)."""

    items: list[T]
    next: str | None


def encode_cursor(key: Sequence[Any]) -> str:
    """A keyset as an opaque, URL-safe text; it is not signed: what it names is filtered by scope
    like any page.
    """
    return base64.urlsafe_b64encode(orjson.dumps(list(key), default=str)).decode().rstrip("=")


def decode_cursor(cursor: str | None, *kinds: type) -> list[Any] | None:
    """The keyset of a cursor, or `None` for the first page; raises `Malformed` unless its parts
    have these kinds (`str`, `int`, `date`, aware `datetime`).
    """
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise Malformed("cursor: not one that was handed out") from error
    if not isinstance(key, list) or len(key) != len(kinds):
        raise Malformed("cursor: not one of this listing")
    return [_part(part, kind) for part, kind in zip(key, kinds, strict=True)]


def _part(value: Any, kind: type) -> Any:
    try:
        if kind is datetime and isinstance(value, str):
            instant = datetime.fromisoformat(value)
            if instant.tzinfo is not None:
                return instant.astimezone(UTC)
        elif kind is date and isinstance(value, str):
            return date.fromisoformat(value)
        elif type(value) is kind and _fits(value):
            return value
    except (ValueError, OverflowError) as error:
        raise Malformed("cursor: not one that was handed out") from error
    raise Malformed("cursor: not one of this listing")


def _fits(value: Any) -> bool:
    """Whether a store could ever have handed it out."""
    if isinstance(value, str):
        return CONTROL_OR_HALF.search(value) is None
    return not isinstance(value, int) or -_BIGINT <= value < _BIGINT


def page(
    rows: Sequence[Any],
    limit: int,
    key: Callable[[Any], Sequence[Any]],
    item: Callable[[Any], Any] = lambda row: row,
) -> dict[str, Any]:
    """A page made of rows fetched with `limit + 1`; `key` gives a row's keyset, `item` what is
    shown of it.
    """
    shown = rows[:limit]
    more = len(rows) > limit
    return {
        "items": [item(row) for row in shown],
        "next": encode_cursor(key(shown[-1])) if more and shown else None,
    }
