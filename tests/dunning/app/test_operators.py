"""What people record and decide: who may, who did, and what follows."""

from datetime import date
from typing import Any

import pytest

from contracts import billing, dunning, ledger
from contracts.words.streams import Subject
from services.dunning.api.roles import ROLES_OF
from tests.dunning.app.world import World, local
from tests.support.service_world import CREDITOR

PLANTED = "王小明13800138000"


@pytest.fixture
async def overdue(world: World) -> World:
    await world.set_up("mobile")
    await world.knows(PLANTED)
    await world.owes(30_000, date(2026, 3, 8))
    await world.run_until(local(3, 18))
    return world


def shown(answer: Any) -> list[str]:
    assert answer.status_code == 201, answer.text
    return [entry["kind"] for entry in answer.json()["happened"]]


async def test_a_reason_somebody_gave_is_shown_with_who_gave_it(overdue: World) -> None:
    path = "/v1/accounts/P-1"
    await overdue.post(f"{path}/disputes", {"reason": "never used it"}, "collector", who="li")
    await overdue.post(f"{path}/hold", {"reason": "fire"}, "collector", who="wu")
    shown_reasons = {
        entry["kind"]: entry["fields"]["reason"]
        for entry in await overdue.timeline()
        if "reason" in entry["fields"]
    }
    assert shown_reasons == {
        "dispute_opened": {"by": "li", "text": "never used it"},
        "hold_placed": {"by": "wu", "text": "fire"},
    }


async def test_a_promise_pauses_the_case_and_names_who_took_it(overdue: World) -> None:
    body = {"amount": 30_000, "until": "2026-03-25", "note": "will pay after payday"}
    answer = await overdue.post("/v1/accounts/P-1/promises", body, "collector", who="li")
    assert shown(answer) == ["promise_made", "case_paused"]
    fields = next(e for e in await overdue.timeline() if e["kind"] == "promise_made")["fields"]
    assert (fields["amount"], fields["by"]) == (30_000, "2026-03-25")
    assert fields["note"] == {"by": "li", "text": "will pay after payday"}
    assert (await overdue.get("/v1/accounts/P-1/case")).json()["state"] == "paused"


async def test_a_broken_promise_raises_an_alert(overdue: World) -> None:
    await overdue.post("/v1/accounts/P-1/promises", {"amount": 30_000, "until": "2026-03-25"})
    await overdue.run_until(local(3, 26))
    alerts = [e for e in await overdue.timeline() if e["kind"] == "alert"]
    assert [(e["day"], e["fields"]["kind"]) for e in alerts] == [("2026-03-26", "promise_broken")]


async def test_a_dispute_is_opened_and_decided(overdue: World) -> None:
    opened = await overdue.post(
        "/v1/accounts/P-1/disputes", {"invoice_id": "INV-1", "reason": "never used it"}, "collector"
    )
    assert "dispute_opened" in shown(opened)
    body = {"outcome": "reduced", "amount": 10_000}
    assert (
        await overdue.post("/v1/accounts/P-1/disputes/resolution", body, "collector")
    ).status_code == 403
    asked = await overdue.post("/v1/accounts/P-1/disputes/resolution", body, "finance")
    second = f"/v1/proposals/{asked.json()['proposal']['proposal_id']}/decision"
    approved = await overdue.post(second, {"outcome": "approved"}, "finance", who="zhao")
    assert approved.status_code == 201
    told = [m.data for m in await overdue.of(dunning.DisputeResolved)]
    assert [(d.outcome, d.amount, d.item_ids) for d in told] == [("reduced", 10_000, ("INV-1",))]


async def test_who_asks_may_not_decide(overdue: World) -> None:
    path = "/v1/accounts/P-1"
    await overdue.post(f"{path}/applications", {"purpose": "hardship"}, "manager", who="wu")
    decision = {"purpose": "hardship", "outcome": "approved"}
    own = await overdue.post(f"{path}/decisions", decision, "manager", who="wu")
    assert own.status_code == 409
    assert "second person" in own.json()["detail"]
    other = await overdue.post(f"{path}/decisions", decision, "manager", who="zhao")
    assert {"application_decided", "classified", "restore"} <= set(shown(other))


async def test_an_application_waits_in_the_list_of_decisions(overdue: World) -> None:
    body = {"purpose": "hardship", "amount": 500}
    await overdue.post("/v1/accounts/P-1/applications", body)
    pending = (await overdue.get("/v1/decisions")).json()["items"]
    assert [(d["what"], d["purpose"], d["amount"]) for d in pending] == [
        ("application", "hardship", 500)
    ]
    decision = {"purpose": "hardship", "outcome": "rejected"}
    await overdue.post("/v1/accounts/P-1/decisions", decision, who="zhao")
    assert (await overdue.get("/v1/decisions")).json()["items"] == []
    assert len((await overdue.get("/v1/decisions", state="rejected")).json()["items"]) == 1


async def test_only_an_admin_acts_for_somebody_else(overdue: World) -> None:
    path, body = "/v1/accounts/P-1/hold", {"by": "zhao"}
    assert (await overdue.post(path, body, "manager")).status_code == 403
    placed = await overdue.post(path, body, "admin")
    assert placed.json()["happened"][0]["fields"]["by"] == "zhao"


async def test_a_hold_stops_everything_until_it_is_released(overdue: World) -> None:
    await overdue.post("/v1/accounts/P-1/hold", {"reason": "fire"}, "collector")
    before = len(await overdue.timeline())
    await overdue.run_until(local(4, 20))
    assert len(await overdue.timeline()) == before
    assert (await overdue.post("/v1/accounts/P-1/hold/release", {}, "collector")).status_code == 403
    await overdue.post("/v1/accounts/P-1/hold/release", {}, "manager")
    await overdue.run_until(local(4, 21))
    assert "step_taken" in [e["kind"] for e in (await overdue.timeline())[before:]]


async def test_a_released_hold_cannot_be_released_again(overdue: World) -> None:
    headers = overdue.headers("manager")
    url = f"/v1/accounts/P-1/hold?creditor={CREDITOR}"
    await overdue.post("/v1/accounts/P-1/hold", {})
    assert (await overdue.http.delete(url, headers=headers)).status_code == 200
    assert (await overdue.http.delete(url, headers=headers)).status_code == 409


@pytest.mark.parametrize(
    ("door", "body"),
    [
        ("promises", {"amount": 0, "until": "2026-03-25"}),
        ("promises", {"amount": 1.5, "until": "2026-03-25"}),
        ("promises", {"amount": 100, "until": "2026-03-25", "extra": 1}),
        ("plans", {"instalments": []}),
        ("disputes/resolution", {"outcome": "reduced"}),
        ("disputes/resolution", {"outcome": "upheld", "amount": 5}),
        ("observations", {"kind": "Not A Word"}),
    ],
)
async def test_bad_input_is_malformed(overdue: World, door: str, body: dict[str, Any]) -> None:
    answer = await overdue.post(f"/v1/accounts/P-1/{door}", body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_a_request_sent_twice_is_recorded_once(overdue: World) -> None:
    headers = {**overdue.headers("collector"), "Idempotency-Key": "reply-1"}
    url = f"/v1/accounts/P-1/replies?creditor={CREDITOR}"
    answers = [
        await overdue.http.post(url, json={"note": "hello"}, headers=headers) for _ in range(2)
    ]
    assert answers[0].content == answers[1].content
    replies = [e for e in await overdue.timeline() if e["kind"] == "reply_recorded"]
    assert len(replies) == 1


async def test_a_request_whose_answer_was_lost_in_a_crash_is_recorded_once(overdue: World) -> None:
    url = f"/v1/accounts/P-1/replies?creditor={CREDITOR}"
    headers = {**overdue.headers("collector"), "Idempotency-Key": "reply-1"}
    first = await overdue.http.post(url, json={"note": "hello"}, headers=headers)
    # As if the process had died after the commit and before the answer was stored.
    await overdue.service.pool.execute(
        "update idempotency set status = null, response = null, at = at - interval '1 hour'"
    )
    again = await overdue.http.post(url, json={"note": "hello"}, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert [e["kind"] for e in await overdue.timeline()].count("reply_recorded") == 1


async def test_an_account_nobody_told_of_is_not_made_up(overdue: World) -> None:
    assert (await overdue.post("/v1/accounts/P-2/replies", {})).status_code == 404
    assert (await overdue.get("/v1/accounts/P-2/timeline")).status_code == 404


async def test_every_change_is_refused_to_roles_that_may_not(overdue: World) -> None:
    doors = {
        "replies": {},
        "promises": {"amount": 1, "until": "2026-03-25"},
        "plans": {"instalments": [{"due_on": "2026-03-25", "amount": 1}]},
        "disputes": {},
        "disputes/resolution": {"outcome": "upheld"},
        "applications": {"purpose": "relief"},
        "decisions": {"purpose": "relief", "outcome": "approved"},
        "observations": {"kind": "fraud"},
        "hold": {},
        "hold/release": {},
        "tasks/visit/completion": {},
    }
    for door, body in doors.items():
        for role in ("auditor", "sre"):
            answer = await overdue.post(f"/v1/accounts/P-1/{door}", body, role)
            assert answer.status_code == 403, (door, role)


async def test_nothing_of_another_creditor_is_shown_or_changed(overdue: World) -> None:
    case = (await overdue.get("/v1/cases")).json()["items"][0]["case_id"]
    foreign = overdue.headers("admin", creditors=("bolt",))
    client = overdue.http
    paths = ["/v1/accounts/P-1", "/v1/accounts/P-1/case", "/v1/accounts/P-1/timeline"]
    for path in [*paths, f"/v1/creditors/{CREDITOR}", f"/v1/creditors/{CREDITOR}/timeline"]:
        answer = await client.get(path, params={"creditor": CREDITOR}, headers=foreign)
        assert answer.status_code == 403, path
    assert (await client.get(f"/v1/cases/{case}", headers=foreign)).status_code == 404
    for listing in ("/v1/cases", "/v1/tasks", "/v1/decisions"):
        assert (await client.get(listing, headers=foreign)).json()["items"] == []
    hold = await client.post(
        "/v1/accounts/P-1/hold", params={"creditor": CREDITOR}, json={}, headers=foreign
    )
    assert hold.status_code == 403


def test_nobody_but_people_who_decide_may_decide() -> None:
    assert set(ROLES_OF["decide"]) == {"finance", "legal", "manager"}
    assert "collector" not in ROLES_OF["resolve_dispute"]


async def test_after_erasure_nothing_shows_the_person(overdue: World) -> None:
    note = {"note": f"{PLANTED} called"}
    await overdue.post("/v1/accounts/P-1/replies", note)
    assert PLANTED in (await overdue.get("/v1/accounts/P-1/timeline")).text
    before = (await overdue.get("/v1/accounts/P-1")).json()["overdue"]
    await overdue.tell(ledger.AccountErasureConfirmed(account_id="P-1"))
    account = (await overdue.get("/v1/accounts/P-1")).json()
    timeline = await overdue.get("/v1/accounts/P-1/timeline")
    assert account["debtor"] == {"erased": True}
    assert account["overdue"] == before
    assert PLANTED not in timeline.text
    assert [e["erased"] for e in timeline.json()["items"] if e["kind"] == "reply_recorded"] == [
        True
    ]
    keys = await overdue.service.keys([Subject(CREDITOR, "P-1")])
    assert keys.is_erased(Subject(CREDITOR, "P-1"))


async def test_stored_rows_hold_no_name_before_erasure_either(overdue: World) -> None:
    await overdue.http.post(
        f"/v1/accounts/P-1/replies?creditor={CREDITOR}",
        json={"note": f"{PLANTED} called"},
        headers={**overdue.headers("collector"), "Idempotency-Key": "reply-1"},
    )
    pool = overdue.service.pool
    tables = await pool.fetch("select tablename from pg_tables where schemaname = 'dunning'")
    for (table,) in tables:
        rows = await pool.fetch(f"select t::text as row from {table} t")  # noqa: S608
        for row in rows:
            raw = row["row"]
            assert PLANTED not in raw, table
            assert PLANTED.encode().hex() not in raw, table


async def test_what_a_message_leaves_out_stays_known(overdue: World) -> None:
    await overdue.tell(billing.AccountUpserted(account_id="P-1", responsible="Ms Chen"))
    debtor = (await overdue.get("/v1/accounts/P-1")).json()["debtor"]
    assert (debtor["debtor"]["name"], debtor["responsible"]) == (PLANTED, "Ms Chen")


@pytest.mark.parametrize(
    ("door", "body"),
    [
        ("plans", {"instalments": [{"due": "2026-03-25", "amount": 100}]}),
        ("disputes", {"invoice": "INV-1"}),
        ("applications", {"for": "hardship"}),
    ],
)
async def test_the_older_name_of_a_field_is_still_taken(
    overdue: World, door: str, body: dict[str, Any]
) -> None:
    shown(await overdue.post(f"/v1/accounts/P-1/{door}", body))


async def test_a_hold_is_released_without_a_body(overdue: World) -> None:
    await overdue.post("/v1/accounts/P-1/hold", {})
    path = "/v1/accounts/P-1/hold/release"
    given = {"params": {"creditor": "acme"}, "headers": overdue.headers("manager")}
    assert shown(await overdue.http.post(path, **given)) == ["hold_released", "case_resumed"]


async def test_requests_messages_and_the_timeline_name_things_alike(overdue: World) -> None:
    path = "/v1/accounts/P-1"
    await overdue.post(f"{path}/applications", {"purpose": "hardship"}, who="li")
    plan = [{"due_on": "2026-03-25", "amount": 100}]
    await overdue.post(f"{path}/plans", {"instalments": plan})
    told = {m.type: m.data for m in await overdue.published("dunning")}
    assert told["dunning.application.made.v1"].purpose == "hardship"
    assert told["dunning.plan.agreed.v1"].instalments[0].due_on == date(2026, 3, 25)
    seen = {e["kind"]: e["fields"] for e in await overdue.timeline()}
    assert seen["application_made"]["purpose"] == "hardship"
    assert seen["plan_agreed"]["instalments"] == plan
