"""A stored policy that this version does not read stops nobody else's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chassis.errors import BrokenInvariant
from services.dunning.domain.creditor.terms import policy_ref
from services.dunning.library import Library
from services.dunning.policy.load import loads
from tests.dunning.domain.packs import HEAD, SMS, braced, steps

READABLE = HEAD + steps(f"day: 1 | {braced(SMS)}")
OTHER = HEAD + steps(f"day: 2 | {braced(SMS)}")


class Stored:
    """A pool whose only table has these policies."""

    def __init__(self, **documents: str) -> None:
        self._rows = [
            {"content_hash": name, "file": f"{name}.yaml", "document": document}
            for name, document in documents.items()
        ]

    @asynccontextmanager
    async def acquire(self, **_: Any) -> AsyncIterator["Stored"]:
        yield self

    async def fetch(self, _: str, known: list[str]) -> list[dict[str, str]]:
        return [row for row in self._rows if row["content_hash"] not in known]


async def test_a_text_that_is_not_read_any_more_is_told_of_and_the_others_are_loaded() -> None:
    good, bad = loads(READABLE, "good.yaml"), loads(OTHER, "bad.yaml")
    rows = {bad.content_hash: OTHER + "\nextra: &anchor 1\n", good.content_hash: READABLE}
    library, pool = Library(), Stored(**rows)
    assert await library.refresh(pool, always=True) == len(rows)
    assert library.get(policy_ref(good)).content_hash == good.content_hash
    with pytest.raises(BrokenInvariant, match="is not read"):
        library.get(policy_ref(bad))
    assert not await library.refresh(pool, always=True)
