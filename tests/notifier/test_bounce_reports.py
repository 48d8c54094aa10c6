"""What a report of a mail server says of a notice, whoever wrote it."""

from datetime import UTC, datetime

import pytest

from services.notifier.adapters.bounces import Bounce, read
from services.notifier.adapters.envelope import Envelopes
from services.notifier.adapters.mailbox import mailbox
from tests.notifier import reports

SENDER = mailbox("Accounts <notices@hospital.example>")
OURS = Envelopes(SENDER, "bounces+*@hospital.example")
AT = datetime(2026, 3, 10, 6, 40, tzinfo=UTC)
FAILED, DELAYED = Bounce("n-1:a", "failed", AT), Bounce("n-1:a", "delayed", AT)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (reports.HARD, FAILED),
        (reports.FULL, FAILED),
        (reports.LATE, DELAYED),
        (reports.EXPIRED, FAILED),
        (reports.DELIVERED, None),
        (("action:  FAILED", "status: 5.7.1"), FAILED),
    ],
)
def test_a_report_after_the_rfc(fields: tuple[str, ...], said: Bounce | None) -> None:
    assert read(reports.report(*fields), OURS) == said


def test_headers_alone_or_the_address_it_went_to_will_do() -> None:
    headers = reports.report(*reports.HARD, kind="text/rfc822-headers")
    assert read(headers, OURS) == FAILED
    bare = "Subject: x\n\ntext"
    to = OURS.reports_to("n-1:a")
    assert to == "bounces+n-1=3Aa@hospital.example"
    assert read(reports.report(*reports.HARD, to=to, returned=bare), OURS) == FAILED
    assert read(reports.report(*reports.HARD, returned=bare), OURS) is None


def test_a_mail_of_somebody_else_is_not_ours() -> None:
    theirs = reports.RETURNED.replace("hospital.example", "bank.example")
    assert read(reports.report(*reports.HARD, returned=theirs), OURS) is None


@pytest.mark.parametrize(
    ("raw", "fate"),
    [
        (reports.QMAIL, "failed"),
        (reports.in_chinese("550 5.1.1 Mailbox not found"), "failed"),
        (reports.in_chinese("550 User not found", "utf-8"), "failed"),
        (reports.in_chinese("552 Mailbox full", sender="MAILER-DAEMON@163.example"), "failed"),
        (reports.in_chinese("451 4.7.1 Try again later"), "delayed"),
        (reports.in_chinese("421 DT:SPM busy"), "delayed"),
    ],
)
def test_a_provider_with_words_of_its_own(raw: bytes, fate: str) -> None:
    bounce = read(raw, OURS)
    assert bounce is not None
    assert (bounce.notice_id, bounce.fate) == ("n-1:a", fate)


@pytest.mark.parametrize(
    "raw",
    [
        reports.ANSWER,
        reports.AWAY,
        reports.NO_REPORT,
        b"",
        reports.in_chinese("550 no", sender="zhang@qq.example"),
        reports.in_chinese("不存在"),
    ],
)
def test_what_is_no_report_says_nothing(raw: bytes) -> None:
    assert read(raw, OURS) is None


@pytest.mark.parametrize("notice_id", ["n-abc", "n:" + "a1.b2_" * 20, "..n..", "N-1.2"])
def test_a_notice_is_known_again_by_both(notice_id: str) -> None:
    assert OURS.notice_of_id(f"  {OURS.message_id(notice_id)}") == notice_id
    to = OURS.reports_to(notice_id)
    assert len(to.partition("@")[0]) <= 64
    if to != "bounces@hospital.example":
        assert OURS.notice_of_address(f"Reports <{to}>") == notice_id
    assert Envelopes(SENDER).reports_to(notice_id) == "notices@hospital.example"
    plain = Envelopes(SENDER, "bounces@hospital.example")
    assert plain.reports_to(notice_id) == "bounces@hospital.example"
    assert plain.notice_of_address("bounces@hospital.example") is None
