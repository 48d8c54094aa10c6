"""The cash desk, pure: the evening's count, several lanes, reversals."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.ledger.domain.aggregates import CASH_DESK
from services.ledger.domain.cash import commands as c
from services.ledger.domain.cash.decide import decide
from services.ledger.domain.cash.events import CashCounted, Counted, DeskEvent
from services.ledger.domain.cash.evolve import evolve
from services.ledger.domain.cash.state import CashDesk, wake_at

ZONE = ZoneInfo("Asia/Shanghai")
EVENING = (23, 59)


def at(day: int, hour: int = 10, minute: int = 0) -> datetime:
    return datetime(2026, 9, day, hour, minute, tzinfo=ZONE)


def opening(*, keeps: bool = True, is_home: bool = True) -> c.SetDesk:
    return c.SetDesk(keeps=keeps, time_zone=ZONE.key, currency="CNY", is_home=is_home)


class Desk:
    """A home lane's desk and another lane's."""

    def __init__(self) -> None:
        self.desks = [CashDesk(), CashDesk()]
        self._do(opening(is_home=True), at(1, 0))
        self._do(opening(is_home=False), at(1, 0), lane=1)

    def _do(self, command: c.DeskCommand, now: datetime, lane: int = 0) -> list[DeskEvent]:
        events = decide(self.desks[lane], command, now)
        for event in events:
            self.desks[lane] = evolve(self.desks[lane], event)
        return events

    def takes(self, amount: int, day: int, who: str = "cao", lane: int = 0, n: int = 1) -> None:
        command = c.TakeCash(
            payment_id=f"p{n}",
            account="A",
            amount=amount,
            collected_by=who,
            receipt=f"202609-{n:06d}",
        )
        self._do(command, at(day), lane)

    def reverses(self, amount: int, day: int, who: str = "cao", lane: int = 0) -> None:
        command = c.TakeBack(payment_id="p1", amount=amount, collected_by=who, received_at=at(day))
        self._do(command, at(day + 1), lane)

    def hands_in(self, amount: int, day: int, who: str = "cao") -> None:
        self._do(c.TakeDeposit(who, amount), at(day))

    def counts(self, day: int) -> list[DeskEvent]:
        """What is counted by midnight after a day."""
        return self._do(c.CountCash(tuple(self.desks)), at(day, *EVENING).replace(second=59))


def counted(event: DeskEvent) -> tuple[Counted, ...]:
    assert isinstance(event, CashCounted)
    return event.counts


def test_cash_handed_in_the_same_day_is_even() -> None:
    desk = Desk()
    desk.takes(50000, 1)
    desk.hands_in(50000, 1)
    assert desk.counts(1) == [CashCounted(date(2026, 9, 1), "CNY", ())]


def test_cash_kept_is_found_every_evening_until_handed_in() -> None:
    desk = Desk()
    desk.takes(40000, 1)
    first, second = desk.counts(2)
    assert counted(first) == (Counted("cao", 40000, 0, 40000),)
    assert counted(second) == (Counted("cao", 0, 0, 40000),)
    desk.hands_in(40000, 3)
    (third,) = desk.counts(3)
    assert counted(third) == (Counted("cao", 0, 40000, 0),)


def test_lanes_are_counted_together() -> None:
    desk = Desk()
    desk.takes(300, 1, lane=0)
    desk.takes(200, 1, lane=1, n=2)
    desk.hands_in(500, 1)
    assert counted(desk.counts(1)[0]) == ()


def test_collectors_are_counted_apart() -> None:
    desk = Desk()
    desk.takes(300, 1, "cao")
    desk.takes(300, 1, "li", n=2)
    desk.hands_in(600, 1, "li")
    assert counted(desk.counts(1)[0]) == (
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
    assert counted(second) == (Counted("cao", 0, 0, -300),)


def test_only_the_home_desk_wakes_in_the_evening() -> None:
    home, other = Desk().desks
    assert wake_at(home) == at(1, 23, 59).replace(second=59)
    assert wake_at(other) is None


def test_shut_desk_takes_nothing_in() -> None:
    desk = Desk().desks[0]
    (event,) = decide(desk, opening(keeps=False), at(2))
    shut = evolve(desk, event)
    assert not shut.is_open
    assert decide(shut, c.TakeDeposit("cao", 1), at(2)) == []
    assert wake_at(shut) is None


def test_desk_is_stored_and_read_back() -> None:
    desk = Desk()
    desk.takes(300, 1)
    assert CASH_DESK.decode_state(CASH_DESK.encode_state(desk.desks[0])) == desk.desks[0]


def test_same_terms_again_open_nothing() -> None:
    assert decide(Desk().desks[0], opening(), at(2)) == []
