"""One token is one person, whatever names its requests give."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

import services.dunning.policies
from services.dunning import main as dunning
from tests.dunning.app.world import START, World
from tests.support.service_world import CREDITOR

TEXT = Path(next(iter(services.dunning.policies.__path__))).joinpath("three-stage.yaml").read_text()
SECOND = TEXT.replace("version: 1", "version: 2", 1)
VERSIONS = f"/v1/creditors/{CREDITOR}/policy-versions"
ACCOUNT = "/v1/accounts/P-1"
NAMES = [
    pytest.param({"by": "alice"}, {"by": "bob"}, "eve", id="two invented names"),
    pytest.param({}, {"by": "bob"}, "eve", id="an invented name"),
    pytest.param({"by": "bob"}, {}, "bob", id="a name of one's own given by another"),
]


@pytest.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[World]:
    async with World.open(dunning.build, database, START, tmp_path) as world:
        await world.set_up("three-stage")
        yield world


@pytest.mark.parametrize(("proposing", "deciding", "decider"), NAMES)
async def test_an_admin_cannot_approve_what_they_proposed_as_another(
    world: World, proposing: dict[str, str], deciding: dict[str, str], decider: str
) -> None:
    given = {"policy_document": SECOND, **proposing}
    answer = await world.post(VERSIONS, given, who="eve")
    proposal = answer.json()["happened"][0]["fields"]["proposal_id"]
    path, body = f"{VERSIONS}/{proposal}/decision", {"outcome": "approved", **deciding}
    refused = await world.post(path, body, who=decider)
    assert (refused.status_code, "second person" in refused.text) == (409, True)
    approved = await world.post(path, body | {"by": "cat"}, who="cat")
    assert approved.status_code == 201, approved.text


@pytest.mark.parametrize(("asking", "deciding", "decider"), NAMES)
async def test_an_admin_cannot_grant_what_they_applied_for_as_another(
    world: World, asking: dict[str, str], deciding: dict[str, str], decider: str
) -> None:
    await world.owes(30_000, date(2026, 3, 8))
    await world.post(f"{ACCOUNT}/applications", {"purpose": "relief", **asking}, who="eve")
    decision = {"purpose": "relief", "outcome": "approved", "amount": 100, **deciding}
    refused = await world.post(f"{ACCOUNT}/decisions", decision, who=decider)
    assert (refused.status_code, "second person" in refused.text) == (409, True)
    granted = await world.post(f"{ACCOUNT}/decisions", decision | {"by": "cat"}, who="cat")
    assert granted.status_code == 201, granted.text
