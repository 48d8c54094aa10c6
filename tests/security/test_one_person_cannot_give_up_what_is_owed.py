"""What takes money off a debt, or changes what a creditor reckons in, takes two people."""

import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.ledger import Accrual
from services.dunning.api.creditors import OPEN
from services.dunning.api.dunning import Dunning
from services.dunning.main import build
from tests.dunning.app.world import START, World
from tests.support.ledger_messages import item_state
from tests.support.service_world import CREDITOR

ACCOUNT = "/v1/accounts/P-1"
RESOLUTION = f"{ACCOUNT}/disputes/resolution"
OWED = 30_000


@pytest.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[World]:
    async with World.open(build, database, START, tmp_path) as opened, opened.http:
        await opened.set_up("three-stage")
        yield opened


@pytest.fixture
async def disputed(world: World) -> World:
    await world.owes(OWED, date(2026, 3, 8))
    await world.post(f"{ACCOUNT}/disputes", {"invoice_id": "INV-1"})
    return world


async def decide(world: World, proposal: str, who: str, **body: Any) -> int:
    path = f"/v1/proposals/{proposal}/decision"
    answer = await world.post(path, {"outcome": "approved", **body}, "finance", who=who)
    return answer.status_code


async def waiting(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.get("/v1/proposals")).json()["items"]
    return found


@pytest.mark.parametrize(
    "given", [{"outcome": "upheld"}, {"outcome": "reduced", "amount": OWED - 1}]
)
async def test_one_person_cannot_give_up_what_is_owed(
    disputed: World, given: dict[str, Any]
) -> None:
    answer = await disputed.post(RESOLUTION, given | {"reason": "friend"}, "finance", who="eve")
    assert (answer.status_code, answer.json()["happened"]) == (201, [])
    (proposal,) = await waiting(disputed)
    told = answer.json()["proposal"]
    assert told == proposal | {"asked": proposal["asked"] | {"reason": None}}
    assert (proposal["by"], proposal["subject"], proposal["kind"]) == ("eve",) * 2 + (
        "resolve_dispute",
    )
    assert proposal["asked"]["reason"] == "friend"
    assert await decide(disputed, proposal["proposal_id"], "eve") == 409
    assert "dispute_resolved" not in [e["kind"] for e in await disputed.timeline()]
    assert await decide(disputed, proposal["proposal_id"], "ann") == 201
    assert await decide(disputed, proposal["proposal_id"], "bob") == 409
    (entry,) = [e for e in await disputed.timeline() if e["kind"] == "dispute_resolved"]
    assert (entry["fields"]["by"], entry["fields"]["outcome"]) == ("eve", given["outcome"])
    recorded = entry["recorded_by"]
    assert (recorded["subject"], recorded["proposed_by"]) == ("ann", "eve")
    assert await waiting(disputed) == []


async def test_a_creditor_lets_one_person_decide_up_to_a_limit(disputed: World) -> None:
    assert (await disputed.set_up("three-stage", second_person_above=500)).status_code == 200
    (proposal,) = await waiting(disputed)
    assert proposal["kind"] == "set_up_creditor", "the limit itself takes two"
    path = f"/v1/proposals/{proposal['proposal_id']}/decision"
    assert (await disputed.post(path, {"outcome": "approved"}, "manager")).status_code == 409
    given = await disputed.post(path, {"outcome": "approved"}, "manager", who="bob")
    assert given.status_code == 201, given.text
    body = {"outcome": "reduced", "amount": OWED - 500}
    answer = await disputed.post(RESOLUTION, body, "finance", who="eve")
    assert "dispute_resolved" in [e["kind"] for e in answer.json()["happened"]]


async def test_one_person_cannot_give_up_a_late_fee_with_it(disputed: World) -> None:
    await disputed.set_up("three-stage", second_person_above=500)
    (proposal,) = await waiting(disputed)
    path = f"/v1/proposals/{proposal['proposal_id']}/decision"
    await disputed.post(path, {"outcome": "approved"}, "manager", who="bob")
    a_fifth: dict[str, Any] = {"accrued": "6000", "per_day": "0", "cap": OWED, "settled": 0}
    fee = Accrual(through=disputed.today, **a_fifth)
    item = item_state(OWED, date(2026, 3, 8), disputed.today, accrual=fee)
    await disputed.tell(disputed.ledger.balance("P-1", disputed.today, item), "P-1")
    for taken_off, waits in ((417, True), (416, False)):
        body = {"outcome": "reduced", "amount": OWED - taken_off}
        answer = await disputed.post(RESOLUTION, body, "finance", who="eve")
        assert (answer.json().get("proposal") is not None) == waits, answer.text
    (shown,) = await waiting(disputed)
    assert (shown["amount"], shown["asked"]["late_fee"]) == (417, 84)


async def test_one_person_cannot_give_it_up_in_parts(disputed: World) -> None:
    await disputed.set_up("three-stage", second_person_above=500)
    (proposal,) = await waiting(disputed)
    path = f"/v1/proposals/{proposal['proposal_id']}/decision"
    await disputed.post(path, {"outcome": "approved"}, "manager", who="bob")
    for taken_off, waits in ((500, False), (900, True)):
        body = {"outcome": "reduced", "amount": OWED - taken_off}
        answer = await disputed.post(RESOLUTION, body, "finance", who="eve")
        assert (answer.json().get("proposal") is not None) == waits, answer.text
        await disputed.post(f"{ACCOUNT}/disputes", {"invoice_id": "INV-1"})


async def test_no_more_is_given_up_than_the_second_person_read(disputed: World) -> None:
    await disputed.post(RESOLUTION, {"outcome": "upheld"}, "finance", who="eve")
    (proposal,) = await waiting(disputed)
    assert proposal["amount"] == OWED
    await disputed.owes(OWED + 98_000, date(2026, 3, 8))
    assert await decide(disputed, proposal["proposal_id"], "ann") == 409
    assert "dispute_resolved" not in [e["kind"] for e in await disputed.timeline()]
    assert await decide(disputed, proposal["proposal_id"], "ann", outcome="rejected") == 201


async def test_who_approves_an_application_cannot_grant_more_than_was_asked(
    disputed: World,
) -> None:
    for_ = {"purpose": "waive_late_fee"}
    await disputed.post(f"{ACCOUNT}/applications", for_ | {"amount": 1}, "collector", who="carl")
    for amount, status in ((99_999, 409), (1, 201)):
        given = for_ | {"outcome": "approved", "amount": amount}
        answer = await disputed.post(f"{ACCOUNT}/decisions", given, "manager", who="mia")
        assert answer.status_code == status, answer.text


async def test_one_person_cannot_move_a_creditors_clock_or_change_its_currency(
    world: World,
) -> None:
    await world.set_up("three-stage", time_zone="Europe/Berlin")
    await world.set_up("three-stage", time_zone="Europe/Berlin")
    (proposal,) = await waiting(world)
    shown = (await world.get(f"/v1/creditors/{CREDITOR}")).json()
    assert shown["time_zone"] == "Asia/Shanghai"
    path = f"/v1/proposals/{proposal['proposal_id']}/decision"
    assert (await world.post(path, {"outcome": "rejected"}, "manager")).status_code == 201
    await world.owes(OWED, date(2026, 3, 8))
    refused = await world.set_up("three-stage", currency="EUR")
    assert (refused.status_code, "nothing is open" in refused.text) == (409, True)
    await world.set_up("three-stage", time_zone="Asia/Tokyo")
    (proposal,) = await waiting(world)
    assert proposal["asked"]["changes"] == ["zone"]
    await world.set_up("three-stage", name="Acme & Sons")
    path = f"/v1/proposals/{proposal['proposal_id']}/decision"
    assert (await world.post(path, {"outcome": "approved"}, "manager", who="b")).status_code == 201
    shown = (await world.get(f"/v1/creditors/{CREDITOR}")).json()
    assert (shown["time_zone"], shown["name"]) == ("Asia/Tokyo", "Acme & Sons")


async def test_a_decision_does_not_take_back_what_was_set_up_at_the_same_moment(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.set_up("three-stage", second_person_above=500)
    (limit,) = await waiting(world)
    assert await decide(world, limit["proposal_id"], "bob") == 403
    path = f"/v1/proposals/{limit['proposal_id']}/decision"
    read = Dunning.pack

    async def and_meanwhile(dunning: Dunning, creditor: str) -> Any:
        found = await read(dunning, creditor)
        monkeypatch.undo()
        await world.set_up("three-stage", name="Acme & Sons")
        return found

    monkeypatch.setattr(Dunning, "pack", and_meanwhile)
    statuses = [
        (await world.post(path, {"outcome": "approved"}, "manager", who="b")).status_code
        for _ in range(2)
    ]
    assert statuses == [409, 201]
    shown = (await world.get(f"/v1/creditors/{CREDITOR}")).json()
    assert (shown["second_person_above"], shown["name"]) == (500, "Acme & Sons")


async def test_two_people_cannot_make_money_that_waits_worth_more_by_another_currency(
    world: World,
) -> None:
    settled = item_state(OWED, date(2026, 3, 8), world.today, principal=0)
    fee = item_state(OWED, date(2026, 3, 8), world.today, principal=0, state="open")
    wishes: list[dict[str, Any]] = [{"prepaid": 5000}, {"items": (fee,)}]
    for open_by in wishes:
        told = world.ledger.balance("P-2", world.today, **open_by)
        await world.tell(told, "P-2")
        refused = await world.set_up("three-stage", currency="EUR")
        assert (refused.status_code, "nothing is open" in refused.text) == (409, True), open_by
    await world.tell(world.ledger.balance("P-2", world.today, settled), "P-2")
    assert (await world.set_up("three-stage", currency="EUR")).status_code == 200
    assert len(await waiting(world)) == 1


async def test_one_person_cannot_have_everybody_erased_tomorrow(world: World) -> None:
    await world.set_up("three-stage", retention_days=1)
    (proposal,) = await waiting(world)
    path = f"/v1/proposals/{proposal['proposal_id']}/decision"
    assert (await world.post(path, {"outcome": "approved"}, "manager", who="b")).status_code == 201
    kept: list[int | None] = []
    for days in (400, None, 400):  # for longer, for ever, and not for ever after all
        await world.set_up("three-stage", retention_days=days)
        shown = (await world.get(f"/v1/creditors/{CREDITOR}")).json()
        kept.append(shown["retention_days"])
    assert kept == [400, None, None]
    assert len(await waiting(world)) == 1


async def test_what_is_open_is_found_without_looking_at_those_who_do_not(world: World) -> None:
    pool = world.service.pool
    await pool.execute(
        "insert into view_accounts (creditor, account) "
        "select 'acme', 'Q-' || n from generate_series(1, 20000) n"
    )
    await pool.execute("analyze view_accounts")
    (plan,) = await pool.fetchrow(f"explain (analyze, format json) {OPEN}", "acme")
    found = json.loads(plan)[0]["Plan"]["Plans"][0]
    assert found["Node Type"] in {"Index Scan", "Index Only Scan"}
    assert found.get("Rows Removed by Filter", 0) == 0


async def test_an_outsider_sees_and_decides_nothing_that_waits(disputed: World) -> None:
    await disputed.post(RESOLUTION, {"outcome": "upheld"}, "finance", who="eve")
    (proposal,) = await waiting(disputed)
    path = f"/v1/proposals/{proposal['proposal_id']}"
    others = disputed.headers("manager", creditors=["other"], who="mallory")
    body = {"outcome": "approved"}
    answers = [
        await disputed.http.get(path, headers=others),
        await disputed.http.post(f"{path}/decision", json=body, headers=others),
        await disputed.http.get("/v1/proposals", headers=others),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 200]
    assert answers[-1].json()["items"] == []
    assert (await disputed.post(f"{path}/decision", body, "collector", who="c")).status_code == 403
