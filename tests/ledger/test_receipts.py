"""Receipts are numbered in one series of the creditor and month, without gaps."""

import asyncio
from datetime import date, timedelta

import pytest

from chassis.bus.base import Outgoing, lane_of
from chassis.errors import Conflict
from chassis.store.work import Work
from contracts import billing
from contracts.codec import Message, decode, encode
from contracts.words.streams import account_stream, receipts_stream, terms_stream
from services.ledger.domain.aggregates import RECEIPTS
from services.ledger.domain.cash import receipts as r
from services.ledger.handlers import MESSAGES
from services.ledger.restored import leave_receipts_out
from tests.ledger.conftest import World
from tests.support.service_world import PARTITIONS

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 1)
RECEIPTS_OF_ACME = "/v1/creditors/acme/receipts"


class Book:
    """A series of receipts."""

    def __init__(self) -> None:
        self.series = r.Series()
        self.events: list[r.ReceiptNumbered] = []

    def next(self, day: date) -> str:
        events = r.decide(self.series, r.NumberReceipt("p", day))
        self.events += events
        for event in events:
            self.series = r.evolve(self.series, event)
        return r.receipt_of(events[0])


def test_each_month_begins_with_the_first_number() -> None:
    book = Book()
    numbers = [book.next(day) for day in (SEPTEMBER, SEPTEMBER, OCTOBER, OCTOBER)]
    assert numbers == ["202609-000001", "202609-000002", "202610-000001", "202610-000002"]


def test_a_clock_that_is_behind_goes_on_with_the_month_before() -> None:
    book = Book()
    numbers = [book.next(day) for day in (SEPTEMBER, OCTOBER, SEPTEMBER)]
    assert numbers == ["202609-000001", "202610-000001", "202609-000002"]


def test_the_order_its_events_are_read_in_makes_no_difference() -> None:
    book = Book()
    for day in (SEPTEMBER, SEPTEMBER, OCTOBER):
        book.next(day)
    other = r.Series()
    for event in reversed(book.events):
        other = r.evolve(other, event)
    assert RECEIPTS.encode_state(other) == RECEIPTS.encode_state(book.series)


def test_a_number_of_before_is_told_from_one_of_the_series() -> None:
    assert r.number_of_a_lane("2026-01-000042") == r.OfLane(2026, 42)
    assert r.number_of_a_lane(Book().next(SEPTEMBER)) is None


# On a real store


def paid(number: int, world: World) -> billing.PaymentReceived:
    return billing.PaymentReceived(
        payment_id=f"PAY-{number}",
        account_id=str(number),
        amount=100 + number,
        currency="CNY",
        received_at=world.clock.now(),
        method="cash",
        collected_by="王强",
    )


def lane_of_account(number: int) -> int:
    return lane_of(f"acme/{number}".encode(), PARTITIONS)


async def listed(world: World) -> dict[str, str]:
    """The receipt of each payment."""
    async with world.client("finance") as client:
        items = (await client.get(f"{RECEIPTS_OF_ACME}?limit=100")).json()["items"]
    return {one["payment_id"]: one["receipt"] for one in items}


@pytest.fixture
async def desk(world: World) -> World:
    await world.terms(cash_desk=True, home_lane=0)
    return world


async def test_payments_of_all_lanes_share_one_series(desk: World) -> None:
    for number in range(1, 9):
        await desk.tell(paid(number, desk), str(number))
    lanes = {lane_of_account(number) for number in range(1, 9)}
    assert len(lanes) > 1
    month = f"{desk.clock.now().astimezone():%Y%m}"
    assert list((await listed(desk)).values()) == [f"{month}-{n:06d}" for n in range(1, 9)]


async def test_a_message_that_comes_again_takes_no_number(desk: World) -> None:
    message = _value(desk, 1)
    again = [Outgoing("billing", lane_of_account(1), b"acme/1", message, ())] * 2
    await desk.service.bus.publish(again)
    await desk.settle()
    await desk.tell(paid(2, desk), "2")
    assert [number[-6:] for number in (await listed(desk)).values()] == ["000001", "000002"]


async def test_a_payment_that_is_refused_takes_no_number(desk: World) -> None:
    wrong = paid(1, desk).model_copy(update={"currency": "EUR"})
    await desk.tell(wrong, "1")
    await desk.tell(paid(2, desk), "2")
    assert {p: number[-6:] for p, number in (await listed(desk)).items()} == {"PAY-2": "000001"}


async def test_a_month_begins_a_series_of_its_own(desk: World) -> None:
    await desk.tell(paid(1, desk), "1")
    await desk.go_to(desk.clock.now().date() + timedelta(days=31))
    await desk.tell(paid(2, desk), "2")
    first, second = (await listed(desk)).values()
    assert (first[-6:], second[-6:]) == ("000001", "000001")
    assert first < second


def _value(world: World, number: int, method: str = "cash") -> bytes:
    return encode(
        paid(number, world).model_copy(update={"method": method}),
        id=f"m{number}",
        source="test",
        time=world.clock.now(),
        creditor="acme",
        subject=str(number),
    )


def cash(world: World, number: int) -> Message:
    return decode(_value(world, number))


async def take(world: World, message: Message, meeting: asyncio.Barrier | None = None) -> None:
    """Handle a cash payment in a transaction of its own; two meet when both have decided."""
    store, lane = world.service.store, lane_of_account(int(message.subject))
    route = MESSAGES[message.type]
    async with world.service.pool.acquire() as connection, connection.transaction():
        work: Work = await store.load(
            connection,
            now=world.clock.now(),
            lane=lane,
            streams=route.streams(message, lane),
        )
        work.begin(message.id, route.streams(message, lane))
        route.handle(work, message)
        if meeting is not None:
            await meeting.wait()
        await store.save(connection, work)


def one_of_each_lane() -> tuple[int, int]:
    first = 1
    lane = lane_of_account(first)
    return first, next(n for n in range(2, 50) if lane_of_account(n) != lane)


async def test_of_two_lanes_at_once_one_is_first_and_the_other_tries_again(desk: World) -> None:
    numbers = one_of_each_lane()
    meeting = asyncio.Barrier(2)
    results = await asyncio.gather(
        *(take(desk, cash(desk, number), meeting) for number in numbers), return_exceptions=True
    )
    assert [type(each) for each in results if each] == [Conflict]
    (late,) = (n for n, each in zip(numbers, results, strict=True) if each)
    await take(desk, cash(desk, late))
    state, version = await desk.service.read(receipts_stream("acme"))
    assert (sum(state.last.values()), version) == (2, 2)


async def test_lanes_that_take_cash_all_the_time_leave_no_gap_and_give_none_twice(
    desk: World,
) -> None:
    async def lane(numbers: range) -> None:
        for number in numbers:
            while True:
                try:
                    await take(desk, cash(desk, number))
                except Conflict:
                    continue
                break

    await asyncio.gather(*(lane(range(start, start + 10)) for start in (1, 11, 21, 31)))
    for lane_number in range(2):
        await desk.service.projector.project(lane_number)
    numbers = sorted(int(number[-6:]) for number in (await listed(desk)).values())
    assert numbers == list(range(1, 41))


async def test_a_transaction_that_is_rolled_back_leaves_no_gap(desk: World) -> None:
    first, other = one_of_each_lane()

    class Crash(Exception):
        pass

    async def crash() -> None:
        async with desk.service.pool.acquire() as connection, connection.transaction():
            message, lane = cash(desk, first), lane_of_account(first)
            route = MESSAGES[message.type]
            streams = route.streams(message, lane)
            work = await desk.service.store.load(
                connection, now=desk.clock.now(), lane=lane, streams=streams
            )
            work.begin(message.id, streams)
            route.handle(work, message)
            await desk.service.store.save(connection, work)
            raise Crash

    with pytest.raises(Crash):
        await crash()
    await take(desk, cash(desk, other))
    state, version = await desk.service.read(receipts_stream("acme"))
    assert (list(state.last.values()), version) == ([1], 1)


async def test_other_payments_do_not_touch_the_series(desk: World) -> None:
    message = decode(_value(desk, 1, "transfer"))
    streams = MESSAGES[message.type].streams(message, 1)
    assert list(streams) == [account_stream("acme", "1"), terms_stream("acme", 1)]


async def test_a_rebuild_finds_the_series_as_it_is(desk: World) -> None:
    late_lane_first = sorted(range(1, 9), key=lane_of_account, reverse=True)
    for number in late_lane_first:
        await desk.tell(paid(number, desk), str(number))
    before = await desk.service.read(receipts_stream("acme"))
    found = await desk.service.rebuild(lambda _done, _total: None)
    assert found.different == ()
    assert await desk.service.read(receipts_stream("acme")) == before


async def test_a_ledger_restored_without_the_bus_gives_no_number_that_may_be_on_paper(
    desk: World,
) -> None:
    await desk.tell(paid(1, desk), "1")
    (before,) = (await listed(desk)).values()
    month = before[:6]
    await leave_receipts_out(desk.service, desk.clock.now() - timedelta(days=1))
    await desk.tell(paid(2, desk), "2")
    assert await listed(desk) == {"PAY-1": before, "PAY-2": f"{month}-{r.GAP + 2:06d}"}


async def test_a_desk_opened_anew_after_a_restore_gives_no_number_that_may_be_on_paper(
    world: World,
) -> None:
    await world.terms(home_lane=0)
    await leave_receipts_out(world.service, world.clock.now())
    await world.terms(cash_desk=True, home_lane=0)
    await world.tell(paid(1, world), "1")
    (number,) = (await listed(world)).values()
    assert number[6:] == f"-{r.GAP + 1:06d}"


def test_every_month_since_a_backup_has_its_gap() -> None:
    book = Book()
    book.next(SEPTEMBER)
    for event in r.leave_out(book.series, SEPTEMBER, OCTOBER):
        book.series = r.evolve(book.series, event)
    numbers = [book.next(day) for day in (SEPTEMBER, OCTOBER)]
    assert numbers == [f"202609-{r.GAP + 2:06d}", f"202610-{r.GAP + 1:06d}"]
