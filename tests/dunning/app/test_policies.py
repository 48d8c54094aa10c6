"""Policy versions over HTTP: proposed, checked, approved by another, and the cases that follow."""

from datetime import date
from pathlib import Path

import pytest

import services.dunning.policies
from tests.dunning.app.world import World, local
from tests.support.service_world import CREDITOR

TEXT = Path(next(iter(services.dunning.policies.__path__))).joinpath("three-stage.yaml").read_text()
VERSIONS = f"/v1/creditors/{CREDITOR}/policy-versions"
SECOND = TEXT.replace("version: 1", "version: 2", 1)


@pytest.fixture
async def owing(world: World) -> World:
    """A case opened under version 1 of the three-stage policy."""
    await world.set_up("three-stage")
    await world.owes(30_000, date(2026, 3, 8))
    await world.run_until(local(3, 10))
    return world


async def proposed(world: World, **body: object) -> str:
    given = {"policy_document": SECOND, "reason": "the board said so", **body}
    answer = await world.post(VERSIONS, given, "manager", who="ann")
    assert answer.status_code == 201, answer.text
    proposal: str = answer.json()["happened"][0]["fields"]["proposal_id"]
    return proposal


async def decided(world: World, proposal: str, who: str, outcome: str = "approved") -> int:
    body = {"outcome": outcome}
    return (
        await world.post(f"{VERSIONS}/{proposal}/decision", body, "manager", who=who)
    ).status_code


async def case_id(world: World, account: str = "P-1") -> str:
    answer = await world.get(f"/v1/accounts/{account}")
    found: str = answer.json()["case_id"]
    return found


async def test_cases_opened_after_the_approval_follow_the_new_version(owing: World) -> None:
    proposal = await proposed(owing)
    assert await decided(owing, proposal, "ann") == 409
    assert await decided(owing, proposal, "bob") == 201
    await owing.owes(500, date(2026, 3, 15), account="P-2", item="INV-2")
    await owing.run_until(local(3, 17))
    versions = {}
    for account in ("P-1", "P-2"):
        shown = (await owing.get(f"/v1/cases/{await case_id(owing, account)}/policy")).json()
        versions[account] = (shown["version"], shown["document"])
    assert versions == {"P-1": (1, TEXT), "P-2": (2, SECOND)}


async def test_a_case_is_moved_on_purpose_with_its_reason_in_the_timeline(owing: World) -> None:
    assert await decided(owing, await proposed(owing), "bob") == 201
    url = f"/v1/cases/{await case_id(owing)}/policy"
    assert (await owing.post(url, {}, "manager")).status_code == 422
    assert (await owing.post(url, {"reason": "agreed"}, "collector")).status_code == 403
    moved = await owing.post(url, {"reason": "agreed"}, "manager", who="cat")
    assert moved.status_code == 201, moved.text
    shown = (await owing.get(url)).json()
    assert (shown["version"], [one["version"] for one in shown["before"]]) == (2, [1])
    (row,) = (await owing.get("/v1/cases")).json()["items"]
    assert row["policy_version"] == 2
    entry = next(e for e in await owing.timeline() if e["kind"] == "case_policy_changed")
    assert (entry["fields"]["by"], entry["fields"]["note"]["text"]) == ("cat", "agreed")
    assert (await owing.post(url, {"reason": "again"}, "manager")).status_code == 409


async def test_a_faulty_proposal_is_refused_with_line_and_field(owing: World) -> None:
    text = SECOND.replace("day: $stop_day", "day: $nothing")
    answer = await owing.post(VERSIONS, {"policy_document": text}, "manager")
    assert answer.status_code == 422
    assert "policy_document:" in answer.json()["detail"]
    assert "nothing" in answer.json()["detail"]


async def test_proposals_are_listed_with_who_and_why(owing: World) -> None:
    assert await decided(owing, await proposed(owing), "bob", "rejected") == 201
    await proposed(owing)
    shown = (await owing.get(VERSIONS)).json()
    history = [(h["what"], h["by"], h["reason"]) for h in shown["history"]]
    assert history == [
        ("proposed", "ann", "the board said so"),
        ("rejected", "bob", None),
        ("proposed", "ann", "the board said so"),
    ]
    assert shown["in_force"]["version"] == 1
    assert len(shown["waiting"]) == 1


async def test_figures_alone_may_change_without_a_new_version(owing: World) -> None:
    body = {"policy_document": None, "policy": "three-stage", "parameters": {"stop_day": 45}}
    assert await decided(owing, await proposed(owing, **body), "bob") == 201
    shown = (await owing.get(f"/v1/creditors/{CREDITOR}")).json()
    assert shown["parameters"] == {"stop_day": "45"}


async def test_the_ledger_hears_the_terms_of_a_case_and_the_new_ones_once_it_is_moved(
    world: World,
) -> None:
    async def move() -> int:
        url = f"/v1/cases/{await case_id(world)}/policy"
        return (await world.post(url, {"reason": "new rate"}, "manager")).status_code

    await world.set_up("property-service")
    await world.owes(30_000, date(2026, 3, 8))
    await world.run_until(local(3, 10))
    figures = {"late_fee_rate": 0.001, "unmatched_days": 9, "minimum_overdue": 500}
    body = {"policy_document": None, "policy": "property-service", "parameters": figures}
    assert await decided(world, await proposed(world, **body), "bob") == 201
    assert await move() == 201
    told = await world.published("dunning")
    opened = next(m.data for m in told if m.type == "dunning.case.opened.v1")
    moved = next(m.data for m in told if m.type == "dunning.case.policy_changed.v1")
    terms = [m.data for m in told if m.type == "dunning.terms.published.v1"]
    assert opened.terms.late_fee.rate_per_day == "0.0005"
    assert (moved.terms.late_fee.rate_per_day, moved.day) == ("0.001", date(2026, 3, 10))
    assert moved.case_id == opened.case_id
    assert {(t.unmatched_days, t.minimum_overdue) for t in terms} == {(6, 0), (9, 500)}
