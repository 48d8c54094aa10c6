"""A text that is too long is made shorter where it lists; amounts, last day, account and contact
stay.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

Values = Mapping[str, Any]
Write = Callable[[Values], str]

_CLIPPED = ("how_to_pay", "creditor", "name")
"""What is cut, the longest first, where leaving the list out is not enough."""
_KEPT_OF_TEXT = 20
_KEPT_OF_PLACE = 12


def shortened(write: Write, values: Values, limit: int) -> str:
    """The text within `limit` characters: `items` holds as many as fit, `left_out` says how many do
    not.
    """
    text = write(values)
    if len(text) <= limit:
        return text
    shorter: Values | None = _with_a_shorter_list(write, values, limit)
    while shorter is not None:
        values, text = shorter, write(shorter)
        over = len(text) - limit
        shorter = _clipped(values, over) if over > 0 else None
    return text[:limit]


def _with_a_shorter_list(write: Write, values: Values, limit: int) -> Values:
    count = len(values["items"])
    fitting = bisect_right(
        range(count), 0, key=lambda listed: len(write(_listing(values, listed))) - limit
    )
    if fitting > 1:
        return _listing(values, fitting - 1)
    return _with_a_clipped_place(write, values, limit) or _listing(values, 0)


def _with_a_clipped_place(write: Write, values: Values, limit: int) -> Values | None:
    """The first item alone, when enough of its place can be told."""
    alone = _listing(values, 1)
    place = "".join(one["where"] for one in alone["items"])
    kept = len(place) - (len(write(alone)) - limit) - 1
    if kept < _KEPT_OF_PLACE:
        return None
    return {**alone, "items": [{**alone["items"][0], "where": place[:kept] + "…"}]}


def _listing(values: Values, listed: int) -> Values:
    items = values["items"]
    return {**values, "items": items[:listed], "left_out": max(len(items) - listed, 0)}


def _clipped(values: Values, over: int) -> Values | None:
    longest = max(_CLIPPED, key=lambda name: len(values[name]))
    text: str = values[longest]
    if len(text) <= _KEPT_OF_TEXT + 1:
        return None
    kept = max(len(text) - over - 1, _KEPT_OF_TEXT)
    return {**values, longest: text[:kept] + "…"}
