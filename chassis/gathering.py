"""What was told in parts, put together again by whoever must know all of it before he acts."""

from collections.abc import Sequence
from typing import TypeVar

from chassis.errors import Rejected

T = TypeVar("T")

Told = tuple[tuple[T, ...], ...]
"""The entries of each part so far."""


def gathered(told: Told[T], part: int | None, entries: Sequence[T], what: str) -> Told[T]:
    """The parts told so far with one more; told again from an earlier part on, those after it are
    forgotten.

    Raises `Rejected` when one before it is missing, since what is not complete is not acted on.
    """
    number = part or 0
    if number > len(told):
        raise Rejected(f"{what}: part {number} came without part {len(told)}")
    return (*told[:number], tuple(entries))
