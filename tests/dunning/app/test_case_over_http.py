"""A case of the county hospital's policy, from the first day overdue, as the API shows it."""

from datetime import date
from typing import Any

import pytest

from tests.dunning.app.world import World, local
from tests.support.service_world import CREDITOR


@pytest.fixture
async def overdue(world: World) -> World:
    """An account that is overdue since 9 March; 10:00 on 20 March: three steps were taken."""
    await world.set_up()
    await world.knows("张三")
    await world.owes(830_000, date(2026, 3, 8))
    await world.run_until(local(3, 20))
    return world


def kinds(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["kind"] for entry in entries]


async def test_a_step_says_why_it_was_taken(overdue: World) -> None:
    steps = [e for e in await overdue.timeline() if e["kind"] == "step_taken"]
    assert [(e["step"], e["day"]) for e in steps] == [
        ("reminder", "2026-03-09"),
        ("demand", "2026-03-15"),
        ("withhold_care", "2026-03-18"),
    ]
    assert steps[2]["why"] == (
        "step withhold_care on 2026-03-18: day 10 reached, nothing pauses; "
        "policy county-hospital v1"
    )


async def test_effects_have_their_kind_and_fields(overdue: World) -> None:
    entries = await overdue.timeline()
    notices = [e["fields"] for e in entries if e["kind"] == "notice"]
    restricted = [e["fields"] for e in entries if e["kind"] == "restrict"]
    assert [(n["purpose"], n["channel"]) for n in notices] == [
        ("reminder", "sms"),
        ("reminder", "voice"),
        ("demand", "letter"),
    ]
    assert [r["service"] for r in restricted] == ["non_emergency_care"]


async def test_the_case_is_shown_with_its_timeline_and_what_comes_next(overdue: World) -> None:
    row = (await overdue.get("/v1/cases")).json()["items"][0]
    case = (await overdue.get(f"/v1/cases/{row['case_id']}")).json()
    assert (case["state"], case["last_step"], case["policy"]) == (
        "open",
        "withhold_care",
        "county-hospital",
    )
    assert "step_taken" in kinds(case["timeline"])
    assert case["debtor"]["debtor"]["name"] == "张三"
    ahead = [one for one in case["next"] if one["step"] == "court"]
    assert ahead[0]["when"].startswith("2026-04-07T01:00:00")
    assert "complaint" in ahead[0]["what"]


async def test_paying_closes_the_case_and_restores_the_service(overdue: World) -> None:
    await overdue.owes(830_000, date(2026, 3, 8), left=0)
    assert kinds(await overdue.timeline())[-2:] == ["restore", "case_closed"]
    stands = [
        (await overdue.get("/v1/accounts/P-1/case", as_of=day)).json()["state"]
        for day in ("2026-03-08", "2026-03-09", "2026-03-19", "2026-03-20")
    ]
    assert stands == ["none", "open", "open", "closed"]
    assert (await overdue.get("/v1/accounts/P-1/case")).json()["state"] == "closed"


async def test_messages_carry_the_policy_the_reason_and_the_ledger_version(overdue: World) -> None:
    told = [m for m in await overdue.published("dunning") if m.subject == "P-1"]
    restriction = next(m for m in told if m.type == "dunning.restriction.requested.v1")
    opened = next(m for m in told if m.type == "dunning.case.opened.v1")
    assert (restriction.data.policy, restriction.data.step) == ("county-hospital", "withhold_care")
    assert restriction.data.ledger_version == 1
    assert "day 10" in restriction.data.reason
    assert (opened.data.overdue, opened.data.currency) == (830_000, "CNY")
    assert restriction.correlationid == opened.data.case_id


async def test_the_terms_go_to_every_lane(world: World) -> None:
    await world.set_up()
    terms = [m for m in await world.published("dunning") if m.type == "dunning.terms.published.v1"]
    assert len(terms) == world.bus.partitions
    assert {(m.data.creditor, m.data.due_days, m.data.policy) for m in terms} == {
        (CREDITOR, 7, "county-hospital")
    }


async def test_cases_are_filtered_sorted_and_paged(world: World) -> None:
    await world.set_up()
    for number in range(5):
        await world.owes(100 + number, date(2026, 3, 1 + number), account=f"P-{number}")
    await world.run_until(local(3, 20))
    await world.post("/v1/accounts/P-3/hold", {})
    paused = (await world.get("/v1/cases", state="paused")).json()["items"]
    assert [c["account"] for c in paused] == ["P-3"]
    assert paused[0]["paused_for"] == ["hold"]
    assert (await world.get(f"/v1/cases/{paused[0]['case_id']}")).json()["phase"] == "paused"
    assert (await world.get("/v1/accounts/P-4/case")).json()["phase"] == "running"
    assert (await world.get("/v1/accounts/nobody/case")).json()["phase"] is None
    assert (await world.get("/v1/cases", policy="mobile")).json()["items"] == []
    for sort in ("opened", "oldest_due", "next", "account"):
        seen: list[str] = []
        cursor: str | None = None
        while True:
            query = {"cursor": cursor} if cursor else {}
            answer = (await world.get("/v1/cases", sort=sort, limit=2, **query)).json()
            seen += [c["account"] for c in answer["items"]]
            cursor = answer["next"]
            if cursor is None:
                break
        assert sorted(seen) == [f"P-{n}" for n in range(5)], sort
        if sort in {"oldest_due", "account"}:
            assert seen == sorted(seen)


async def test_a_creditor_task_is_on_the_work_list_and_can_be_completed(world: World) -> None:
    await world.set_up()
    await world.run_until(local(3, 6))
    tasks = (await world.get("/v1/tasks", "finance", owner="finance")).json()["items"]
    assert [(t["kind"], t["account"], t["requested_on"]) for t in tasks] == [
        ("report_upward", None, "2026-03-05")
    ]
    path = f"/v1/tasks/{tasks[0]['task_id']}/completion"
    assert (await world.post(path, {"result": "done"}, "collector")).status_code == 403
    done = await world.post(path, {"result": "done"}, "finance", who="fang")
    assert done.json()["happened"][0]["fields"]["by"] == "fang"
    assert (await world.get("/v1/tasks", owner="finance")).json()["items"] == []
    timeline = (await world.get(f"/v1/creditors/{CREDITOR}/timeline")).json()["items"]
    assert [e["kind"] for e in timeline if e["day"] == "2026-03-05"] == [
        "calendar_run",
        "task",
        "report",
    ]


async def test_the_stored_report_holds_what_was_overdue_then(world: World) -> None:
    await world.set_up()
    await world.owes(5_000, date(2026, 3, 2))
    await world.run_until(local(3, 6))
    await world.owes(5_000, date(2026, 3, 2), left=0)
    path = f"/v1/creditors/{CREDITOR}/reports/arrears_register"
    stored = (await world.get(path, as_of="2026-03-05")).json()["values"]
    drawn = (await world.get(path, as_of="2026-03-04")).json()["values"]
    now = (await world.get(path)).json()["values"]
    assert [v["overdue"]["principal"] for v in (stored, drawn, now)] == [5_000, 5_000, 0]


async def test_a_running_case_keeps_the_policy_it_began_with(overdue: World) -> None:
    await overdue.set_up("mobile")
    await overdue.run_until(local(4, 10))
    steps = [e["step"] for e in await overdue.timeline() if e["kind"] == "step_taken"]
    assert steps == ["reminder", "demand", "withhold_care", "court"]
    documents = [e["fields"]["document"] for e in await overdue.timeline() if e["kind"] == "legal"]
    assert documents == ["complaint"]
