"""What may not differ between a run in chaos and an undisturbed one is noticed."""

from collections import Counter

import pytest

from tests.chaos.facts import Sent, differences, sends, wrongly_sent
from tests.chaos.watching import Standings

BALANCE = ("berlin", "silent-1", 700)
ABOUT = ("berlin", "silent-1", "demand", "late")


def _sent(state: str, times: int) -> Sent:
    return Sent("n1", state, "sms", ABOUT, times)


def test_the_same_facts_do_not_differ() -> None:
    one = {"balances": Counter([BALANCE, BALANCE])}
    assert differences(one, {"balances": Counter([BALANCE, BALANCE])}) == {"balances": []}


@pytest.mark.parametrize("other", [[], [BALANCE, BALANCE], [("berlin", "silent-1", 600)]])
def test_a_fact_that_is_lost_doubled_or_another_is_told(other: list[tuple[object, ...]]) -> None:
    found = differences({"balances": Counter([BALANCE])}, {"balances": Counter(other)})
    assert found["balances"]


def test_facts_of_one_run_alone_are_told() -> None:
    assert differences({}, {"matters": Counter([BALANCE])})["matters"]


def test_notices_sent_once_or_never_meant_to_be_are_right() -> None:
    assert wrongly_sent([_sent("sent", 1), _sent("cancelled", 0)]) == []


@pytest.mark.parametrize(("state", "times"), [("sent", 0), ("sent", 2), ("cancelled", 1), ("", 1)])
def test_a_notice_that_was_not_sent_as_it_is_known_is_told(state: str, times: int) -> None:
    assert wrongly_sent([_sent(state, times)])


def test_sends_of_the_same_kind_add_up() -> None:
    assert sends([_sent("sent", 1), _sent("sent", 1), _sent("failed", 0)]) == {(*ABOUT, "sms"): 2}


def test_a_lane_stands_still_while_it_has_something_to_read_and_does_not_move() -> None:
    standings, lane = Standings(), ("ledger", "billing", 0)
    for at, offset, end in [(0, 0, 0), (5, 0, 3), (7, 1, 3), (11, 1, 9), (12, 9, 9), (30, 9, 9)]:
        standings.note(lane, offset, end, at)
    assert (standings.longest, standings.where) == (5, lane)
