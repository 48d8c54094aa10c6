"""What the log tells: why, where and what to do, and nothing about a person."""

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
import structlog

from chassis.bus.base import lane_of
from chassis.bus.embedded import EmbeddedBus
from chassis.errors import BrokenInvariant, Misconfigured, Transient
from chassis.logging import configure, get_logger
from chassis.runtime.routes import MessageRoute
from chassis.store.work import Work
from contracts.codec import Message
from tests.chassis import toy
from tests.chassis.conftest import OpenToy

PLANTED = "Zhang Planted"


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    output = io.StringIO()
    configure("toy", "info", output)
    yield output
    structlog.reset_defaults()


def lines(output: io.StringIO, event: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in output.getvalue().splitlines()]
    return [line for line in found if line["event"] == event]


def raised(fail: Callable[[], Any]) -> dict[str, Any]:
    """What is logged of the error that `fail` raises."""
    output = io.StringIO()
    configure("toy", "info", output)
    try:
        fail()
    except Exception as error:  # noqa: BLE001 - any
        get_logger("here").warning("failed", error=error)
    structlog.reset_defaults()
    assert PLANTED not in output.getvalue()
    line: dict[str, Any] = json.loads(output.getvalue())
    return line


def fail_on_our_side() -> None:
    raise Misconfigured("topic billing has 4 partitions, the settings say 5")


def fail_elsewhere() -> None:
    json.loads(f"{{{PLANTED}")


def fail_in_a_sentence() -> None:
    try:
        int(PLANTED)
    except ValueError as error:
        raise Transient("the list of accounts did not answer") from error


def fail_together() -> None:
    raise ExceptionGroup(PLANTED, [ValueError(PLANTED)])


def test_an_error_of_ours_says_why() -> None:
    line = raised(fail_on_our_side)
    assert line["error"] == "Misconfigured"
    assert line["reason"] == "topic billing has 4 partitions, the settings say 5"


def test_an_error_of_others_is_told_by_its_class_and_place() -> None:
    line = raised(fail_elsewhere)
    assert line["error"] == "JSONDecodeError"
    assert "reason" not in line
    place, _, origin = line["place"].partition(", raised in ")
    assert place.startswith("json.decoder:")
    assert not origin  # no frame of ours comes before it


def test_what_lies_behind_an_error_of_ours_is_told_without_its_words() -> None:
    line = raised(fail_in_a_sentence)
    assert line["reason"] == "the list of accounts did not answer"
    assert line["because"].startswith("ValueError: tests.chassis.test_logging:")


def test_a_group_is_told_by_its_first() -> None:
    assert raised(fail_together)["because"] == "ValueError"


def test_a_library_that_repeats_itself_is_heard_once_a_minute(output: io.StringIO) -> None:
    def say(at: float) -> None:
        record = logging.LogRecord("kafka", logging.ERROR, "client.py", 7, PLANTED, (), None)
        record.created = at
        logging.getLogger("kafka").handle(record)

    for at in (1000.0, 1000.2, 1059.9, 1060.1):
        say(at)
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    assert [(one["source"], one["place"], one["count"]) for one in lines] == [
        ("kafka", "client:7", 1),
        ("kafka", "client:7", 3),
    ]
    assert PLANTED not in output.getvalue()


async def test_a_store_that_quotes_a_value_is_not_quoted(database: str) -> None:
    connection = await asyncpg.connect(database)
    with pytest.raises(asyncpg.PostgresError) as refused:
        await connection.execute(f"select '{PLANTED}'::int")
    await connection.close()
    assert PLANTED in str(refused.value)

    def fail() -> None:
        raise refused.value

    line = raised(fail)
    assert line["error"] == "InvalidTextRepresentationError"
    assert line["place"]


async def test_dead_letters_are_told_and_nobody_is_named(
    open_toy: OpenToy, bus: EmbeddedBus, output: io.StringIO
) -> None:
    service = await open_toy()
    await toy.send(bus, "a", toy.payment(1, "a", toy.REFUSED, collected_by=PLANTED))
    await toy.send(bus, "a", toy.payment(2, "a", toy.FAULTY, collected_by=PLANTED))
    await toy.send(bus, "a", f"no json {PLANTED}".encode())
    await service.step()
    (line,) = lines(output, "messages_parked")
    assert (line["count"], line["topic"], line["offset"], line["message_id"]) == (
        *(3, "billing", 0, "e-1"),
    )
    assert (line["error"], line["reason"]) == ("Rejected", "thirteen is refused")
    (line,) = lines(output, "handler_failed")
    assert (line["error"], line["message_id"]) == ("KeyError", "e-2")
    assert line["place"].startswith("chassis.runtime.handling:")
    assert "raised in tests.chassis.toy:" in line["place"]
    assert PLANTED not in output.getvalue()


async def test_a_lane_that_gives_up_says_where_it_stands_and_what_to_do(
    open_toy: OpenToy, bus: EmbeddedBus, output: io.StringIO
) -> None:
    def on_payment(_work: Work, message: Message) -> None:
        raise Misconfigured(f"no key for {message.creditor}/{message.subject}")

    route = MessageRoute(toy.streams, on_payment)
    routes = {**toy.blueprint().messages, "billing.payment.received.v1": route}
    service = await open_toy(blueprint=replace(toy.blueprint(), messages=routes))
    await toy.send(bus, "a", toy.payment(1, "a", 5, collected_by=PLANTED))
    await service.start()
    async with asyncio.timeout(30):
        while not lines(output, "lane_gave_up"):
            await asyncio.sleep(0.05)
    (line,) = lines(output, "lane_gave_up")
    assert (line["error"], line["reason"]) == ("Misconfigured", "no key for acme/a")
    where = (line["topic"], line["lane"], line["offset"], line["count"])
    assert where == ("billing", lane_of(b"acme/a", bus.partitions), 0, 1)
    assert "start this instance again" in line["todo"]
    with pytest.raises(Misconfigured, match="no key for acme/a"):
        await service.readiness()
    assert PLANTED not in output.getvalue()


async def test_a_batch_that_fails_for_a_while_says_where(
    open_toy: OpenToy, bus: EmbeddedBus, output: io.StringIO
) -> None:
    service = await open_toy()
    trigger = "create function no() returns trigger as $$ begin raise '%', new "
    await service.pool.execute(trigger + "using errcode = '42501'; end $$ language plpgsql")
    await service.pool.execute(
        "create trigger no before insert on events for each row execute function no()"
    )
    await toy.send(bus, "a", toy.payment(1, "a", 5, collected_by=PLANTED))
    await service.start()
    async with asyncio.timeout(30):
        while not lines(output, "batch_failed"):
            await asyncio.sleep(0.05)
    line = lines(output, "batch_failed")[0]
    assert (line["error"], line["topic"], line["offset"]) == (
        "InsufficientPrivilegeError",
        "billing",
        0,
    )
    assert line["place"].startswith("chassis.store.saving:")
    assert "raised in asyncpg." in line["place"]
    assert PLANTED not in output.getvalue()


def test_a_broken_invariant_of_ours_keeps_its_sentence() -> None:
    def fail() -> None:
        raise BrokenInvariant("account-acme/a was woken, did nothing and is still due")

    assert "account-acme/a" in raised(fail)["reason"]
