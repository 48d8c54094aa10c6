"""Whoever approves a policy reads its very text, and texts nobody may propose are not kept."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.dunning.domain.creditor.terms import policy_ref
from services.dunning.library import Library, PackText
from services.dunning.main import build
from services.dunning.policy.load import loads
from tests.dunning.app.world import START, World
from tests.security.test_an_admin_cannot_approve_what_they_proposed_as_another import (
    SECOND,
    TEXT,
    VERSIONS,
)

_TEXTS = "select count(*) from policy_documents"


@pytest.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[World]:
    async with World.open(build, database, START, tmp_path) as opened, opened.http:
        await opened.set_up("three-stage")
        yield opened


async def test_a_manager_cannot_have_a_policy_approved_unread(world: World) -> None:
    changed = SECOND.replace("title:", "# harmless, says the author\ntitle:", 1)
    body = {"policy_document": changed, "parameters": {"stop_day": 45}}
    answer = await world.post(VERSIONS, body, "manager")
    proposal = answer.json()["happened"][0]["fields"]["proposal_id"]
    shown = (await world.get(f"{VERSIONS}/{proposal}", "manager")).json()
    assert (shown["document"], shown["state"], shown["in_force"]["version"]) == (
        changed,
        "waiting",
        1,
    )
    assert shown["sha256"] == hashlib.sha256(changed.encode()).hexdigest()
    different = shown["difference"].splitlines()
    assert {"+# harmless, says the author", "-version: 1", "+version: 2"} <= set(different)
    assert "+# with stop_day: 45" in different
    assert (await world.get(f"{VERSIONS}/nothing", "manager")).status_code == 404


async def test_what_is_carried_out_is_the_text_that_is_shown(world: World) -> None:
    shown, pool = loads(SECOND), world.service.pool
    await Library().keep(pool, PackText(shown, SECOND))
    evil = SECOND.replace("{service: all_service}", "{service: electricity}")
    same = {"content_hash": shown.content_hash}  # as somebody with time could find two of them
    elsewhere = Library()
    await elsewhere.keep(pool, PackText(loads(evil).model_copy(update=same), evil))
    assert elsewhere.get(policy_ref(shown)).steps == shown.steps != loads(evil).steps


async def test_a_text_that_may_not_be_proposed_is_not_kept(world: World) -> None:
    pool = world.service.pool
    before = await pool.fetchval(_TEXTS)
    other = TEXT.replace("stop_day: {default: 31", "stop_day: {default: 32", 1)
    assert other != TEXT
    of_another = {"policy_document": SECOND, "by": "alice"}
    assert (await world.post(VERSIONS, of_another, "manager")).status_code == 403
    assert (await world.post(VERSIONS, {"policy_document": other}, "manager")).status_code == 409
    assert (await world.set_up(policy=None, policy_document=SECOND)).status_code == 409
    assert await pool.fetchval(_TEXTS) == before
