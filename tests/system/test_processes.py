"""Services in two processes that share a database and a bus: an invoice becomes a notice."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chassis.settings import SERVICES
from tests.support.processes import System
from tests.support.topics import delete_topics

NOTICE_SECONDS_MAX = 120.0
PARTITIONS = 2
PHONE = "+8613800138000"
PACK = """
id: at-once
version: 1
title: {zh: 立即, en: At once}
for: testing
description: One text message as soon as something is overdue.
source: none
contact: {from: "00:00", until: "24:00", contacts_max: 100, window_days: 1, calls_per_day_max: 1}
steps:
  - {id: call, source: none, when: {day: 300}, do: [task: {kind: phone_call, owner: collector}]}
reactions:
  - id: remind
    source: none
    on: {case: opened}
    do: [notice: {purpose: reminder, channels: [sms]}]
"""


@pytest.fixture
def embedded(database: str, tmp_path: Path) -> System:
    return System(tmp_path, database_url=database, partitions=str(PARTITIONS))


@pytest.fixture
async def on_kafka(database: str, kafka_bootstrap: str, tmp_path: Path) -> AsyncIterator[System]:
    await delete_topics(kafka_bootstrap)
    yield System(
        tmp_path,
        database_url=database,
        partitions=str(PARTITIONS),
        bus="kafka",
        kafka_bootstrap=kafka_bootstrap,
    )
    await delete_topics(kafka_bootstrap)


@pytest.fixture(params=["embedded", pytest.param("on_kafka", marks=pytest.mark.kafka)])
def system(request: pytest.FixtureRequest) -> System:
    found: System = request.getfixturevalue(request.param)
    return found


def _event(kind: str, data: dict[str, Any]) -> str:
    event = {
        "specversion": "1.0",
        "id": kind,
        "source": "test",
        "type": f"billing.{kind}.v1",
        "subject": "A-1",
        "time": "2026-01-01T00:00:00Z",
        "datacontenttype": "application/json",
        "creditor": "mobile",
        "data": {"account_id": "A-1", **data},
    }
    return json.dumps(event)


def _send_an_overdue_invoice(system: System) -> None:
    body = {"name": "M", "time_zone": "Asia/Shanghai", "currency": "CNY", "policy_document": PACK}
    system.call("dunning", "PUT", "/v1/creditors/mobile", "manager", body)
    debtor = {"name": "Zhang", "kind": "natural_person", "phones": [PHONE]}
    invoice = {
        "invoice_id": "I-1",
        "item": "fee",
        "amount": 1_000,
        "currency": "CNY",
        "issued_on": "2026-01-01",
        "due_on": "2026-01-31",
    }
    file = system.folder / "events.jsonl"
    lines = [_event("account.upserted", {"debtor": debtor}), _event("invoice.issued", invoice)]
    file.write_text("\n".join(lines))
    published = system.arrears("publish", str(file))
    assert published.stdout.strip() == "2 accepted, 0 refused", published.stderr


def _notice(system: System) -> str:
    deadline = time.monotonic() + NOTICE_SECONDS_MAX
    while not (files := list((system.folder / "data" / "outbox").glob("*/*/sms/*.txt"))):
        assert time.monotonic() < deadline, system.log.read_text()
        time.sleep(0.1)
    return files[0].read_text()


def test_an_invoice_becomes_a_notice_across_processes(system: System) -> None:
    with system.running("serve ledger dunning", "serve notifier legal"):
        ready = {name: system.readiness(name)["lanes"] for name in SERVICES}
        assert ready == {name: list(range(PARTITIONS)) for name in SERVICES}
        _send_an_overdue_invoice(system)
        assert f"To: {PHONE}" in _notice(system)


def test_a_process_of_one_service_leaves_the_ports_of_the_others(embedded: System) -> None:
    with embedded.running("serve ledger", "serve legal", "serve dunning", "serve notifier"):
        assert all(embedded.readiness(name) for name in SERVICES)


def test_a_service_nobody_knows_is_named(embedded: System) -> None:
    refused = embedded.arrears("serve", "ledger", "leger")
    assert refused.returncode == 2
    assert "no service is called 'leger'" in refused.stderr
