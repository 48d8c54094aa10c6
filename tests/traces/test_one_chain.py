"""From the request with a billing event to the SMS gateway and the document: one trace, through the
four services in two processes, in a receiver that nobody here wrote.
"""

import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.processes import System
from tests.support.topics import delete_topics
from tests.traces.gateway import gateway
from tests.traces.receiving import Received, Receiver
from tests.traces.told import PARENT, TRACE, UPSTREAM

SECONDS_MAX = 240.0
PACK = """
id: at-once
version: 1
title: {zh: 立即, en: At once}
for: testing
description: One text message and a complaint as soon as something is overdue.
source: none
contact: {from: "00:00", until: "24:00", contacts_max: 100, window_days: 1, calls_per_day_max: 1}
steps:
  - {id: call, source: none, when: {day: 300}, do: [task: {kind: phone_call, owner: collector}]}
reactions:
  - id: remind
    source: none
    on: {case: opened}
    do: [notice: {purpose: reminder, channels: [sms]}, legal: {document: complaint}]
"""
CHAIN = {
    "ledger": {"POST /v1/events/batch", "process billing", "send ledger"},
    "dunning": {"process billing", "process ledger", "send dunning"},
    "notifier": {"process dunning", "send notice", "send sms", "send notifier"},
    "legal": {"process dunning", "draw document", "file document", "send legal"},
}


@pytest.fixture
def provider() -> Iterator[tuple[str, list[str | None]]]:
    with gateway() as running:
        yield running


@pytest.fixture
def settings(
    database: str, receiver: Receiver, provider: tuple[str, list[str | None]]
) -> dict[str, str]:
    return {
        "database_url": database,
        "partitions": "2",
        "traces": receiver.url,
        "trace_ratio": "0",
        "notifier_sms_url": provider[0],
        "notifier_sms_secret": "shared by provider and notifier alone",
    }


@pytest.fixture
def embedded(settings: dict[str, str], tmp_path: Path) -> System:
    return System(tmp_path, **settings)


@pytest.fixture
async def on_kafka(
    settings: dict[str, str], kafka_bootstrap: str, tmp_path: Path
) -> AsyncIterator[System]:
    await delete_topics(kafka_bootstrap)
    yield System(tmp_path, **settings, bus="kafka", kafka_bootstrap=kafka_bootstrap)
    await delete_topics(kafka_bootstrap)


@pytest.fixture(params=["embedded", pytest.param("on_kafka", marks=pytest.mark.kafka)])
def system(request: pytest.FixtureRequest) -> System:
    found: System = request.getfixturevalue(request.param)
    found.environment["OTEL_BSP_SCHEDULE_DELAY"] = "200"
    assert found.arrears("migrate").returncode == 0
    return found


def _event(kind: str, account: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{kind}-{account}",
        "source": "test",
        "type": f"billing.{kind}.v1",
        "subject": account,
        "time": "2026-01-01T00:00:00Z",
        "creditor": "mobile",
        "data": {"account_id": account, **data},
    }


def _send_an_overdue_invoice(system: System, account: str, headers: dict[str, str]) -> None:
    debtor = {"name": "Zhang", "kind": "natural_person", "phones": ["+8613800138000"]}
    invoice = {
        "invoice_id": f"I-{account}",
        "item": "fee",
        "amount": 1_000,
        "currency": "CNY",
        "issued_on": "2026-01-01",
        "due_on": "2026-01-31",
    }
    events = [
        _event("account.upserted", account, {"debtor": debtor}),
        _event("invoice.issued", account, invoice),
    ]
    token = system.arrears("token", "--role", "upstream").stdout.strip()
    answer = httpx.post(
        f"http://127.0.0.1:{system.ports['ledger']}/v1/events/batch",
        content=json.dumps(events),
        headers={
            "authorization": f"Bearer {token}",
            "content-type": "application/cloudevents-batch+json",
            **headers,
        },
    )
    assert answer.status_code == 202, answer.text


def _names(spans: list[Received]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for span in spans:
        found[span.service].add(span.name)
    return found


def _is_whole(spans: list[Received]) -> bool:
    names = _names(spans)
    return all(wanted <= names[service] for service, wanted in CHAIN.items())


def test_a_billing_event_and_all_it_leads_to_are_one_trace(
    system: System, receiver: Receiver, provider: tuple[str, list[str | None]]
) -> None:
    with system.running("serve ledger dunning", "serve notifier legal"):
        body = {
            "name": "M", "time_zone": "Asia/Shanghai", "currency": "CNY", "policy_document": PACK,
        }  # fmt: skip
        system.call("dunning", "PUT", "/v1/creditors/mobile", "manager", body)
        _send_an_overdue_invoice(system, "A-2", {})
        _send_an_overdue_invoice(system, "A-1", {"traceparent": UPSTREAM})
        deadline = time.monotonic() + SECONDS_MAX
        while not (_is_whole(receiver.spans()) and len(provider[1]) == 2):
            assert time.monotonic() < deadline, (_names(receiver.spans()), system.log.read_text())
            time.sleep(0.2)
    spans = receiver.spans()
    assert {span.trace for span in spans} == {TRACE}
    known = {span.span for span in spans}
    assert len(known) == len(spans)
    assert {span.parent for span in spans} - known == {PARENT}, "every span hangs on another"
    assert all(span.attributes.get("arrears.account", "A-1") in {"A-1", "*"} for span in spans)
    (call,) = [span for span in spans if span.name == "send sms"]
    assert (call.kind, call.attributes["http.response.status_code"]) == ("client", 201)
    assert sorted(provider[1], key=str) == [f"00-{TRACE}-{call.span}-01", None]
    logged = [json.loads(line) for line in system.log.read_text().splitlines() if line[:1] == "{"]
    requests = [line for line in logged if line["event"] == "request"]
    (traced,) = [line for line in requests if line.get("trace_id") == TRACE]
    assert (traced["route"], traced["span_id"] in known) == ("/v1/events/batch", True)
