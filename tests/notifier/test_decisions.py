"""Given what happened to an account, when something is asked, then these events."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from chassis.errors import NotFound, Rejected
from chassis.owed.debtor import DebtorErased
from chassis.owed.ledger import LedgerSeen, OpenItem
from services.notifier.domain import commands as c
from services.notifier.domain import events as e
from services.notifier.domain.commands import AttemptResult, RecordDelivery
from services.notifier.domain.decide import decide, wake_at
from services.notifier.domain.evolve import IN_DOUBT_AFTER, evolve
from services.notifier.domain.state import Account, initial_account
from services.notifier.domain.terms import Terms

NOW = datetime(2026, 3, 10, 1, tzinfo=UTC)
TERMS = Terms("acme", "Asia/Shanghai", "CNY")
REQUESTED = e.NoticeRequested(
    notice_id="N-1",
    purpose="reminder",
    channel="sms",
    recipients="first",
    template="reminder",
    needs_overdue=True,
    ledger_version=3,
    requested_at=NOW,
    case_id="C-1",
)
OWED = OpenItem("I-1", "rent", date(2026, 3, 8), 100, overdue=True)
OVERDUE = LedgerSeen(3, 100, 0, date(2026, 3, 8), "CNY", date(2026, 3, 10))
CLEARED = LedgerSeen(4, 0, 0, None, "CNY", date(2026, 3, 10))
KNOWN = e.DebtorUpserted(b"sealed")
ABOUT = e.About("sms", "reminder", "C-1")
ATTEMPTED = e.NoticeAttempted("N-1", 1, NOW, date(2026, 3, 10), "***8000", "ab", b"sealed")
SENT = e.NoticeSent("N-1", "ref", NOW, "***8000", "ab", 1, ABOUT)


@dataclass
class Given:
    """An account after some events."""

    events: tuple[Any, ...]
    state: Account = field(init=False)

    def __post_init__(self) -> None:
        self.state = initial_account("account-acme/P-1")
        for event in self.events:
            self.state = evolve(self.state, event)

    def gate(self, now: datetime = NOW, terms: Terms = TERMS) -> list[e.Event]:
        return decide(self.state, c.CheckNotice("N-1", terms, now))


def given(*events: Any) -> Given:
    return Given(events)


def test_nothing_stands_in_the_way_of_a_notice_that_is_due() -> None:
    assert given(KNOWN, OVERDUE, REQUESTED).gate() == []


def test_what_is_cleared_meanwhile_is_not_sent() -> None:
    stopped = given(KNOWN, OVERDUE, REQUESTED, CLEARED).gate()
    assert stopped == [e.NoticeSuppressed("N-1", "cleared", ABOUT)]


def test_an_older_view_that_shows_nothing_overdue_decides_nothing() -> None:
    older = LedgerSeen(2, 0, 0, None, "CNY", date(2026, 3, 9))
    waiting = given(KNOWN, older, REQUESTED).gate()
    assert waiting == [e.NoticeDeferred("N-1", NOW + timedelta(minutes=1), "ledger")]
    assert given(KNOWN, older, REQUESTED).gate(NOW + timedelta(minutes=10)) == []


PAUSED = e.NoticePaused("N-1")
EVENING = e.NoticeDeferred("N-1", NOW + timedelta(hours=11), "hours")


@pytest.mark.parametrize("before", [(REQUESTED,), (REQUESTED, EVENING)])
def test_what_has_not_left_when_its_case_is_paused_waits_without_an_end(before: Any) -> None:
    assert decide(given(*before).state, c.PauseCase("C-1")) == [PAUSED]
    waiting = given(*before, PAUSED).state
    assert wake_at(waiting) is None
    assert decide(waiting, c.PauseCase("C-1")) == []
    assert decide(waiting, c.ResumeCase()) == [e.NoticeReleased("N-1")]


def test_another_case_or_a_notice_under_way_is_not_held_up() -> None:
    assert decide(given(REQUESTED).state, c.PauseCase("C-2")) == []
    assert decide(given(REQUESTED, ATTEMPTED).state, c.PauseCase("C-1")) == []


def test_a_notice_that_needs_nothing_overdue_goes_in_a_pause_too() -> None:
    bill = msgspec.structs.replace(REQUESTED, needs_overdue=False)
    assert decide(given(bill, EVENING).state, c.PauseCase("C-1")) == []


def test_a_hold_keeps_back_what_no_pause_of_a_case_does() -> None:
    bill = msgspec.structs.replace(REQUESTED, needs_overdue=False)
    assert decide(given(bill, EVENING).state, c.PlaceHold()) == [PAUSED]
    assert decide(given(REQUESTED).state, c.PlaceHold()) == []
    held = given(bill, EVENING, PAUSED).state
    assert wake_at(held) is None
    assert decide(held, c.ReleaseHold()) == [e.NoticeReleased("N-1")]
    assert decide(given(REQUESTED, PAUSED).state, c.ReleaseHold()) == []


def test_what_a_pause_held_up_is_given_up_when_the_case_closes() -> None:
    gone = [e.NoticeSuppressed("N-1", "cleared", ABOUT)]
    assert decide(given(REQUESTED, PAUSED).state, c.EndCase("C-1")) == gone
    assert decide(given(REQUESTED, EVENING).state, c.EndCase("C-1")) == []


def test_a_late_fee_alone_is_still_overdue() -> None:
    fee_left = LedgerSeen(4, 0, 500, date(2026, 3, 8), "CNY", date(2026, 3, 10))
    assert given(KNOWN, REQUESTED, fee_left).gate() == []


def test_without_terms_a_notice_waits_and_then_fails() -> None:
    unknown = Terms("acme")
    (waits,) = given(KNOWN, OVERDUE, REQUESTED).gate(terms=unknown)
    assert isinstance(waits, e.NoticeDeferred)
    (fails,) = given(KNOWN, OVERDUE, REQUESTED).gate(NOW + timedelta(hours=24), unknown)
    assert fails == e.NoticeFailed("N-1", "no_terms", ABOUT)


def test_a_retry_does_not_count_as_another_contact() -> None:
    six = [e.ContactSeen("C-1", date(2026, 3, 9))] * 6
    deferred = e.NoticeDeferred("N-1", NOW, "retry")
    account = given(KNOWN, OVERDUE, *six, REQUESTED, ATTEMPTED, deferred, e.NoticeReleased("N-1"))
    assert len(account.state.contacts) == 7
    assert account.gate() == []
    again = evolve(account.state, e.NoticeAttempted("N-1", 2, NOW, date(2026, 3, 10), "", "", b""))
    assert len(again.contacts) == 7


def test_a_channel_nobody_knows_is_refused_by_name() -> None:
    odd = e.NoticeRequested(
        "N-2", "reminder", "pigeon", "first", "reminder", needs_overdue=True, ledger_version=1,
        requested_at=NOW,
    )  # fmt: skip
    with pytest.raises(Rejected, match="pigeon"):
        decide(given().state, c.RequestNotice(odd))


@pytest.mark.parametrize("before", [(REQUESTED,), (REQUESTED, ATTEMPTED, SENT)])
def test_a_repeated_request_is_one_notice(before: tuple[Any, ...]) -> None:
    assert decide(given(*before).state, c.RequestNotice(REQUESTED)) == []


def test_an_attempt_without_result_is_in_doubt_after_a_while() -> None:
    state = given(REQUESTED, ATTEMPTED).state
    assert wake_at(state) == NOW + IN_DOUBT_AFTER
    assert decide(state, c.Wake(NOW + IN_DOUBT_AFTER - timedelta(seconds=1))) == []
    assert decide(state, c.Wake(NOW + IN_DOUBT_AFTER)) == [e.NoticeInDoubt("N-1")]


def test_a_result_that_comes_late_still_counts() -> None:
    state = given(REQUESTED, ATTEMPTED, e.NoticeInDoubt("N-1")).state
    told = decide(state, c.Conclude("N-1", AttemptResult("accepted", "ref"), NOW))
    assert told == [SENT]
    assert decide(evolve(state, SENT), c.Conclude("N-1", AttemptResult("accepted"), NOW)) == []


def test_a_notice_that_was_never_attempted_has_no_result() -> None:
    assert decide(given(REQUESTED).state, c.Conclude("N-1", AttemptResult("accepted"), NOW)) == []
    assert decide(given(REQUESTED, ATTEMPTED).state, c.FindOut("N-1", "sent", "", NOW)) == []


def test_an_attempt_counts_before_the_gateway_is_called() -> None:
    state = given(REQUESTED).state
    day = date(2026, 3, 10)
    attempt = c.AttemptNotice("N-1", "***8000", "ab", b"sealed", "", now=NOW, day=day)
    assert decide(state, attempt) == [ATTEMPTED]
    assert evolve(state, ATTEMPTED).open["N-1"].stage == "sending"


def test_deliveries_go_to_the_latest_notice_and_are_told_once() -> None:
    state = given(REQUESTED, ATTEMPTED, SENT).state
    command = RecordDelivery("sms", "delivered", NOW)
    (told,) = decide(state, command)
    assert told == e.DeliveryRecorded("N-1", "delivered", NOW, ABOUT)
    assert decide(evolve(state, told), command) == []


def test_a_delivery_of_nothing_is_not_found() -> None:
    with pytest.raises(NotFound, match="no notice was sent by ems"):
        decide(given(REQUESTED).state, RecordDelivery("ems", "signed", NOW))


def test_erasing_gives_up_what_waits_and_keeps_nothing_sealed() -> None:
    state = given(KNOWN, REQUESTED).state
    events = decide(state, c.EraseDebtor())
    assert events == [e.NoticeSuppressed("N-1", "erased", ABOUT), DebtorErased()]
    for event in events:
        state = evolve(state, event)
    assert (state.profile, state.open) == (b"", {})
    assert decide(state, c.EraseDebtor()) == []


@pytest.mark.parametrize(("waits", "goes"), [(99, True), (100, False)])
def test_a_notice_with_nothing_left_to_ask_for_is_suppressed(waits: int, goes: bool) -> None:
    covered = replace(OVERDUE, prepaid=waits, changed=(OWED,))
    suppressed = [] if goes else [e.NoticeSuppressed("N-1", "cleared", ABOUT)]
    assert given(KNOWN, covered, REQUESTED).gate() == suppressed


def test_a_paid_item_makes_its_reminder_pointless() -> None:
    item = OpenItem("I-1", "rent", date(2026, 3, 20), 5000, overdue=False)
    other = OpenItem("I-2", "rent", date(2026, 4, 20), 5000, overdue=False)
    seen = LedgerSeen(3, 0, 0, None, "CNY", date(2026, 3, 10), (item, other))
    early = e.NoticeRequested(
        "N-1", "reminder", "sms", "first", "reminder", needs_overdue=False, ledger_version=3,
        requested_at=NOW, case_id="C-1", variables={"due_on": "2026-03-20"},
    )  # fmt: skip
    assert given(KNOWN, seen, early).gate() == []
    paid = LedgerSeen(4, 0, 0, None, "CNY", date(2026, 3, 10), closed=("I-1",))
    stopped = given(KNOWN, seen, early, paid).gate()
    assert stopped == [e.NoticeSuppressed("N-1", "cleared", ABOUT)]
