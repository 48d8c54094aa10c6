"""What stored rows say, for tests that look into tables."""

from collections.abc import Iterable
from typing import Any

from tests.faults.packed import unpacked


def data_of(rows: Iterable[Any]) -> list[bytes]:
    """The column `data` of some events and states, readable."""
    return [unpacked(row["data"]) for row in rows]
