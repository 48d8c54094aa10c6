"""The cash desk, pure: receipts, the evening's count, several lanes, reversals."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.ledger.domain import cash
from services.ledger.domain.aggregates import TILL
from services.ledger.domain.cash import CashCounted, Counted, Till, count_at, evolve_till

ZONE = ZoneInfo("Asia/Shanghai")


def at(day: int, hour: int = 10, minute: int = 0) -> datetime:
    return datetime(2026, 9, day, hour, minute, tzinfo=ZONE)


EVENING = (23, 59)


class Desk:
    """A home till and another lane's."""

    def __init__(self) -> None:
        self.tills = [self._open(is_home=True), self._open(is_home=False)]

    def _open(self, *, is_home: bool) -> Till:
        events = cash.set_desk(
            Till(),
            keeps=True,
            time_zone=ZONE.key,
            currency="CNY",
            is_home=is_home,
            now=at(1, 0),
        )
        return self._after(Till(), events)

    def _after(self, till: Till, events: list[Any]) -> Till:
        for event in events:
            till = evolve_till(till, event)
        return till

    def takes(self, amount: int, day: int, who: str = "cao", lane: int = 0, n: int = 1) -> str:
        events = cash.receive(
            self.tills[lane],
            payment_id=f"p{n}",
            account="A",
            amount=amount,
            collected_by=who,
            now=at(day),
            lane=lane,
        )
        self.tills[lane] = self._after(self.tills[lane], events)
        return str(events[0].receipt)

    def reverses(self, amount: int, day: int, who: str = "cao", lane: int = 0) -> None:
        events = cash.take_back(
            self.tills[lane],
            payment_id="p1",
            amount=amount,
            collected_by=who,
            received=at(day),
        )
        self.tills[lane] = self._after(self.tills[lane], events)

    def hands_in(self, amount: int, day: int, who: str = "cao") -> None:
        events = cash.deposit(self.tills[0], collected_by=who, amount=amount, now=at(day))
        self.tills[0] = self._after(self.tills[0], events)

    def counts(self, day: int) -> list[CashCounted]:
        """What is counted by midnight after a day."""
        events = cash.count(self.tills[0], self.tills, at(day, *EVENING).replace(second=59))
        self.tills[0] = self._after(self.tills[0], events)
        return events


def test_cash_handed_in_the_same_day_is_even() -> None:
    desk = Desk()
    desk.takes(50000, 1)
    desk.hands_in(50000, 1)
    assert desk.counts(1) == [CashCounted(date(2026, 9, 1), "CNY", ())]


def test_cash_kept_is_found_every_evening_until_handed_in() -> None:
    desk = Desk()
    desk.takes(40000, 1)
    first, second = desk.counts(2)
    assert first.counts == (Counted("cao", 40000, 0, 40000),)
    assert second.counts == (Counted("cao", 0, 0, 40000),)
    desk.hands_in(40000, 3)
    (third,) = desk.counts(3)
    assert third.counts == (Counted("cao", 0, 40000, 0),)


def test_lanes_are_counted_together() -> None:
    desk = Desk()
    desk.takes(300, 1, lane=0)
    desk.takes(200, 1, lane=1, n=2)
    desk.hands_in(500, 1)
    assert desk.counts(1)[0].counts == ()


def test_collectors_are_counted_apart() -> None:
    desk = Desk()
    desk.takes(300, 1, "cao")
    desk.takes(300, 1, "li", n=2)
    desk.hands_in(600, 1, "li")
    assert desk.counts(1)[0].counts == (
        Counted("cao", 300, 0, 300),
        Counted("li", 300, 600, -300),
    )


def test_reversed_payment_leaves_the_total_but_makes_no_difference_of_a_later_day() -> None:
    desk = Desk()
    desk.takes(300, 1)
    desk.hands_in(300, 1)
    desk.counts(1)
    desk.reverses(300, 1)
    (second,) = desk.counts(2)
    assert second.counts == (Counted("cao", 0, 0, -300),)


def test_receipts_are_numbered_in_the_series_of_their_lane() -> None:
    desk = Desk()
    numbers = [desk.takes(1, 1), desk.takes(1, 1, n=2), desk.takes(1, 1, lane=1, n=3)]
    assert numbers == ["2026-00-000001", "2026-00-000002", "2026-01-000001"]


def test_only_the_home_till_wakes_in_the_evening() -> None:
    home, other = Desk().tills
    assert count_at(home) == at(1, 23, 59).replace(second=59)
    assert count_at(other) is None


def test_shut_desk_takes_nothing_in() -> None:
    till = Desk().tills[0]
    events = cash.set_desk(
        till, keeps=False, time_zone=ZONE.key, currency="CNY", is_home=True, now=at(2)
    )
    shut = evolve_till(till, events[0])
    assert not shut.is_open
    assert cash.deposit(shut, collected_by="cao", amount=1, now=at(2)) == []
    assert count_at(shut) is None


def test_till_is_stored_and_read_back() -> None:
    desk = Desk()
    desk.takes(300, 1)
    till = desk.tills[0]
    assert TILL.decode_state(TILL.encode_state(till)) == till


def test_same_terms_again_open_nothing() -> None:
    till = Desk().tills[0]
    events = cash.set_desk(
        till, keeps=True, time_zone=ZONE.key, currency="CNY", is_home=True, now=at(2)
    )
    assert events == []
