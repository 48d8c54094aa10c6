"""A creditor's short period does not erase who had processing restricted, or owes, in time: what
dunning said is over is looked at again before it is carried out.
"""

from datetime import date

import pytest

from contracts import billing, dunning, ledger
from contracts.words.streams import Subject
from services.ledger import erasures
from services.ledger.domain.erasure import BY_RETENTION
from tests.ledger.conftest import World, world  # noqa: F401 - the fixture
from tests.support.service_world import CREDITOR

ACCOUNT = "1"
DAY = date(2026, 1, 1)
OVER = dunning.RetentionEnded(account_id=ACCOUNT, closed_on=DAY, days=30)
HELD = dunning.HoldPlaced(account_id=ACCOUNT, hold_id="h-1")
TOLD = billing.AccountUpserted(
    account_id=ACCOUNT, debtor=billing.DebtorPart(name="Ms Li", kind="natural_person")
)


async def became(world: World) -> list[tuple[str, bool]]:  # noqa: F811
    """What became of each erasure, as the ledger lists it, and whether it was carried out."""
    async with world.client() as client:
        answer = await client.get(f"/v1/creditors/{CREDITOR}/erasures")
    return [(one["status"], one["erased_at"] is not None) for one in answer.json()["items"]]


@pytest.fixture
async def closed(world: World) -> World:  # noqa: F811
    """An account that was paid."""
    await world.terms()
    await world.tell(TOLD)
    await world.invoice("i-1", 100, DAY)
    await world.pay("p-1", 100)
    return world


async def test_a_hold_in_the_last_moment_keeps_the_file(closed: World) -> None:
    await closed.publish(OVER)
    await closed.tell(HELD)
    assert await became(closed) == [("refused", False)]
    assert await closed.of(ledger.AccountErasureConfirmed) == []
    await closed.tell(OVER)  # said again once the hold was released, and its time was over
    assert await became(closed) == [("refused", False), ("confirmed", True)]


async def test_a_debt_in_the_last_moment_keeps_the_file(closed: World) -> None:
    who = Subject(CREDITOR, ACCOUNT)
    await erasures.order(closed.service, who, BY_RETENTION, "closed for long")
    await closed.invoice("i-2", 100, DAY)
    assert await became(closed) == [("refused", False)]
    assert await closed.of(ledger.AccountErasureConfirmed) == []


async def test_what_a_person_ordered_is_carried_out(closed: World) -> None:
    who = Subject(CREDITOR, ACCOUNT)
    await erasures.order(closed.service, who, "Ann", "she asked for it")
    await closed.publish(HELD)
    await closed.invoice("i-2", 100, DAY)
    assert await became(closed) == [("confirmed", True)]
