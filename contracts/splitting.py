"""A message whose lists are long is told in several: each says the same but for its share of the
entries, `part` counts them from 0, and `more` says that another follows.

Whoever must know all of it before he acts waits for the one without `more`.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from contracts.base import Contract

ENTRIES_MAX = 250
"""List entries in one message: with the longest ids they stay below the size limit of the bus."""

M = TypeVar("M", bound=Contract)


def in_parts(data: M) -> Sequence[M]:
    """A message, in as many parts as its lists need."""
    lists = data.LISTS
    if not lists:
        return (data,)
    fields = vars(data)
    count = 0
    for name in lists:
        count += len(fields[name])
    if count <= ENTRIES_MAX:
        return (data,)
    return tuple(_cut(data, [(name, entry) for name in lists for entry in fields[name]]))


def _cut(data: M, entries: list[tuple[str, Any]]) -> Iterator[M]:
    for start in range(0, len(entries), ENTRIES_MAX):
        share = entries[start : start + ENTRIES_MAX]
        lists = {name: tuple(e for of, e in share if of == name) for name in data.LISTS}
        more = start + ENTRIES_MAX < len(entries)
        yield data.model_copy(update={**lists, "more": more, "part": start // ENTRIES_MAX})
