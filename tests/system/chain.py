"""What makes a message of every service: an overdue invoice, and the notice that comes of it."""

import json
import time
from typing import Any

from tests.support.packs import AT_ONCE
from tests.support.processes import System

NOTICE_SECONDS_MAX = 120.0
PHONE = "+8613800138000"


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


def send_an_overdue_invoice(system: System) -> None:
    creditor = {"name": "M", "time_zone": "Asia/Shanghai", "currency": "CNY"}
    body = {**creditor, "policy_document": AT_ONCE}
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


def notice(system: System) -> str:
    deadline = time.monotonic() + NOTICE_SECONDS_MAX
    while not (files := list((system.folder / "data" / "outbox").glob("*/*/sms/*.txt"))):
        assert time.monotonic() < deadline, system.log.read_text()
        time.sleep(0.1)
    return files[0].read_text()
