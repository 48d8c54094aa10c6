"""Limitation periods that end are told to whoever follows the legal topic."""

from datetime import date

import pytest

from contracts import dunning
from tests.legal.world import LegalWorld
from tests.support.service_world import ACCOUNT


@pytest.mark.parametrize("stage", ["near", "expired"])
async def test_the_end_of_a_limitation_period_is_told(world: LegalWorld, stage: str) -> None:
    reached = dunning.LimitationReached(
        account_id=ACCOUNT,
        case_id="C-1",
        item_id="INV-1",
        stage=stage,
        day=date(2026, 3, 10),
        ends_on=date(2026, 6, 8),
    )
    await world.publish(reached)
    await world.run()
    told = (await world.published("legal"))[-1]
    assert told.type == f"legal.limitation.{stage}.v1"
    assert (told.data.item_id, told.data.expires_on) == ("INV-1", date(2026, 6, 8))
    assert told.data.case_id == "C-1"
