"""A write-off that nobody applied for takes two people, each with the role the policy asks for."""

from datetime import date
from pathlib import Path

from services.dunning.main import build
from tests.dunning.app.world import START, World, local
from tests.security.test_an_admin_cannot_approve_what_they_proposed_as_another import TEXT
from tests.support.service_world import CREDITOR

DECISIONS = "/v1/accounts/P-1/decisions"
GIVE_UP = {"purpose": "give_up", "outcome": "approved"}
VERSIONS = f"/v1/creditors/{CREDITOR}/policy-versions"
SECOND = TEXT.replace("version: 1", "version: 2", 1)
STOP = "      - restrict: {service: all_service}"
WHEN = "when: {day: $stop_day}"
HOPELESS = """\
reactions:
  - id: hopeless
    source: "1"
    on: {observation: hopeless}
    do:
      - approval: {for: give_up, by: manager, then: [{write_off: {}}]}
"""


async def test_one_person_cannot_write_a_debt_off(database: str, tmp_path: Path) -> None:
    text = TEXT.replace(WHEN, f"{WHEN}\n    approval: {{for: give_up}}").replace(
        STOP, "      - write_off: {}"
    )
    async with World.open(build, database, START, tmp_path) as world, world.http:
        assert (await world.set_up(policy=None, policy_document=text)).status_code == 200
        await world.owes(30_000, date(2026, 3, 8))
        await world.run_until(local(4, 9))
        asked = await world.post(DECISIONS, GIVE_UP, "manager", who="eve")
        assert (asked.status_code, asked.json()["happened"]) == (201, [])
        assert asked.json()["proposal"]["amount"] == 30_000
        path = f"/v1/proposals/{asked.json()['proposal']['proposal_id']}/decision"
        body = {"outcome": "approved"}
        assert (await world.post(path, body, "manager", who="eve")).status_code == 409
        assert (await world.post(path, body, "finance", who="bob")).status_code == 403
        before = [entry["kind"] for entry in await world.timeline()]
        assert "write_off_approved" not in before
        await world.owes(90_000, date(2026, 3, 8))  # more than bob read
        assert (await world.post(path, body, "manager", who="bob")).status_code == 409
        await world.owes(30_000, date(2026, 3, 8))
        assert (await world.post(path, body, "manager", who="bob")).status_code == 201
        timeline = await world.timeline()
    (decided,) = [entry for entry in timeline if entry["kind"] == "approval_decided"]
    assert decided["recorded_by"]["subject"] == "bob"
    assert (decided["fields"]["by"], decided["recorded_by"]["proposed_by"]) == ("eve", "eve")
    assert "write_off_approved" in [entry["kind"] for entry in timeline]


async def test_one_person_cannot_have_a_policy_write_debts_off_unasked(
    database: str, tmp_path: Path
) -> None:
    async with World.open(build, database, START, tmp_path) as world, world.http:
        unasked = TEXT.replace(STOP, "      - write_off: {}")
        refused = await world.set_up(policy=None, policy_document=unasked)
        assert (refused.status_code, "nobody approves this write-off" in refused.text) == (
            422,
            True,
        )
        await world.set_up("three-stage")
        body = {"policy_document": SECOND.replace(STOP, "      - write_off: {}")}
        refused = await world.post(VERSIONS, body, "manager")
        line = next(
            i for i, row in enumerate(body["policy_document"].splitlines(), 1) if "write_off" in row
        )
        assert refused.status_code == 422
        assert f"policy_document:{line}: " in refused.text
        assert "nobody approves this write-off" in refused.text


async def test_who_may_not_approve_a_write_off_cannot_grant_an_application_for_it(
    database: str, tmp_path: Path
) -> None:
    async with World.open(build, database, START, tmp_path) as world, world.http:
        answer = await world.set_up(policy=None, policy_document=TEXT + HOPELESS)
        assert answer.status_code == 200, answer.text
        await world.owes(30_000, date(2026, 3, 8))
        await world.run_until(local(3, 10))
        await world.post("/v1/accounts/P-1/observations", {"kind": "hopeless"}, "collector")
        applied = {"purpose": "give_up"}
        await world.post("/v1/accounts/P-1/applications", applied, "sales", who="eve")
        refused = await world.post(DECISIONS, GIVE_UP, "finance", who="bob")
        assert (refused.status_code, "manager" in refused.text) == (403, True)
        assert "write_off_approved" not in [entry["kind"] for entry in await world.timeline()]
        granted = await world.post(DECISIONS, GIVE_UP, "manager", who="mia")
        assert granted.status_code == 201, granted.text
        assert "write_off_approved" in [entry["kind"] for entry in await world.timeline()]


async def test_who_grants_an_application_does_not_approve_what_that_leads_to(
    database: str, tmp_path: Path
) -> None:
    granted = HOPELESS.replace(
        "{observation: hopeless}", "{application: {for: give_up, outcome: approved}}"
    )
    async with World.open(build, database, START, tmp_path) as world, world.http:
        await world.set_up(policy=None, policy_document=TEXT + granted)
        await world.owes(30_000, date(2026, 3, 8))
        await world.run_until(local(3, 10))
        applied = {"purpose": "give_up"}
        await world.post("/v1/accounts/P-1/applications", applied, "sales", who="eve")
        assert (await world.post(DECISIONS, GIVE_UP, "finance", who="bob")).status_code == 201
        kinds = [entry["kind"] for entry in await world.timeline()]
        assert "approval" in kinds
        assert "write_off_approved" not in kinds
