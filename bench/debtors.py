"""Debtors of a number each, and what upstream says of them: the account, an overdue invoice, and
the payment of it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import orjson

from arrears.billing import Event, cloud_event
from chassis.bus.base import Outgoing, lane_of

Kind = Literal["account", "invoice", "payment"]

NOTIFIED = "bench"
"""The creditor whose debtors get a text message as soon as something is overdue."""
RESTRICTED = "bench-restricting"
"""The creditor whose debtors' calls are barred as soon as something is overdue."""
PARTITIONS = 4
_AMOUNT = 1_000
_DAYS_OVERDUE = 3
_DUE_DAYS = 30
_FIRST_PHONE = 13_800_000_000
_PHONE = re.compile(rb"^To: \+86(\d+)", re.MULTILINE)
_PACK = """
id: at-once
version: 1
title: {{zh: 立即, en: At once}}
for: measuring
description: What is done as soon as something is overdue.
source: none
contact: {{from: "00:00", until: "24:00", contacts_max: 100, window_days: 1, calls_per_day_max: 1}}
steps:
  - {{id: s1, source: none, when: {{day: 300}}, do: [task: {{kind: phone_call, owner: collector}}]}}
reactions:
  - {{id: r1, source: none, on: {{case: opened}}, do: [{action}]}}
"""
PACKS = {
    NOTIFIED: _PACK.format(action="notice: {purpose: reminder, channels: [sms]}"),
    RESTRICTED: _PACK.format(action="restrict: {service: outgoing}"),
}
"""Each creditor's policy."""


def message(kind: Kind, creditor: str, debtor: int) -> Outgoing:
    """What upstream says of a debtor."""
    event = _EVENTS[kind](creditor, debtor)
    key = f"{creditor}/{event['subject']}".encode()
    return Outgoing("billing", lane_of(key, PARTITIONS), key, orjson.dumps(event))


def debtor_of_account(account: str) -> int:
    """Whose account it is."""
    return int(account.removeprefix("A"))


def debtor_of_notice(text: bytes) -> int:
    """Whom a text message in the outbox goes to."""
    found = _PHONE.search(text)
    if found is None:
        raise RuntimeError("a notice names no telephone")
    return int(found[1]) - _FIRST_PHONE


def _account(creditor: str, debtor: int) -> Event:
    person = {
        "name": f"Debtor {debtor}",
        "kind": "natural_person",
        "phones": [f"+86{_FIRST_PHONE + debtor}"],
    }
    return _event("account.upserted.v1", creditor, debtor, {"debtor": person})


def _invoice(creditor: str, debtor: int) -> Event:
    due_on = _today() - timedelta(days=_DAYS_OVERDUE)
    figures = {"item": "fee", "amount": _AMOUNT, "currency": "CNY"}
    dates = {"issued_on": due_on - timedelta(days=_DUE_DAYS), "due_on": due_on}
    said = {"invoice_id": f"I{debtor}", **figures, **dates}
    return _event("invoice.issued.v1", creditor, debtor, said)


def _payment(creditor: str, debtor: int) -> Event:
    figures = {"amount": _AMOUNT, "currency": "CNY", "method": "transfer"}
    said = {"payment_id": f"P{debtor}", "received_at": datetime.now(UTC), **figures}
    return _event("payment.received.v1", creditor, debtor, said)


_EVENTS: Mapping[Kind, Callable[[str, int], Event]] = {
    "account": _account,
    "invoice": _invoice,
    "payment": _payment,
}


def _event(kind: str, creditor: str, debtor: int, data: Mapping[str, Any]) -> Event:
    account = f"A{debtor}"
    return cloud_event(
        kind,
        creditor=creditor,
        account=account,
        id=f"{kind}-{debtor}",
        at=datetime.now(UTC),
        data={"account_id": account, **data},
        source="bench",
    )


def _today() -> date:
    return datetime.now(UTC).date()
