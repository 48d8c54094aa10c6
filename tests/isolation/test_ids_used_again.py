"""An id that is used again once its first use is over and forgotten: a row is there already."""

import pytest

from services.legal.domain import evolve
from tests.legal.conftest import world as legal
from tests.legal.world import LegalWorld
from tests.notifier.conftest import open_world
from tests.notifier.conftest import world as notifier
from tests.notifier.world import World
from tests.support.debtor_world import DebtorWorld

__all__ = ["legal", "notifier", "open_world"]
_LETTERS = "select count(*) from dead_letters where state = 'parked'"


async def _rows(world: DebtorWorld, role: str, path: str) -> list[tuple[str, str, str]]:
    async with world.client(role) as client:
        rows = (await client.get(path)).json()["items"]
    assert await world.service.pool.fetchval(_LETTERS) == 0
    return [(row["state"], row["reason"], row["step"]) for row in rows]


async def test_a_notice_asked_for_under_the_id_of_one_that_was_not_sent_is_shown(
    notifier: World,
) -> None:
    await notifier.debtor()
    await notifier.request(version=await notifier.owes(0))
    await notifier.run()
    assert await _rows(notifier, "manager", "/v1/notices") == [("suppressed", "cleared", "s1")]
    await notifier.request(version=await notifier.owes(5000), step="s2")
    await notifier.run()
    assert await _rows(notifier, "manager", "/v1/notices") == [("sent", "", "s2")]


async def test_a_document_asked_for_under_the_id_of_one_long_refused_is_shown(
    legal: LegalWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evolve, "DOCUMENTS_KEPT_MAX", 1)
    await legal.debtor()
    version = await legal.owes(0)
    await legal.asks("L-1", version=version)
    await legal.asks("L-2", version=version)
    await legal.run()
    refused = ("refused", "cleared", "s4")
    assert await _rows(legal, "legal", "/v1/documents") == [refused, refused]
    await legal.asks("L-1", version=await legal.owes(830000), step="s5")
    await legal.run()
    assert await _rows(legal, "legal", "/v1/documents") == [("issued", "", "s5"), refused]
