"""Whatever is stored can be published: every event of every service, with lists, ids and amounts as
large as commands allow, makes messages that the bus takes and that fit their contracts.
"""

import json
import random
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from chassis.errors import NotFound, Rejected
from chassis.runtime.outgoing import Publish, to_bus
from chassis.store.stored import Stored
from contracts.base import AMOUNT_MAX
from contracts.codec import SIZE_MAX, decode
from contracts.export import published
from services.dunning.publish import publish as tell_of_dunning
from services.ledger.domain import commands as c
from services.ledger.publish import publish as tell_of_ledger
from services.legal.publish import publish as tell_of_legal
from services.notifier.publish import publish as tell_of_notifier
from tests.ledger.account_book import Book, days, terms
from tests.stored.aggregates import AGGREGATES
from tests.stored.test_stored import SAMPLES
from tests.support.published import AT

PUBLISH: Mapping[str, Publish] = {
    "dunning": tell_of_dunning,
    "ledger": tell_of_ledger,
    "legal": tell_of_legal,
    "notifier": tell_of_notifier,
}
SCHEMAS = {name: Draft202012Validator(schema) for name, schema in published().items()}
LONG = "L" * 128
LIST_MAX = {"instalments": 600, "closed_days": 2000, "languages": 2, "with_owners": 10}
MANY = 2100
AMOUNTS = frozenset({"amount", "principal", "late_fee", "total", "overdue", "paid", "due"})
NAMED = frozenset({"item", "hold_id", "payment_id", "notice_id", "document_id", "promise_id"})
CODES = {
    "currency": "CNY",
    "starts": "due",
    "allocation": "charges_first",
    "purpose": "demand",
    "channel": "letter",
    "recipients": "each_other",
    "document": "complaint",
    "stage": "near",
    "step": "judgment",
    "month": "2026-11",
    "from_hour": "08:00",
    "until_hour": "20:00",
    "sha256": "0" * 64,
    "zone": "Asia/Shanghai",
}
"""What stands in a sample for a word that only some are allowed for."""
OF_TYPE = {
    "notice_suppressed": {"reason": "cleared"},
    "DisputeOpened": {"kind": "objection"},
    "DisputeResolved": {"outcome": "upheld"},
    "ApprovalDecided": {"outcome": "approved"},
    "ApplicationDecided": {"outcome": "approved"},
}
DAY = date(2026, 3, 2)


def require_published(service: str, stream: str, event: Any) -> None:
    """Publish an event as the relay does, and read what came of it."""
    stored = Stored(stream, 10**9, "", AT, "c" * 256, event, lane=0, position=1)
    for number, outgoing in enumerate(PUBLISH[service](stored)):
        for message in to_bus(
            outgoing, stored=stored, number=number, service=service, epoch="e" * 32, partitions=2
        ):
            assert len(message.value) <= SIZE_MAX
            kind = decode(message.value, message.headers).type
            SCHEMAS[kind].validate(json.loads(message.value))


def worded(value: Any, codes: Mapping[str, str], name: str = "") -> Any:
    """An event's data with words that its fields allow."""
    if isinstance(value, dict):
        return {key: worded(one, codes, key) for key, one in value.items()}
    if isinstance(value, list):
        return [worded(one, codes, name) for one in value]
    return codes.get(name, value) if value == "text" else value


def grown(value: Any, name: str = "") -> Any:
    """An event's data with every list, id and amount as large as it may be."""
    if isinstance(value, dict):
        return {key: grown(one, key) for key, one in value.items()}
    if isinstance(value, list):
        inner = [one if isinstance(one, list) else grown(one, name) for one in value]
        return _grown_list(inner, LIST_MAX.get(name, MANY))
    if isinstance(value, int) and not isinstance(value, bool) and name in AMOUNTS:
        return AMOUNT_MAX
    if isinstance(value, str) and (name in NAMED or name == "item_ids"):
        return LONG
    return value


def _grown_list(entries: list[Any], length: int) -> list[Any]:
    if not entries or len(entries) >= length:
        return entries
    return [entries[number % len(entries)] for number in range(length)]


OTHERS = [sample for sample in SAMPLES if sample["service"] != "ledger"]


@pytest.mark.parametrize("sample", OTHERS, ids=lambda s: f"{s['service']} {s['type']}")
def test_every_event_of_a_service_can_be_published(sample: dict[str, Any]) -> None:
    aggregate = AGGREGATES[sample["service"], sample["aggregate"]]
    read = aggregate.readers[sample["type"]]
    account = sample["aggregate"] in {"account", "matter"}
    stream = f"{sample['aggregate']}-{LONG}" + (f"/{LONG}" if account else "")
    said = worded(sample["data"], {**CODES, **OF_TYPE.get(sample["type"], {})})
    for data in (said, grown(said)):
        require_published(sample["service"], stream, read(msgspec.json.encode(data)))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rate", [None, "0.9"])
def test_every_event_of_an_account_can_be_published(seed: int, rate: str | None) -> None:
    chance = random.Random(seed)
    book = Book(terms(rate=rate, cap_ratio=chance.choice(["1", "9"])))
    for step in range(12):
        day = days(DAY, step * chance.choice([0, 1, 40]))
        if book.history and book.instant(day) < book.history[-1].at:
            continue
        try:
            book.do(day, _command(chance, step, book, day))
        except (Rejected, NotFound):
            continue
    assert book.history
    for past in book.history:
        require_published("ledger", f"account-{LONG}/{LONG}", past.event)


def _command(chance: random.Random, step: int, book: Book, day: date) -> c.Command:
    name = f"{step:0128d}"
    amount = chance.choice([1, 10**6, AMOUNT_MAX // 9, AMOUNT_MAX // 2, AMOUNT_MAX])
    known = [item.id for item in book.account.items] or [name]
    one = chance.choice(known)
    due = days(day, chance.choice([-3000, 0, 30]))
    unknown = tuple(f"{number:0128d}" for number in range(10**6, 10**6 + 300))
    paid = chance.choice([(), (), tuple(known), unknown])
    received = book.instant(days(day, chance.choice([0, 0, 3])))
    commands: list[c.Command] = [
        c.OpenItem(name, LONG, amount, "CNY", day, due),
        c.OpenItem(name, LONG, amount, "CNY", day, due),
        c.ReceivePayment(name, amount, "CNY", received, LONG, paid, "钱" * 200),
        c.GrantCredit(name, amount, "CNY"),
        c.AdjustItem(one, name, chance.choice([-amount, amount])),
        c.DisputeItems(name, tuple(known)),
        c.DeferItems((), days(day, 90)),
        c.AgreePlan(name),
        c.StartLateFee(day),
        c.WaiveLateFee(None),
        c.WriteOff((one,)),
    ]  # fmt: skip
    return chance.choice(commands)
