"""Whoever may write to one topic speaks for that topic alone, and for the one who owns it."""

import json
from datetime import date

import pytest_asyncio

from chassis.settings import SERVICES
from contracts.ledger import AccountCleared
from contracts.legal import DebtWrittenOff
from tests.support.producer import Producer

CREDITOR = "lender"
WRITE_OFF = DebtWrittenOff(
    account_id="A-1",
    case_id="A-1.1",
    approval_id="A-1.1.a1",
    item_ids=("I-1",),
    amount=1000,
    reason="forged",
)
CLEARED = AccountCleared(account_id="A-1", ledger_version=9, as_of=date(2026, 4, 1))


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def invoiced(kafka_writer: Producer) -> None:
    await kafka_writer.invoice("I-1", creditor=CREDITOR)
    assert await kafka_writer.reasons() == {}


async def test_a_write_off_forged_on_billing_has_no_effect(kafka_writer: Producer) -> None:
    for source in ("upstream", "arrears/legal"):
        await kafka_writer.write(WRITE_OFF, creditor=CREDITOR, source=source, topic="billing")
    assert await kafka_writer.owed(CREDITOR) == 1000
    reason = f"{WRITE_OFF.TYPE} is no message of billing"
    assert await kafka_writer.reasons() == {name: [reason, reason] for name in SERVICES}


async def test_a_write_off_of_a_foreign_source_on_legal_has_no_effect(
    kafka_writer: Producer,
) -> None:
    for source in ("upstream", "arrears/dunning", "/arrears/legal", "arrears/legal "):
        await kafka_writer.write(WRITE_OFF, creditor=CREDITOR, source=source)
    assert await kafka_writer.owed(CREDITOR) == 1000
    reasons = await kafka_writer.reasons()
    assert set(reasons) == {"ledger", "dunning"}  # who reads the topic
    for parked in reasons.values():
        assert parked[0] == (
            "source: upstream may not write to legal, which is arrears/legal's alone"
        )
        assert len(parked) == 4


async def test_trying_a_forged_message_again_does_not_carry_it_out(kafka_writer: Producer) -> None:
    await kafka_writer.write(WRITE_OFF, creditor=CREDITOR, source="upstream")
    (letter,) = await kafka_writer.letters("ledger")
    assert not await kafka_writer.world.stack.services["ledger"].parked.retry(letter["id"])
    assert await kafka_writer.owed(CREDITOR) == 1000


async def test_the_owner_of_a_topic_is_heard(kafka_writer: Producer) -> None:
    await kafka_writer.write(WRITE_OFF, creditor=CREDITOR, source="arrears/legal")
    assert await kafka_writer.owed(CREDITOR) == 0
    assert await kafka_writer.reasons() == {}


async def test_a_message_on_another_topic_is_parked_by_all_who_read_it(
    kafka_writer: Producer,
) -> None:
    """Also where nobody but its owner writes, and types nobody knows are passed over."""
    await kafka_writer.write(CLEARED, creditor=CREDITOR, source="arrears/dunning", topic="dunning")
    await kafka_writer.write(CLEARED, creditor=CREDITOR, source="arrears/ledger", topic="dunning")
    reasons = await kafka_writer.reasons()
    assert set(reasons) == {"ledger", "notifier", "legal"}
    assert {text for each in reasons.values() for text in each} == {
        f"{CLEARED.TYPE} is no message of dunning",
    }


async def test_a_type_nobody_knows_is_parked_unless_its_owner_may_have_made_it_since(
    kafka_writer: Producer,
) -> None:
    event = {
        "specversion": "1.0",
        "time": "2026-04-01T00:00:00Z",
        "creditor": CREDITOR,
        "subject": "A-1",
        "data": {"account_id": "A-1"},
    }
    for number, (kind, source) in enumerate(
        [
            ("dunning.something.new.v1", "arrears/dunning"),
            ("dunning.something.new.v1", "upstream"),
            ("weather.changed.v1", "arrears/dunning"),
        ]
    ):
        value = json.dumps(event | {"type": kind, "source": source, "id": f"{number}"}).encode()
        await kafka_writer.put("dunning", value, CREDITOR, "A-1")
    reasons = await kafka_writer.reasons()
    assert set(reasons) == {"ledger", "notifier", "legal"}
    assert all(
        each
        == [
            "source: upstream may not write to dunning, which is arrears/dunning's alone",
            "weather.changed.v1 is no message of dunning",
        ]
        for each in map(sorted, reasons.values())
    )
