"""The committed samples are what their generator writes, and what the demonstration promises."""

import json
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.codec import decode
from samples.generate import files

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
PACKS = ROOT / "services" / "dunning" / "policies"


def events() -> list[dict[str, Any]]:
    lines = [
        line for path in sorted(SAMPLES.glob("*.jsonl")) for line in path.read_bytes().splitlines()
    ]
    return [json.loads(line) for line in lines]


def due_on(invoice: dict[str, Any]) -> str:
    """The due date, where the pack sets it seven days after the invoice."""
    pack_sets = date.fromisoformat(invoice["issued_on"]) + timedelta(days=7)
    return str(invoice.get("due_on", pack_sets))


def paid_invoice(payment: dict[str, Any]) -> str:
    """The invoice that a payment P-<invoice>-<number> is for."""
    return "-".join(str(payment["payment_id"]).split("-")[1:3])


@pytest.mark.parametrize(
    ("name", "content"), list(files()), ids=lambda v: v if isinstance(v, str) else ""
)
def test_generating_again_gives_the_committed_bytes(name: str, content: bytes) -> None:
    assert (SAMPLES / name).read_bytes() == content


def test_there_is_a_creditor_for_every_pack_and_300_accounts_with_2000_to_2500_events() -> None:
    found = events()
    kinds = Counter(event["type"] for event in found)
    assert {event["creditor"] for event in found} == {path.stem for path in PACKS.glob("*.yaml")}
    assert kinds["billing.account.upserted.v1"] == 300
    assert 2_000 <= len(found) <= 2_500


def test_the_first_three_creditors_are_the_biggest() -> None:
    accounts = Counter(
        event["creditor"] for event in events() if event["type"] == "billing.account.upserted.v1"
    )
    biggest = {name for name, _ in accounts.most_common(3)}
    assert biggest == {"county-hospital", "mobile", "service-company"}


def test_every_creditor_gets_some_money_late() -> None:
    found = events()
    due = {
        (event["creditor"], event["data"]["invoice_id"]): due_on(event["data"])
        for event in found
        if event["type"] == "billing.invoice.issued.v1"
    }
    late = {
        event["creditor"]
        for event in found
        if event["type"] == "billing.payment.received.v1"
        and event["data"]["received_at"][:10] > due[event["creditor"], paid_invoice(event["data"])]
    }
    assert late == {event["creditor"] for event in found}


def test_every_event_keeps_to_its_contract() -> None:
    for event in events():
        assert decode(json.dumps(event).encode()).creditor == event["creditor"]


def test_every_event_has_an_identity_of_its_own() -> None:
    identities = [(event["source"], event["id"]) for event in events()]
    assert len(identities) == len(set(identities))
