"""Progress in court, and the term of a judgment."""

from datetime import UTC, datetime
from typing import Any

from tests.legal.world import LegalWorld
from tests.support.service_world import ACCOUNT
from tests.support.stored import data_of

PATH = f"/v1/accounts/{ACCOUNT}/matter"


async def _progress(world: LegalWorld, role: str = "legal", **body: Any) -> tuple[int, Any]:
    async with world.client(role) as client:
        answer = await client.post(f"{PATH}/progress", json=body)
    return answer.status_code, answer.json()


async def _owing(world: LegalWorld) -> None:
    await world.debtor()
    await world.asks(version=await world.owes(830000))
    await world.run()


async def _term(world: LegalWorld) -> str:
    async with world.client("legal") as client:
        (row,) = (await client.get("/v1/matters")).json()["items"]
    term: str = row["term"]
    return term


async def test_progress_is_kept_and_told(world: LegalWorld) -> None:
    await _owing(world)
    status, shown = await _progress(world, step="filed", note="立案庭张法官")
    assert status == 200
    assert shown["stage"] == "filed"
    assert shown["progress"][0]["note"] is None
    async with world.client("legal") as client:
        (row,) = (await client.get(PATH)).json()["progress"]
    assert (row["step"], row["note"], row["day"]) == ("filed", "立案庭张法官", "2026-03-10")
    async with world.client("finance") as client:
        assert (await client.get(PATH)).json()["progress"][0]["note"] is None
    await world.run()
    told = (await world.published("legal"))[-1]
    assert (told.type, told.data.step) == ("legal.matter.progressed.v1", "filed")
    assert told.data.case_id == "C-1"
    stored = await world.service.pool.fetch("select data from events")
    assert not [data for data in data_of(stored) if "张法官".encode() in data]


async def test_progress_of_an_account_without_a_matter_opens_one(world: LegalWorld) -> None:
    await world.run()
    await _progress(world, step="settled", amount=5000)
    await world.run()
    assert await world.told() == ["matter.opened.v1", "matter.progressed.v1"]


async def test_a_judgment_has_a_term_that_runs_out(world: LegalWorld) -> None:
    await _owing(world)
    _, shown = await _progress(world, step="judgment", amount=830000)
    assert shown["progress"][0]["pay_by"] == "2026-03-20"
    await world.run(datetime(2026, 3, 20, 15, 59, tzinfo=UTC))
    assert await _term(world) == "running"
    await world.run(datetime(2026, 3, 20, 16, 0, tzinfo=UTC))
    assert await _term(world) == "expired"
    async with world.client("legal") as client:
        found = (await client.get("/v1/matters", params={"term": "expired"})).json()["items"]
    assert [one["account"] for one in found] == [ACCOUNT]


async def test_a_judgment_that_is_paid_in_time_is_met(world: LegalWorld) -> None:
    await _owing(world)
    await _progress(world, step="judgment", amount=830000, pay_by="2026-03-31")
    await world.owes(0)
    await world.run(datetime(2026, 4, 1, tzinfo=UTC))
    assert await _term(world) == "met"


async def test_the_enforcement_application_names_the_judgment(world: LegalWorld) -> None:
    await _owing(world)
    await _progress(world, step="judgment", amount=830000)
    await world.asks("L-2", version=1, document="enforcement_application")
    await world.run()
    text = (world.documents / "acme/2026-03-10/enforcement_application-L-2.txt").read_text()
    assert "2026年3月10日就申请人与被申请人之间" in text
    assert "履行期限已于2026年3月20日届满" in text


async def test_a_collector_may_not_record_progress(world: LegalWorld) -> None:
    status, _ = await _progress(world, "collector", step="filed")
    assert status == 403


async def test_an_unknown_step_is_refused_by_name(world: LegalWorld) -> None:
    status, shown = await _progress(world, step="appealed")
    assert status == 422
    assert "step" in str(shown)
