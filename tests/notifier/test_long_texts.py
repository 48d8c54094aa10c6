"""A text message that would be too long is made shorter where it lists, nowhere else."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.owed.ledger import LedgerView, OpenItem
from services.notifier.domain.destinations import Profile
from services.notifier.domain.state import Account, OpenNotice
from services.notifier.domain.terms import Terms
from services.notifier.rendering.compose import SMS_CHARACTERS_MAX, Letter, compose
from services.notifier.rendering.templates import Templates
from services.notifier.settings import Sender
from tests.notifier.test_texts import PURPOSES

TEMPLATES = Templates()
CONTACT = "0871-12345678"
LAST_DAY = {"zh": "2026年3月31日", "en": "31 March 2026"}
BANK = "6222000000000000000"
HOW = f"微信公众号“昆明停车”或任一收费点；对公转账：中国工商银行昆明南屏支行，账号{BANK}。" * 2
WHERE = "地下二层停车场C区{}号泊位（靠近3号电梯厅，人防分区内，二次入场，含超时附加收费）" * 2


def _text(
    purpose: str = "arrears_notice",
    language: str = "zh",
    *,
    places: list[str],
    name: str = "张三丰",
    creditor: str = "昆明市停车管理有限公司",
    how_to_pay: str = HOW,
    templates: Templates = TEMPLATES,
) -> str:
    due = date(2026, 3, 8)
    items = {
        f"I-{n:04}": OpenItem(f"I-{n:04}", "parking_fee", due, 1000, overdue=True)
        for n in range(len(places))
    }
    total = 1000 * len(places)
    notice = OpenNotice(
        notice_id="N-1",
        purpose=purpose,
        channel="sms",
        recipients="first",
        template=purpose,
        needs_overdue=True,
        ledger_version=3,
        requested_at=datetime(2026, 3, 15, 1, tzinfo=UTC),
        respond_by=date(2026, 3, 31),
        policy="parking",
    )
    letter = Letter(
        Sender(name=creditor, contact=CONTACT, how_to_pay=how_to_pay),
        Account("acme", "P-1", ledger=LedgerView(3, total, 0, due, "CNY", due, items)),
        notice,
        Profile(name=name),
        Terms("acme", "Asia/Shanghai", "CNY", (language,)),
        "+8613800138000",
        date(2026, 3, 15),
        {key: {"place": place} for key, place in zip(items, places, strict=True)},
    )
    return compose(templates, letter).body


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("purpose", PURPOSES)
def test_amount_last_day_and_contact_stay_in_every_long_text(purpose: str, language: str) -> None:
    text = _text(purpose, language, places=[WHERE.format(n, n) for n in range(3)])
    assert len(text) <= SMS_CHARACTERS_MAX
    for wanted in ("30.00", LAST_DAY[language], CONTACT, BANK, "P-1", "张三丰"):
        assert wanted in text
    assert text.endswith(("请忽略。", "ignore this."))


@pytest.mark.parametrize(
    ("language", "told"), [("zh", "（甲区…；另有4笔）"), ("en", " (甲区…; and 4 more)")]
)
def test_what_is_not_listed_is_counted(language: str, told: str) -> None:
    text = _text(language=language, places=["甲区" + "长" * 160] * 5, how_to_pay="某" * 180)
    opening, closing = told.split("…")
    assert opening in text
    assert closing in text
    assert "50.00" in text


def test_places_that_fit_are_all_listed() -> None:
    text = _text(places=["甲区1号", "乙区2号", "丙区3号"])
    assert "（甲区1号；乙区2号；丙区3号）" in text
    assert "另有" not in text


def test_a_fourth_place_is_counted_even_where_there_is_room() -> None:
    assert "丙区；另有2笔）" in _text(places=["甲区", "乙区", "丙区", "丁区", "戊区"])


def test_one_place_longer_than_the_text_is_cut() -> None:
    text = _text(places=["甲" * 4000], how_to_pay="")
    assert "甲甲…）" in text
    assert len(text) == SMS_CHARACTERS_MAX


def test_a_policys_own_list_is_shortened_too(tmp_path: Path) -> None:
    folder = tmp_path / "parking" / "zh"
    folder.mkdir(parents=True)
    (folder / "demand.sms.j2").write_text(
        "{% for one in items %}{{ one.name }}{{ one.amount }}（{{ one.due_on }}到期）；{% endfor %}"
        "{% if left_out %}另{{ left_out }}项；{% endif %}"
        "合计{{ total }}，{{ pay_by }}前，{{ contact }}"
    )
    text = _text("demand", places=[""] * 40, templates=Templates(tmp_path))
    assert text.startswith("停车费人民币 10.00 元（2026年3月8日到期）；停车费")
    assert text.endswith(f"合计人民币 400.00 元，2026年3月31日（含）前，{CONTACT}")
    assert SMS_CHARACTERS_MAX - 40 < len(text) <= SMS_CHARACTERS_MAX


@given(
    purpose=st.sampled_from(PURPOSES),
    language=st.sampled_from(["zh", "en"]),
    places=st.lists(st.integers(0, 400).map("区".__mul__), min_size=1, max_size=6),
    lengths=st.tuples(*[st.integers(1, 200)] * 2, st.integers(0, 900)),
)
def test_whatever_is_long_the_limit_holds_and_what_matters_stays(
    purpose: str, language: str, places: list[str], lengths: tuple[int, int, int]
) -> None:
    name, creditor, how = lengths
    text = _text(
        purpose,
        language,
        places=places,
        name="名" * name,
        creditor="司" * creditor,
        how_to_pay="付" * how,
    )
    assert len(text) <= SMS_CHARACTERS_MAX
    for wanted in (f"{len(places)}0.00", LAST_DAY[language], CONTACT, "P-1"):
        assert wanted in text
