"""Which policy a running creditor follows takes two people, admins included."""

import re
from pathlib import Path
from typing import Any

import pytest

from chassis.settings import Settings
from services.dunning.main import build
from tests.dunning.app.world import START, World
from tests.security.test_an_admin_cannot_approve_what_they_proposed_as_another import SECOND
from tests.support.service_world import CREDITOR
from tests.support.verified import damage

URL = f"/v1/creditors/{CREDITOR}"
SET_UP = {"name": "Acme", "time_zone": "Asia/Shanghai", "currency": "CNY"}
WISHES: list[dict[str, Any]] = [
    {"policy": "mobile"},
    {"policy": "three-stage", "parameters": {"stop_day": 400}},
    {"policy_document": SECOND},
]


@pytest.mark.parametrize("role", ["manager", "admin"])
async def test_one_person_cannot_put_another_policy_in_force(
    role: str, database: str, tmp_path: Path
) -> None:
    async with World.open(build, database, START, tmp_path) as world, world.http:

        async def put(**given: Any) -> tuple[int, str]:
            headers = world.headers(role)
            answer = await world.http.put(URL, json=SET_UP | given, headers=headers)
            return answer.status_code, answer.text

        assert (await put(policy="three-stage"))[0] == 200, "the first is set in one call"
        for wish in WISHES:
            status, told = await put(**wish)
            assert (status, f"POST {URL}/policy-versions" in told) == (409, True)
        assert (await put(policy="three-stage", name="Acme & Sons"))[0] == 200
        shown = (await world.get(URL)).json()
        assert (shown["policy"], shown["parameters"], shown["name"]) == (
            "three-stage",
            {},
            "Acme & Sons",
        )


async def test_one_person_cannot_pass_another_text_off_as_the_one_in_force(
    database: str, tmp_path: Path
) -> None:
    async with World.open(build, database, START, tmp_path) as world, world.http:
        await world.set_up("three-stage")
        before = (await world.get(f"{URL}/policy")).json()
        told = f"same_as: [{before['content_hash']}]"
        text = re.sub(r"same_as: .*", told, before["document"])
        text = text.replace("service: all_service", "service: electricity")
        assert text.count(told) == text.count("electricity") == 1
        answer = await world.set_up(None, policy_document=text, name="Acme & Sons")
        assert answer.status_code == 409, answer.text
        assert (await world.get(f"{URL}/policy")).json() == before
        given = {"policy_document": text}
        answer = await world.post(f"{URL}/policy-versions", given, "manager")
        assert (answer.status_code, "a new version" in answer.text) == (409, True)


async def test_a_friend_in_the_database_cannot_put_another_policy_in_force_unseen(
    database: str, tmp_path: Path
) -> None:
    async with World.open(build, database, START, tmp_path) as world, world.http:
        await world.set_up(None, policy_document=SECOND)
        settings = Settings(data_dir=tmp_path, dunning_database_url=world.dsn)
        place = tmp_path / "auditor" / "place.json"
        assert await damage(settings, ["dunning"], place) == []
        in_force = (await world.get(f"{URL}/policy")).json()["content_hash"]
        await world.service.pool.execute(
            "update policy_documents set document = replace(document, 'all_service', 'electricity')"
        )
        assert await damage(settings, ["dunning"], place) == [
            f"dunning: the text of policy {in_force} was changed"
        ]
