"""What became of a notice reaches the case and its evidence, whichever way it is told."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from standardwebhooks.webhooks import Webhook

from arrears.billing import cloud_event
from arrears.evidence.verifying import verify
from arrears.upstream import send
from arrears.world import World, one_lane, open_world
from chassis.http.dev_keys import mint_token
from chassis.settings import Settings
from services.legal.evidence import bundle
from services.legal.evidence.gathering import gather
from services.notifier.settings import NotifierSettings
from tests.support.dialler import SECRET as DIALLER
from tests.support.dialler import Dialler
from tests.support.http_provider import served
from tests.support.sms_provider import SECRET, Provider

BEGINS = datetime(2026, 3, 4, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
WEBHOOK = "whsec_d2hhdCB0aGUgcHJvdmlkZXIgYW5kIHRoZSBub3RpZmllciBzaGFyZQ=="
ACCOUNTS = ("A-called", "A-asked", "A-noted")


async def reminded(world: World) -> dict[str, str]:
    """Three debtors who were reminded by text message; answers their notices."""
    await world.begin(BEGINS)
    body = {"name": "Acme", "time_zone": "Asia/Shanghai", "currency": "CNY", "policy": "mobile"}
    await world.apis.call("dunning", "PUT", "/v1/creditors/acme", json=body)
    debtor = {"name": "Li", "kind": "natural_person", "phones": ["+8613800100001"]}
    days = {"issued_on": "2026-03-01", "due_on": "2026-03-04"}
    simulation = world.simulation()
    await simulation.settle()
    for number, account in enumerate(ACCOUNTS):
        owed = {"invoice_id": f"I-{account}", "item": "calls", "amount": 9000, "currency": "CNY"}
        told: dict[str, dict[str, object]] = {
            "account.upserted.v1": {"debtor": debtor | {"phones": [f"+861380010000{number}"]}},
            "invoice.issued.v1": {**owed, **days},
        }
        events = [
            cloud_event(kind, creditor="acme", account=account, id=f"{kind}-{account}", at=BEGINS,
                        data={"account_id": account, **data}, source="tests")
            for kind, data in told.items()
        ]  # fmt: skip
        assert await send(world.apis, events) == []
    await simulation.settle()
    await simulation.run_until(BEGINS + timedelta(days=2))
    found = await world.apis.get("notifier", "/v1/notices", creditor="acme")
    assert len(found["items"]) == len(ACCOUNTS)
    assert {one["state"] for one in found["items"]} <= {"sent", "delivered"}
    return {one["account"]: one["notice_id"] for one in found["items"]}


async def call(world: World, notice_id: str) -> None:
    at = world.clock.now()
    body = json.dumps({"notice_id": notice_id, "result": "delivered"})
    headers = {
        "webhook-id": "call-1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(WEBHOOK).sign("call-1", at, body),
    }
    transport = httpx.ASGITransport(app=world.stack.services["notifier"].app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
        answer = await client.post("/v1/callbacks/sms", content=body, headers=headers)
    assert answer.status_code == 204


async def bundled(world: World, account: str) -> dict[str, Any]:
    """A case's evidence as it is handed out, by name; each proven by its bundle."""
    shown = await world.apis.get("dunning", f"/v1/accounts/{account}", creditor="acme")
    entries, about = await gather(world.apis, "acme", shown["case_id"])
    verify(*bundle.write(entries, about))
    return {one.name: one.content for one in entries}


async def test_a_result_reaches_the_case_and_its_evidence_by_each_way(tmp_path: Path) -> None:
    provider = Provider()
    async with await asyncio.start_server(provider.serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        own = NotifierSettings(
            outbox=tmp_path / "outbox",
            callback_secrets={"sms": WEBHOOK},
            sms_url=url,
            sms_key_id="acme",
            sms_secret=SECRET,
        )
        async with open_world(one_lane(Settings()), tmp_path, own={"notifier": own}) as world:
            notice_of = await reminded(world)
            await call(world, notice_of["A-called"])
            provider.book[notice_of["A-asked"]]["status"] = "failed"
            await world.apis.post(
                "notifier",
                "/v1/accounts/A-noted/deliveries",
                {"channel": "sms", "result": "returned"},
                creditor="acme",
            )
            await world.simulation().settle()
            for account, result in zip(ACCOUNTS, ("delivered", "failed", "returned"), strict=True):
                held = await bundled(world, account)
                notice = json.loads(held["notices/0001-reminder-sms.json"])
                assert notice["result"] == result
                happened = [
                    json.loads(content)
                    for name, content in held.items()
                    if name.startswith("timeline/")
                ]
                told = [one for one in happened if one["kind"] == "delivery_recorded"]
                assert [one["fields"]["result"] for one in told] == ["sent", result]


CALLS = """
id: one-call
version: 1
title: {zh: 电话, en: Calls}
for: tests
description: a call
source: none
steps:
  - {id: s1, source: x, when: {day: 1}, do: [{notice: {purpose: reminder, channels: [voice]}}]}
"""
OWN = "我们是{{ creditor }}。{{ name }}，您欠费{{ total }}。"


async def approved(world: World) -> None:
    """The creditor's own text of calls, by two people."""
    transport = httpx.ASGITransport(app=world.stack.services["notifier"].app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
        draft = {"language": "zh", "name": "reminder", "group": "voice", "text": OWN}
        decision = "/v1/templates/zh/reminder/voice/1/decision"
        for who, role, path, body in (
            ("ann", "finance", "/v1/templates", draft),
            ("bob", "manager", decision, {"outcome": "approved"}),
        ):
            token = mint_token(world.settings.data_dir, [role], ["acme"], who)
            headers = {"Authorization": f"Bearer {token}"}
            answer = await client.post(path, json=body, headers=headers)
            assert answer.is_success, answer.text


async def test_each_call_and_the_text_used_stand_in_the_evidence(tmp_path: Path) -> None:
    async with served(Dialler()) as dialler:
        own = NotifierSettings(
            outbox=tmp_path / "outbox",
            callback_secrets={"voice": DIALLER},
            voice_url=f"http://127.0.0.1:{dialler.port}",
            voice_secret=DIALLER,
            voice_callback_url="https://notifier/v1/callbacks/voice",
        )
        async with open_world(one_lane(Settings()), tmp_path, own={"notifier": own}) as world:
            await called(world)
            app = world.stack.services["notifier"].app
            (first,) = dialler.log
            told = await dialler.report(app, first, "no_answer", world.clock.now())
            assert told == 204
            await world.simulation().run_until(world.clock.now() + timedelta(days=1))
            second = dialler.log[-1]
            assert await dialler.report(app, second, "answered", world.clock.now()) == 204
            await world.simulation().settle()
            held = await bundled(world, "A-1")
    (notice,) = [json.loads(held[name]) for name in held if name.endswith("reminder-voice.json")]
    assert [one["result"] for one in notice["unanswered"]] == ["no_answer"]
    happened = [json.loads(held[name]) for name in held if name.startswith("timeline/")]
    fates = [one["fields"] for one in happened if one["kind"] == "delivery_recorded"]
    text = "*/zh/reminder.voice@1"
    assert [(one["result"], one["call"], one["template"]) for one in fates] == [
        ("sent", 1, text),
        ("no_answer", 1, None),
        ("sent", 2, text),
        ("delivered", None, None),
    ]


async def called(world: World) -> None:
    """One debtor was called."""
    await world.begin(BEGINS)
    body = {"name": "Acme", "time_zone": "Asia/Shanghai", "currency": "CNY"}
    await world.apis.call(
        "dunning", "PUT", "/v1/creditors/acme", json=body | {"policy_document": CALLS}
    )
    await approved(world)
    debtor = {"name": "Li", "kind": "natural_person", "phones": ["+8613800100001"]}
    owed = {"invoice_id": "I-1", "item": "calls", "amount": 9000, "currency": "CNY",
            "issued_on": "2026-03-01", "due_on": "2026-03-04"}  # fmt: skip
    events = [
        cloud_event(kind, creditor="acme", account="A-1", id=kind, at=BEGINS,
                    data={"account_id": "A-1", **data}, source="tests")
        for kind, data in (("account.upserted.v1", {"debtor": debtor}), ("invoice.issued.v1", owed))
    ]  # fmt: skip
    simulation = world.simulation()
    await simulation.settle()
    assert await send(world.apis, events) == []
    await simulation.settle()
    await simulation.run_until(BEGINS + timedelta(days=2))
