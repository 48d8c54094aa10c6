"""Every purpose on every channel in both languages, as a person reads it."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from chassis.errors import Malformed, Misconfigured
from chassis.owed.ledger import LedgerView, OpenItem
from contracts.words.formats import day, item_name, language_of, money
from contracts.words.late_fee import Accrual
from contracts.words.vocabulary import CHANNELS
from services.notifier.domain.destinations import Profile
from services.notifier.domain.state import Account, OpenNotice
from services.notifier.domain.terms import Terms
from services.notifier.rendering.compose import SMS_CHARACTERS_MAX, Content, Letter, compose
from services.notifier.rendering.templates import Templates
from services.notifier.settings import Sender

PURPOSES = ("bill", "reminder", "arrears_notice", "demand", "final_demand")
TODAY = date(2026, 3, 15)
TEMPLATES = Templates()
OVERDUE = OpenItem(
    "INV-1",
    "medical_fee",
    date(2026, 3, 8),
    830000,
    overdue=True,
    accrual=Accrual(date(2026, 3, 10), "830", "415", 830000, 0),
)
COMING = OpenItem("INV-2", "medical_fee", date(2026, 3, 28), 120000, overdue=False)
COMPANY = Profile(name="锦云餐饮有限公司", kind="company", legal_representative="陈立")
PERSON = Profile(name="张三丰")


def _write(
    purpose: str,
    channel: str,
    *,
    language: str = "zh",
    needs_overdue: bool = True,
    profile: Profile = PERSON,
    templates: Templates = TEMPLATES,
    sender: Sender | None = None,
    view: LedgerView | None = None,
    **changes: Any,
) -> Content:
    items = {one.item_id: one for one in (OVERDUE, COMING)}
    seen = LedgerView(3, 830000, 830, date(2026, 3, 8), "CNY", date(2026, 3, 10), items)
    given: dict[str, Any] = {
        "notice_id": "N-1",
        "purpose": purpose,
        "channel": channel,
        "recipients": "first",
        "template": purpose,
        "needs_overdue": needs_overdue,
        "ledger_version": 3,
        "requested_at": datetime(2026, 3, 15, 1, tzinfo=UTC),
        "respond_by": date(2026, 3, 31),
        "policy": "county-hospital",
    } | changes
    letter = Letter(
        sender or Sender(name="青山县人民医院"),
        Account("acme", "P-1", ledger=view or seen),
        OpenNotice(**given),
        profile,
        Terms("acme", "Asia/Shanghai", "CNY", (language,)),
        "青山县河东路18号",
        TODAY,
    )
    return compose(templates, letter)


def _all(content: Content) -> str:
    return f"{content.subject}\n{content.body}"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("purpose", PURPOSES)
def test_the_overdue_total_of_the_day_and_the_name_are_in_every_notice(
    purpose: str, channel: str, language: str
) -> None:
    text = _all(_write(purpose, channel, language=language))
    # 8,300.00 of principal and 830 + 5 x 415 fen of late fee
    assert "8,329.05" in text
    is_public = channel == "public_list"
    assert ("张*丰" if is_public else "张三丰") in text
    assert not is_public or "张三丰" not in text
    assert ("2026年3月31日" if language == "zh" else "31 March 2026") in text
    assert "{" not in text
    assert "None" not in text


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("purpose", ["bill", "reminder"])
def test_before_the_due_date_only_what_falls_due_is_shown(
    purpose: str, channel: str, language: str
) -> None:
    text = _all(_write(purpose, channel, language=language, needs_overdue=False, respond_by=None))
    assert "1,200.00" in text
    assert "8,3" not in text
    assert ("2026年3月28日" if language == "zh" else "28 March 2026") in text


@pytest.mark.parametrize("channel", ["letter", "registered_letter", "ems"])
def test_a_letter_bears_heading_addressee_and_address(channel: str) -> None:
    content = _write("arrears_notice", channel, profile=COMPANY)
    assert content.subject == "欠费催缴通知书"
    for wanted in ("锦云餐饮有限公司", "法定代表人：陈立", "青山县河东路18号", "P-1", "医疗费"):
        assert wanted in content.body
    assert _write("demand", channel).subject == "费用催缴函"


def test_a_person_is_not_called_a_company() -> None:
    assert "先生/女士" in _write("demand", "letter").body
    assert "法定代表人" not in _write("demand", "letter").body


def test_late_fees_are_named_only_where_there_are_some() -> None:
    plain = OpenItem("INV-1", "rent", date(2026, 3, 8), 830000, overdue=True)
    view = LedgerView(3, 830000, 0, date(2026, 3, 8), "CNY", TODAY, {"INV-1": plain})
    for purpose in PURPOSES:
        for channel in CHANNELS:
            assert "滞纳金" not in _all(_write(purpose, channel, view=view))


def test_a_text_message_is_one_line_and_bounded() -> None:
    content = _write("reminder", "sms", sender=Sender(name="院" * 900))
    assert "\n" not in content.body
    assert len(content.body) == SMS_CHARACTERS_MAX


def test_line_breaks_of_a_name_cannot_add_mail_headers() -> None:
    content = _write(
        "demand", "email", sender=Sender(name="院"), profile=Profile(name="a\r\nBcc: b")
    )
    assert "\n" not in content.subject
    assert "\r" not in content.name


def test_figures_of_the_request_serve_when_the_ledger_has_not_told_yet() -> None:
    text = _all(
        _write(
            "reminder",
            "sms",
            ledger_version=9,
            variables={"principal": 4550, "late_fee": 50, "due_on": "2026-03-01"},
        )
    )
    assert "46.00" in text


def _waits(prepaid: int, *more: OpenItem) -> LedgerView:
    items = {one.item_id: one for one in (OVERDUE, COMING, *more)}
    told = (830000, 830, date(2026, 3, 8), "CNY", date(2026, 3, 10))
    return LedgerView(3, *told, items, prepaid)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("purpose", PURPOSES)
def test_money_that_waits_is_not_asked_for(purpose: str, channel: str, language: str) -> None:
    text = _all(_write(purpose, channel, language=language, view=_waits(300000)))
    assert "5,329.05" in text
    assert "8,3" not in text


def test_money_that_waits_goes_to_what_falls_due_first() -> None:
    later = OpenItem("INV-3", "rent", date(2026, 4, 28), 5000, overdue=False)
    view = _waits(832905 + 100000, later)
    first, second = ({"due_on": day} for day in ("2026-03-28", "2026-04-28"))
    reminder = _write("reminder", "letter", needs_overdue=False, view=view, variables=first)
    next_one = _write("reminder", "letter", needs_overdue=False, view=view, variables=second)
    bill = _write("bill", "letter", needs_overdue=False, view=_waits(832905 + 121000, later))
    assert "200.00" in reminder.body
    assert "50.00" in next_one.body
    assert "40.00" in bill.body
    assert "医疗费" not in bill.body


def test_a_reminder_is_about_the_one_due_date_it_names() -> None:
    other = OpenItem("INV-3", "rent", date(2026, 4, 28), 5000, overdue=False)
    view = LedgerView(3, 0, 0, None, "CNY", TODAY, {one.item_id: one for one in (COMING, other)})
    told = {"due_on": "2026-03-28"}
    reminder = _write("reminder", "letter", needs_overdue=False, view=view, variables=told)
    bill = _write("bill", "letter", needs_overdue=False, view=view, variables=told)
    assert "1,200.00" in reminder.body
    assert "1,250.00" not in reminder.body
    assert "1,250.00" in bill.body


def test_the_debtors_language_comes_before_the_creditors() -> None:
    assert _write("demand", "letter", profile=Profile(name="J. Doe", language="en")).subject == (
        "Demand for payment"
    )
    assert _write("demand", "letter", language="fr").subject == "费用催缴函"


@pytest.mark.parametrize(
    ("codes", "language"),
    [
        *((code, "en") for code in ("en", "EN", "en_US", "en-GB", "en_GB.UTF-8", " eng ")),
        *((code, "zh") for code in ("zh_TW", "zh-Hans-CN", "ZH", "chi", "cmn-Hans", "fr", "", "-")),
    ],
)
def test_a_language_is_known_however_its_code_is_written(codes: str, language: str) -> None:
    assert language_of(codes) == language
    assert language_of("fr_FR", codes) == language


def test_a_policys_own_text_comes_first(tmp_path: Path) -> None:
    folder = tmp_path / "county-hospital" / "zh"
    folder.mkdir(parents=True)
    (folder / "demand.paper.j2").write_text("本院催款函\n\n请付{{ total }}。\n")
    own = Templates(tmp_path)
    assert _write("demand", "letter", templates=own).subject == "本院催款函"
    assert _write("demand", "letter", templates=own, policy="mobile").subject == "费用催缴函"


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ items.append(1) }}",
        "{{ unknown }}",
        "{% include '/etc/passwd' %}",
        "{{ cycler.__init__.__globals__ }}",
    ],
)
def test_a_template_cannot_reach_out(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "county-hospital" / "zh"
    folder.mkdir(parents=True)
    (folder / "demand.paper.j2").write_text(text)
    with pytest.raises(Malformed, match="template"):
        _write("demand", "letter", templates=Templates(tmp_path))


def test_a_template_folder_that_is_not_there_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="does not exist"):
        Templates(tmp_path / "absent")


def test_the_hash_is_of_what_was_said() -> None:
    first, second = _write("demand", "letter"), _write("demand", "ems")
    assert first.said == second.said
    assert first.said != _write("final_demand", "letter").said


@pytest.mark.parametrize(
    ("amount", "currency", "language", "shown"),
    [
        (830000, "CNY", "zh", "人民币 8,300.00 元"),
        (5, "CNY", "zh", "人民币 0.05 元"),
        (830000, "CNY", "en", "CNY 8,300.00"),
        (830000, "JPY", "zh", "830,000 日元"),
        (1234567, "KWD", "en", "KWD 1,234.567"),
        (-12345, "USD", "en", "USD -123.45"),
        # by ISO 4217, which banks follow; prices are shown without them
        (1000, "HUF", "en", "HUF 10.00"),
        (1000, "IQD", "en", "IQD 1.000"),
        (100, "ZZZ", "zh", "1.00 ZZZ"),
    ],
)
def test_amounts_are_written_as_people_write_them(
    amount: int, currency: str, language: str, shown: str
) -> None:
    assert money(amount, currency, language) == shown


def test_days_and_items_are_written_as_people_write_them() -> None:
    assert day(date(2026, 3, 8), "zh") == "2026年3月8日"
    assert day(date(2026, 3, 8), "en") == "8 March 2026"
    assert item_name("water_fee", "zh") == "水费"
    assert item_name("pool_hire", "zh") == "pool hire"
    assert item_name("water_fee", "en") == "water fee"
