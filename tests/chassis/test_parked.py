"""What cannot be handled is set aside with its reason, and tried again."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from chassis.bus.base import Outgoing as BusMessage
from chassis.bus.base import lane_of
from chassis.bus.embedded import EmbeddedBus
from chassis.runtime.routes import MessageRoute
from chassis.store import dead_letters
from chassis.store.work import Work
from contracts.codec import Message, encode
from contracts.ledger import AccountCleared
from contracts.words.streams import Subject
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.toy import PATIENT, parked, total


async def test_the_same_id_with_another_body_is_parked(open_toy: OpenToy, bus: EmbeddedBus) -> None:
    service = await open_toy()
    await toy.send(bus, "a", toy.payment(1, "a", 5), toy.payment(1, "a", 6))
    await service.step()
    await toy.send(bus, "a", toy.payment(1, "a", 8))
    await service.step()
    assert (await total(service, "a")).amount == 5
    letters = await parked(service)
    assert len(letters) == 2
    assert all("another body" in letter["reason"] for letter in letters)
    assert not await service.parked.retry(letters[0]["id"])
    assert (await total(service, "a")).amount == 5


async def test_what_cannot_be_handled_is_parked_with_its_reason_and_the_rest_goes_on(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings=PATIENT)
    await toy.send(
        bus,
        "a",
        toy.payment(1, "a", 5),
        b"\x00 not json",
        toy.payment(2, "a", toy.REFUSED),
        toy.payment(3, "a", toy.FAULTY),
        toy.payment(4, "a", 7),
    )
    await service.step()
    state = await total(service, "a")
    assert (state.amount, state.payments) == (12, 2)
    letters = await parked(service)
    assert [letter["error"] for letter in letters] == ["Malformed", "Rejected", "BrokenInvariant"]
    assert letters[1]["reason"] == "thirteen is refused"
    assert "KeyError" in letters[2]["reason"]


def billing(kind: str, **changes: Any) -> bytes:
    event = {"specversion": "1.0", "id": f"id of {kind}", "source": "upstream", "type": kind}
    event |= {"subject": "a", "time": "2026-03-01T00:00:00Z", "creditor": "acme"}
    return json.dumps(event | {"data": {"account_id": "a"}} | changes).encode()


async def test_a_type_nobody_knows_is_a_dead_letter_where_others_write(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    kinds = ("billing.invoice.issued.v2", "weather.changed.v1", "billing.no such type")
    await toy.send(bus, "a", *map(billing, kinds), toy.payment(1, "a", 5))
    await service.step()
    assert (await total(service, "a")).amount == 5
    letters = await parked(service)
    assert [letter["message_type"] for letter in letters] == [*kinds]
    assert {letter["error"] for letter in letters} == {"UnknownType"}
    assert letters[0]["message_id"] == f"id of {kinds[0]}"
    assert "known is billing.invoice.issued.v1" in letters[0]["reason"]
    scraped = service.metrics.render().decode()
    labels = 'service="toy",topic="billing",type="other"'
    assert f"arrears_messages_unknown_total{{{labels}}} 3.0" in scraped
    assert not await service.parked.retry(letters[0]["id"])
    assert (await parked(service))[0]["error"] == "UnknownType"


async def test_it_is_passed_over_and_counted_by_who_does_not_guard_the_topic(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(blueprint=replace(toy.blueprint(), guards=()))
    await toy.send(bus, "a", billing("billing.invoice.issued.v2"), toy.payment(1, "a", 5))
    await service.step()
    assert not await parked(service)
    assert "arrears_messages_unknown_total" in service.metrics.render().decode()


async def test_types_that_fill_the_topic_do_not_fill_the_metrics(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    await toy.send(bus, "a", *(billing(f"billing.x{number}.v1") for number in range(60)))
    await service.step()
    assert len(await parked(service)) == 60
    scraped = service.metrics.render().decode()
    assert len(re.findall(r"^arrears_messages_unknown_total", scraped, re.MULTILINE)) == 1
    assert 'topic="billing",type="other"} 60.0' in scraped


async def test_who_writes_to_one_topic_does_not_speak_for_another(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    def on_cleared(_work: Work, _message: Message) -> None:
        raise AssertionError("a message of the ledger's that upstream wrote")

    route = MessageRoute(toy.streams, on_cleared)
    forged = encode(
        AccountCleared(account_id="a", ledger_version=1, as_of=toy.TODAY),
        id="forged",
        source="upstream",
        time=toy.START,
        creditor="acme",
        subject="a",
    )
    messages = {**toy.blueprint().messages, AccountCleared.TYPE: route}
    service = await open_toy(blueprint=replace(toy.blueprint(), messages=messages))
    await toy.send(bus, "a", forged)
    await service.step()
    (letter,) = await parked(service)
    assert letter["reason"] == "ledger.account.cleared.v1 is no message of billing"
    assert not await service.parked.retry(letter["id"])


async def test_what_an_erased_message_leaves_behind_is_no_dead_letter(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    first = await open_toy()
    await toy.send(bus, "a", toy.payment(1, "a", 5), toy.erased("x-2", "a"))
    while await first.step():
        pass
    await first.pool.execute("delete from offsets")  # reads all of it again
    await first.reset()
    await first.step()
    assert not await parked(first)


BROKEN = {
    "a field of another kind": billing("billing.payment.received.v1", data={"account_id": "a"}),
    "data that are cut off": billing("billing.payment.received.v1")[:-4],
    "half a surrogate pair": billing("billing.payment.received.v1", correlationid="\ud800"),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_dead_letter_says_which_message_it_was_where_that_can_be_read(
    open_toy: OpenToy, bus: EmbeddedBus, name: str
) -> None:
    service = await open_toy()
    lane = lane_of(b"acme/a", bus.partitions)
    await bus.publish([BusMessage("billing", lane, b"no key of ours", BROKEN[name])])
    await service.step()
    (letter,) = await parked(service)
    assert letter["message_id"] == "id of billing.payment.received.v1"
    assert letter["message_type"] == "billing.payment.received.v1"
    assert letter["creditor"] == "acme"
    assert letter["account"] == "a"


async def test_nothing_that_a_store_refuses_gets_into_a_dead_letter(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    kind = "billing.payment.received.v1"
    values = (
        b"no json at all",
        toy.payment(7, "a", 5).replace(b'"e-7"', rb'"a\u0000b"'),
        billing(kind, id="c\x1bd", creditor="x\0y"),
        billing("billing.\0"),
        b'{"id": "cut\\u0000off", "type": "t\x00", "data"',
    )
    await bus.publish([BusMessage("billing", 0, b"ac\0me/a\xff\x7f", value) for value in values])
    await bus.publish([BusMessage("billing", 0, b"acme/b\0", toy.payment(1, "b", 5))])
    await bus.publish([BusMessage("billing", 0, b"acme/c", toy.payment(2, "c", 7))])
    await service.step()
    letters = await parked(service)
    assert [letter["message_id"] for letter in letters] == [
        *(None, "a\ufffdb", "c\ufffdd", "id of billing.\ufffd", "cut\ufffdoff", "e-1"),
    ]
    assert letters[1]["reason"] == "id: has a control character"
    assert letters[2]["creditor"] == "ac\ufffdme"
    assert letters[5]["reason"] == "key: has a control character"
    assert (await total(service, "c")).amount == 7
    assert await service.step() == 0


async def test_an_original_too_large_for_the_bus_stays_with_the_service(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    await toy.send(bus, "a", b"x" * 990_000, toy.payment(1, "a", 5))
    while await service.step():
        pass
    (letter,) = await parked(service)
    assert "990000 bytes" in letter["reason"]
    assert sum((await bus.end_offsets(["billing.dlq"])).values()) == 1


async def test_a_parked_message_keeps_its_original_bytes_and_reaches_the_dead_letter_topic(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    await toy.send(bus, "a", b"\x00 not json \xff")
    await service.step()
    letter_id = (await parked(service))[0]["id"]
    async with service.pool.acquire() as connection:
        letter = await dead_letters.get(connection, letter_id)
    subject = Subject("acme", "a")
    packed = (await service.keys([subject])).open(subject, letter["original"], "letter")
    assert dead_letters.unpack_original(packed).value == b"\x00 not json \xff"
    assert sum((await bus.end_offsets(["billing.dlq"])).values()) == 1


async def test_a_parked_message_can_be_retried_once(open_toy: OpenToy, bus: EmbeddedBus) -> None:
    service = await open_toy()
    await toy.send(bus, "a", toy.payment(1, "a", toy.NEEDS_SETTING_UP))
    await service.step()
    letter = (await parked(service))[0]
    assert letter["error"] == "NotFound"
    assert not await service.parked.retry(letter["id"])
    await toy.send(bus, "a", toy.upserted("x-1", "a"))
    await service.step()
    assert (await total(service, "a")).amount == toy.NEEDS_SETTING_UP
    assert not await parked(service)


async def test_what_came_too_early_is_tried_again_when_its_account_moves(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    await toy.send(bus, "a", toy.payment(1, "a", toy.NEEDS_A_PAYMENT_BEFORE))
    await service.step()
    assert len(await parked(service)) == 1
    await toy.send(bus, "a", toy.payment(2, "a", 5))
    await service.step()
    assert (await total(service, "a")).amount == toy.NEEDS_A_PAYMENT_BEFORE + 5
    assert not await parked(service)
