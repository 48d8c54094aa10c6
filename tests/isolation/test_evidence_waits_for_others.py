"""An evidence file that waits for other services holds up nobody else's."""

import asyncio

import pytest

from chassis.aside import THREADS
from services.legal.api import evidence
from services.legal.evidence.bundle import Entry
from tests.legal.conftest import world
from tests.legal.world import LegalWorld

__all__ = ["world"]
Gathered = tuple[list[Entry], dict[str, str]]
PATH = "/v1/cases/c1/evidence"
CREDITORS = [f"c{number}" for number in range(THREADS + 1)]


async def test_more_files_than_threads_are_gathered_at_once(
    world: LegalWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, others = set[str](), asyncio.Event()
    all_wait = asyncio.Event()

    async def gather(
        _apis: object, creditor: str, _case: str
    ) -> tuple[list[Entry], dict[str, str]]:
        waiting.add(creditor)
        if len(waiting) == len(CREDITORS):
            all_wait.set()
        await others.wait()
        return [], {"account": "P-1"}

    monkeypatch.setattr(evidence, "gather", gather)
    async with world.client("manager", creditors=CREDITORS) as client:
        asked = [
            asyncio.create_task(client.get(PATH, params={"creditor": creditor}))
            for creditor in CREDITORS
        ]
        async with asyncio.timeout(60):
            await all_wait.wait()
        again = await client.get(PATH, params={"creditor": CREDITORS[0]})
        others.set()
        assert again.status_code == 429
        assert [(await one).status_code for one in asked] == [200] * len(CREDITORS)
