"""Notices that went out in a time the store no longer knows are not sent again."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.notifier.domain import commands as c
from services.notifier.domain import events as e
from services.notifier.domain.decide import decide
from services.notifier.domain.evolve import evolve
from services.notifier.domain.state import Account

NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)
SENT = datetime(2026, 3, 10, 9, tzinfo=UTC)


def _sent(notice_id: str = "n-7", *, step: str = "s1", sha256: str = "aa") -> e.SentEarlier:
    return e.SentEarlier(
        notice_id=notice_id,
        about=e.About("sms", "reminder", "c-1", step),
        reference="msg-1",
        at=SENT,
        day=date(2026, 3, 10),
        to_masked="***8000",
        sha256=sha256,
        until=NOW + timedelta(days=3),
        fates=(e.Fate("delivered", SENT),),
    )


def _wanted(notice_id: str = "n-7", *, step: str = "s1") -> e.NoticeRequested:
    return e.NoticeRequested(
        notice_id=notice_id,
        purpose="reminder",
        channel="sms",
        recipients="first",
        template="reminder",
        needs_overdue=True,
        ledger_version=1,
        requested_at=NOW,
        case_id="c-1",
        step=step,
    )


def _after(*events: e.Event) -> Account:
    state = Account("acme", "P-1")
    for event in events:
        state = evolve(state, event)
    return state


def _take(state: Account, notice_id: str) -> list[e.Event]:
    return decide(state, c.TakeEarlier(notice_id, NOW))


@pytest.mark.parametrize("notice_id", ["n-7", "n-9"])
def test_one_asked_for_again_is_sent_when_it_was_under_whatever_id(notice_id: str) -> None:
    state = _after(_sent(), _wanted(notice_id))
    attempted, sent, delivered = _take(state, notice_id)
    assert isinstance(attempted, e.NoticeAttempted)
    assert isinstance(sent, e.NoticeSent)
    assert isinstance(delivered, e.DeliveryRecorded)
    assert (sent.notice_id, sent.at, sent.reference) == (notice_id, SENT, "msg-1")
    after = _after(_sent(), _wanted(notice_id), attempted, sent, delivered)
    assert (after.open, after.earlier, after.sent[0].result) == ({}, (), "delivered")


def test_each_that_went_out_stands_for_one() -> None:
    state = _after(_sent(), _wanted("n-8"))
    state = _after(_sent(), _wanted("n-8"), *_take(state, "n-8"), _wanted("n-9"))
    assert _take(state, "n-9") == []


def test_one_of_another_step_is_sent() -> None:
    assert _take(_after(_sent(), _wanted("n-9", step="s2")), "n-9") == []


def test_one_of_another_step_under_a_used_id_is_given_up_for_people_to_see() -> None:
    (failed,) = _take(_after(_sent(), _wanted(step="s2")), "n-7")
    assert isinstance(failed, e.NoticeFailed)
    assert failed.reason == "id_used"


def test_one_asked_for_days_later_is_sent() -> None:
    late = NOW + timedelta(days=3)
    state = _after(_sent(), _wanted("n-9"))
    assert decide(state, c.TakeEarlier("n-9", late)) == []


def test_the_same_id_comes_before_an_older_one() -> None:
    state = _after(_sent("n-1", sha256="bb"), _sent("n-7"), _wanted("n-7"))
    sent = _take(state, "n-7")[1]
    assert isinstance(sent, e.NoticeSent)
    assert sent.sha256 == "aa"


def test_one_that_is_on_its_way_has_arrived() -> None:
    state = _after(_wanted())
    learned = decide(state, c.KnowSent(_sent()))
    assert [type(one) for one in learned] == [e.NoticeAttempted, e.NoticeSent, e.DeliveryRecorded]


def test_one_that_is_known_as_sent_is_not_learned_again() -> None:
    known = decide(_after(_wanted()), c.KnowSent(_sent()))
    assert decide(_after(_wanted(), *known), c.KnowSent(_sent())) == []


def test_one_that_was_learned_is_not_learned_twice() -> None:
    assert decide(_after(_sent()), c.KnowSent(_sent())) == []
