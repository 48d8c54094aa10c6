"""Whether what was decided may be done now."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from chassis.owed import gate
from chassis.owed.ledger import LedgerView
from tests.chassis.owed.figures import balance, item, view_of

NOW = datetime(2026, 3, 10, 1, tzinfo=UTC)
TODAY = date(2026, 3, 10)
OWES = view_of(balance(3, item()))
CLEARED = view_of(balance(3, item("I-1", 0, overdue=False, state="settled")))


@dataclass(frozen=True)
class Asked:
    """Something that was decided on a version of the ledger."""

    ledger_version: int
    requested_at: datetime = NOW


@pytest.mark.parametrize(
    ("view", "version", "cleared"),
    [
        (OWES, 3, False),
        (CLEARED, 2, True),
        (CLEARED, 3, True),
        (CLEARED, 4, False),
        (LedgerView(), 0, False),
        (LedgerView(), 1, False),
    ],
)
def test_only_a_view_as_new_as_the_decision_says_that_nothing_is_owed(
    view: LedgerView, version: int, cleared: bool
) -> None:
    assert gate.is_cleared(view, Asked(version), TODAY) is cleared


@pytest.mark.parametrize(
    ("profile", "terms", "version", "missing"),
    [
        (True, True, 3, None),
        (False, False, 4, "profile"),
        (True, False, 4, "terms"),
        (True, True, 4, "ledger"),
    ],
)
def test_what_is_missing_is_named_one_at_a_time(
    profile: bool, terms: bool, version: int, missing: str | None
) -> None:
    found = gate.missing(OWES, Asked(version), NOW, TODAY, profile=profile, terms=terms)
    assert found == missing


def test_the_ledger_is_waited_for_ten_minutes() -> None:
    def missing(waited: timedelta) -> str | None:
        return gate.missing(OWES, Asked(4), NOW + waited, TODAY, profile=True, terms=True)

    assert missing(timedelta(minutes=9, seconds=59)) == "ledger"
    assert missing(timedelta(minutes=10)) is None


@pytest.mark.parametrize(
    ("waited", "pause"),
    [
        (timedelta(0), timedelta(minutes=1)),
        (timedelta(minutes=20), timedelta(minutes=20)),
        (timedelta(hours=5), timedelta(hours=1)),
        (timedelta(hours=23, minutes=59), timedelta(hours=1)),
    ],
)
def test_the_longer_the_wait_the_longer_the_pause(waited: timedelta, pause: timedelta) -> None:
    assert gate.look_again(Asked(3), NOW + waited) == NOW + waited + pause


def test_after_a_day_nobody_waits_any_more() -> None:
    assert gate.look_again(Asked(3), NOW + timedelta(hours=24)) is None


class TestWhoeverDecidesIsAheadOfTheLedgersWord:
    """The due date has passed; what the ledger last said is from before it did."""

    fell_due = item("I-1", due_on=TODAY - timedelta(days=1), overdue=False)
    view = view_of(balance(3, fell_due, as_of=TODAY - timedelta(days=1)))

    def test_what_fell_due_since_is_not_cleared(self) -> None:
        assert not gate.is_cleared(self.view, Asked(3), TODAY)

    def test_the_ledgers_word_is_waited_for(self) -> None:
        missing = gate.missing(self.view, Asked(3), NOW, TODAY, profile=True, terms=True)
        assert missing == "ledger"

    def test_a_view_of_today_may_say_that_nothing_is_overdue(self) -> None:
        disputed = view_of(balance(4, self.fell_due, as_of=TODAY))
        assert gate.is_cleared(disputed, Asked(3), TODAY)
