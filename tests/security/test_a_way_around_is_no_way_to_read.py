"""What a request that asks for something else lets somebody read is no more than their role does,
and is recorded as any reading.
"""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.dunning.main import build
from tests.dunning.app.world import START, World
from tests.support.service_world import CREDITOR

OWED = 30_000


@pytest.fixture
async def dunning(database: str, tmp_path: Path) -> AsyncIterator[World]:
    async with World.open(build, database, START, tmp_path) as opened, opened.http:
        await opened.set_up("post-office")
        yield opened


async def records(world: World) -> list[tuple[str, list[str], int]]:
    items = (await world.get("/v1/access-records", "auditor", limit=100)).json()["items"]
    return [(one["subject"], one["accounts"], one["status"]) for one in items]


async def test_upstream_cannot_read_what_is_owed_from_what_it_tells(dunning: World) -> None:
    await dunning.owes(OWED, date(2026, 3, 8))
    told: dict[str, Any] = {"kind": "plate_seen", "note": "at the barrier"}
    path = "/v1/accounts/P-1/observations"
    answer = await dunning.post(path, told, "upstream", who="meter")
    assert (answer.status_code, answer.json()["happened"]) == (201, [])
    contact = {"agency": "court", "reference": "c-1", "channel": "sms", "at": START.isoformat()}
    answer = await dunning.post("/v1/accounts/P-1/contacts", contact, "upstream", who="meter")
    assert (answer.status_code, answer.json()["happened"]) == (201, [])
    answer = await dunning.post(path, told | {"kind": "absconded"}, "collector")
    assert [one["kind"] for one in answer.json()["happened"]][:1] == ["observation_recorded"]


async def test_a_refusal_that_names_who_owes_is_recorded(dunning: World) -> None:
    await dunning.knows("张三", responsible="李四")
    await dunning.owes(OWED, date(2026, 3, 8))
    path = f"/v1/creditors/{CREDITOR}/clearances"
    answer = await dunning.post(path, {"responsible": "李四"}, "finance", who="fred")
    assert (answer.status_code, "P-1" in answer.text) == (409, True)
    assert ("fred", ["P-1"], 409) in await records(dunning)


async def test_a_refusal_under_another_path_is_recorded_as_the_accounts(dunning: World) -> None:
    await dunning.owes(OWED, date(2026, 3, 8))
    refused = await dunning.set_up("post-office", currency="EUR")
    assert (refused.status_code, "P-1" in refused.text) == (409, True)
    assert ("ann", ["P-1"], 409) in await records(dunning)
    await dunning.post("/v1/accounts/P-1/disputes", {"invoice_id": "INV-1"})
    asked = {"outcome": "upheld", "reason": "late"}
    waits = await dunning.post("/v1/accounts/P-1/disputes/resolution", asked, "finance")
    await dunning.owes(OWED + 1, date(2026, 3, 8))
    path = f"/v1/proposals/{waits.json()['proposal']['proposal_id']}/decision"
    answer = await dunning.post(path, {"outcome": "approved"}, "finance", who="fred")
    assert answer.status_code == 409
    assert ("fred", ["P-1"], 409) in await records(dunning)
