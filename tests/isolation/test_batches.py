"""One record that cannot be stored is set aside; what stood in its batch has its effect."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from chassis.bus.base import Outgoing as BusMessage
from chassis.bus.embedded import EmbeddedBus
from chassis.errors import Conflict, Transient
from chassis.runtime.instance import Instance
from chassis.runtime.routes import MessageRoute
from chassis.store.faults import is_its_own
from chassis.store.pool import acquire
from contracts.codec import Message
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.toy import PATIENT, parked, total

BAD = 999
_REFUSE = "alter table state add constraint no_{0} check (stream <> 'account-acme/{0}')"


class Commits:
    """Counts how many batches came to their commit, and raises there what it is told to."""

    def __init__(self) -> None:
        self.number = 0
        self.error: BaseException | None = None

    def __call__(self, point: str) -> None:
        if point == "consume.begin":
            self.number = 0
        if point == "consume.before_commit":
            self.number += 1
            if self.error is not None:
                raise self.error


async def _pay(bus: EmbeddedBus, accounts: Sequence[str]) -> None:
    for number, account in enumerate(accounts):
        await bus.publish([BusMessage("billing", 0, b"acme/a", toy.payment(number, account, 1))])


async def _position(service: Instance) -> Any:
    return await service.pool.fetchval("select next_offset from offsets where lane = 0")


async def test_a_record_the_store_refuses_does_not_stop_those_beside_it(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    commits = Commits()
    service = await open_toy(settings=PATIENT, probe=commits)
    await service.pool.execute(_REFUSE.format("bad"))
    await _pay(bus, [*["a"] * 40, "bad", *["a"] * 40])
    await service.step()
    (letter,) = await parked(service)
    assert letter["error"] == "CheckViolationError"
    assert "23514" in letter["reason"]
    assert "bad" not in letter["reason"]
    assert (letter["message_id"], letter["source_offset"]) == ("e-40", 40)
    assert (await total(service, "a")).payments == 80
    assert await _position(service) == 81
    assert commits.number <= 2 * 7


async def test_many_records_the_store_refuses_are_each_set_aside(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings=PATIENT)
    for name in ("bad", "worse"):
        await service.pool.execute(_REFUSE.format(name))
    await _pay(bus, ["bad", "a", "worse", "worse", "a", "bad", "a"])
    await service.step()
    assert [letter["source_offset"] for letter in await parked(service)] == [0, 2, 3, 5]
    events = await service.events("account-acme/a")
    assert [stored.cause for stored in events] == ["e-1", "e-4", "e-6"]
    assert await _position(service) == 7
    assert await service.step() == 0


async def test_a_record_that_breaks_its_route_does_not_stop_the_lane(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    def streams(message: Message, lane: int) -> Sequence[str]:
        if message.data.amount == BAD:
            raise ZeroDivisionError
        return toy.streams(message, lane)

    kind = "billing.payment.received.v1"
    route = MessageRoute(streams, toy.on_payment, subject=True)
    messages = {**toy.blueprint().messages, kind: route}
    service = await open_toy(
        settings=PATIENT, blueprint=replace(toy.blueprint(), messages=messages)
    )
    await toy.send(
        bus, "a", toy.payment(1, "a", 5), toy.payment(2, "a", BAD), toy.payment(3, "a", 7)
    )
    await service.step()
    assert (await total(service, "a")).amount == 12
    (letter,) = await parked(service)
    assert letter["error"] == "ZeroDivisionError"
    assert "test_batches" in letter["reason"]


async def test_a_state_that_cannot_be_read_stops_its_account_alone(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings=PATIENT)
    await _pay(bus, ["a", "b"])
    await service.step()
    await service.pool.execute(r"update state set data = '\x00' where stream = 'account-acme/b'")
    service.store.cached.forget(0)
    await toy.send(bus, "a", toy.payment(10, "a", 1), toy.payment(11, "b", 1))
    await service.step()
    assert (await total(service, "a")).payments == 2
    assert [letter["message_id"] for letter in await parked(service)] == ["e-11"]


async def test_a_letter_the_store_refuses_is_written_without_the_texts_of_its_message(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings=PATIENT)
    await service.pool.execute(_REFUSE.format("bad"))
    await service.pool.execute("alter table dead_letters add check (message_id is null)")
    await _pay(bus, ["a", "bad", "a"])
    await service.step()
    (letter,) = await parked(service)
    assert (letter["message_id"], letter["creditor"], letter["source_offset"]) == (None, "-", 1)
    assert (await total(service, "a")).payments == 2


PASSING = {
    "the disk is full": asyncpg.DiskFullError("53100"),
    "too many connections": asyncpg.TooManyConnectionsError("53300"),
    "out of memory": asyncpg.OutOfMemoryError("53200"),
    "the server is read-only": asyncpg.ReadOnlySQLTransactionError("25006"),
    "the server shuts down": asyncpg.AdminShutdownError("57P01"),
    "the server starts": asyncpg.CannotConnectNowError("57P03"),
    "the server cannot read": asyncpg.PostgresIOError("58030"),
    "the line is cut": ConnectionResetError(),
    "a statement took too long": TimeoutError(),
    "a table is missing": asyncpg.UndefinedTableError("42P01"),
    "a right is missing": asyncpg.InsufficientPrivilegeError("42501"),
    "a lock was not had": asyncpg.LockNotAvailableError("55P03"),
    "an index is broken": asyncpg.InternalServerError("XX000"),
    "waiting in a circle": asyncpg.DeadlockDetectedError("40P01"),
}


@pytest.mark.parametrize("name", PASSING)
async def test_what_the_server_suffers_from_parks_nothing(
    open_toy: OpenToy, bus: EmbeddedBus, name: str
) -> None:
    commits = Commits()
    service = await open_toy(settings=PATIENT, probe=commits)
    await _pay(bus, ["a", "a", "a"])
    commits.error = PASSING[name]
    with pytest.raises((Transient, asyncpg.PostgresError, Conflict)):
        await service.step()
    assert not await parked(service)
    commits.error = None
    await service.reading.close()
    await service.reading.reopen([0, 1])
    await service.step()
    assert (await total(service, "a")).payments == 3
    assert not await parked(service)


async def test_a_value_the_client_cannot_send_is_the_record_s_own_fault(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings=PATIENT)
    for statement, value in (("select $1::int4", 2**40), ("select $1::text", "\ud800")):
        with pytest.raises(asyncpg.DataError) as found:
            async with acquire(service.pool) as connection:
                await connection.fetchval(statement, value)
        assert is_its_own(found.value)
