"""Who has the database and the topics and guesses a name cannot prove the guess: no hash of a name,
nor of what was written to somebody, is one that anybody can compute.
"""

import contextlib
import json
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest

from arrears.billing import cloud_event
from arrears.scenario.worlds import open_scenario_world
from arrears.upstream import send
from arrears.world import World
from chassis.http.dev_keys import mint_token
from chassis.settings import ServiceName, Settings
from contracts.codec import BARE, Message, decode
from contracts.errors import UnknownType
from tests.system import traces

ZONE = ZoneInfo("Asia/Shanghai")
CREDITOR, ACCOUNT = "lender", "ZQ-7001"
GUARANTOR, RESPONSIBLE, COLLECTOR = "诸葛静姝", "Ms Chen", "Sancho Panza"
STAFF = "/v1/creditors/lender"
SIGNED = [{"name": "Chen", "role": "administration"}]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_scenario_world(Settings(), "embedded") as opened:
        await opened.begin(datetime(2026, 4, 1, tzinfo=ZONE))
        await _goes_on(opened)
        yield opened


async def _goes_on(world: World) -> None:
    """A debtor with a guarantor and somebody responsible is written to; a collector brings money;
    somebody applies for relief.
    """
    body = {
        "name": "Lender",
        "time_zone": ZONE.key,
        "currency": "CNY",
        "policy": "debt-recovery",
    }
    await world.apis.call("dunning", "PUT", STAFF, json=body)
    await world.simulation().settle()
    debtor = {"name": "欧阳漱玉", "kind": "natural_person", "addresses": ["青山县河东路1818号"]}
    guarantors = [{"name": GUARANTOR, "phone": "+8613787654321"}]
    profile = {"debtor": debtor, "guarantors": guarantors, "responsible": RESPONSIBLE}
    await _tell(world, "account.upserted.v1", **profile)
    loan = {"invoice_id": "I-1", "item": "loan", "amount": 2_350_000, "currency": "CNY"}
    due = {"issued_on": date(2026, 4, 1), "due_on": date(2026, 4, 15)}
    await _tell(world, "invoice.issued.v1", **loan, **due)
    started = {"started_on": "2026-03-01"}
    path = f"{STAFF}/collectors/{COLLECTOR}"
    await world.apis.call("dunning", "PUT", path, json=started)
    await world.simulation().run_until(datetime(2026, 4, 20, 10, tzinfo=ZONE))
    path = f"/v1/accounts/{ACCOUNT}/tasks/verify_debt/completion"
    await world.apis.post("dunning", path, {"result": "verified"}, creditor=CREDITOR)
    await world.simulation().run_until(datetime(2026, 5, 12, 10, tzinfo=ZONE))
    asked = {"purpose": "relief", "reason": "ill", "by": RESPONSIBLE}
    path = f"/v1/accounts/{ACCOUNT}/applications"
    await world.apis.post("dunning", path, asked, creditor=CREDITOR)
    await world.simulation().settle()


async def _tell(world: World, kind: str, **data: Any) -> None:
    event = cloud_event(
        kind,
        creditor=CREDITOR,
        account=ACCOUNT,
        id=kind,
        at=world.clock.now(),
        data={"account_id": ACCOUNT, **data},
        source="upstream",
    )
    assert await send(world.apis, [event]) == []
    await world.simulation().settle()


async def test_no_bare_hash_of_a_name_or_a_notice_is_kept_or_said(world: World) -> None:
    places = {"tables": await traces.tables(world), **await traces.topics(world)}
    notices = (await world.apis.get("notifier", "/v1/notices", creditor=CREDITOR))["items"]
    guesses = [GUARANTOR, RESPONSIBLE, COLLECTOR]
    for one in notices:
        path = f"/v1/notices/{one['notice_id']}"
        shown = await world.apis.get("notifier", path, creditor=CREDITOR)
        guesses += [f"{shown['subject']}\n{shown['text']}", f"\n{shown['text']}", shown["text"]]
        assert len(shown["content_hash"]) == 64
    assert notices
    assert traces.guessable(guesses, places) == set()
    await _is_found_by_name(world)
    await _nor_of_a_message_a_request_or_what_was_left_behind(world)


async def _is_found_by_name(world: World) -> None:
    """Whoever has the key finds people by their names as before."""
    path = f"{STAFF}/case-groups"
    groups = (await world.apis.get("dunning", path, by="guarantor"))["groups"]
    assert [(one["name"], one["cases"]) for one in groups] == [(GUARANTOR, 1)]


async def _nor_of_a_message_a_request_or_what_was_left_behind(world: World) -> None:
    goods = [{"description": "Stradivarius", "quantity": 1, "condition": "worn"}]
    left = {"number": "L-1", "place": "Room 7", "signed_by": SIGNED, "entries": goods}
    reason = {"reason": "lives with Rumpelstiltskin"}
    asked = f"/v1/accounts/{ACCOUNT}"
    content = [
        await _posted(world, "legal", f"{asked}/inventories", left),
        await _posted(world, "dunning", f"{asked}/hold", reason),
    ]
    await world.simulation().settle()
    (kept,) = (await world.apis.get("legal", f"{asked}/inventories", creditor=CREDITOR))[
        "inventories"
    ]
    content.append(msgspec.json.encode(kept["record"], order="deterministic"))
    told = [one for one in await _consumed(world) if one.creditor == CREDITOR]
    assert len(told) > 10
    places = {"tables": await traces.tables(world), **await traces.topics(world)}
    assert traces.guessable(content, places) == set()
    bare = {BARE.of(one).hex(): one.type for one in told}
    assert {kind for hashed, kind in bare.items() if hashed in places["tables"]} == set()


async def _posted(world: World, service: ServiceName, path: str, body: Any) -> bytes:
    """Send a body once and again under one key; answers what the service hashes of it."""
    sent, query = json.dumps(body).encode(), f"creditor={CREDITOR}"
    token = mint_token(world.settings.data_dir, ["admin"])
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"k-{service}"}
    headers["Content-Type"] = "application/json"
    transport = httpx.ASGITransport(app=world.stack.services[service].app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        for replayed in (None, "true"):
            answer = await client.post(f"{path}?{query}", content=sent, headers=headers)
            assert answer.is_success, answer.text
            assert answer.headers.get("Idempotency-Replayed") == replayed
    parts = path.encode(), query.encode(), sent
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


async def _consumed(world: World) -> list[Message]:
    """Whatever is on the topics that a service of ours reads."""
    messages = []
    for records in (await traces.records(world)).values():
        for record in records:
            with contextlib.suppress(UnknownType):
                messages.append(decode(record.value, record.headers))
    return messages
