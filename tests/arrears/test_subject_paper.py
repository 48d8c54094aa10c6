"""A debtor's copy as a paper: every value is on it, whatever it is written in."""

from datetime import UTC, datetime
from typing import Any

import pytest

from arrears.subject.paper import SECTIONS, pdf
from chassis.documents.typeset import typesetter
from tests.support.papers import text_of, words_of

AT = datetime(2026, 4, 1, 3, 4, 5, 678_901, tzinfo=UTC)


def copy(**sections: Any) -> dict[str, Any]:
    return {**dict.fromkeys(SECTIONS), "about": {"creditor": "lender"}, **sections}


@pytest.mark.parametrize(("language", "title"), [("zh", "个人信息副本"), ("en", "A copy of your")])
def test_every_value_is_on_it(language: str, title: str) -> None:
    notices = [{"text": "请付款", "tried": [{"reason": "Napped"}]}, {"text": "Pay #now *please*"}]
    made = copy(debtor={"name": "欧阳漱玉", "phones": ["+8613912345678"]}, notices=notices)
    text = text_of(pdf(typesetter(), made, language, AT))
    told = (title, "lender", "欧阳漱玉", "+8613912345678", "请付款", "Napped", "Pay #now *please*")
    assert [one for one in told if one not in text] == []


def test_a_character_no_font_has_is_named() -> None:
    made = copy(debtor={"name": "Ann \U0001f600"})
    assert "U+1F600" in text_of(pdf(typesetter(), made, "en", AT))


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh", "金额4,800JPY收款时间2026年4月1日18:30:00付款方式转账有异议否其他（sesame）7"),
        ("en", "amount4,800JPYreceivedat1April202618:30:00methodofpaymenttransferdisputedno"),
    ],
)
def test_it_reads_as_people_write(language: str, told: str) -> None:
    about = {"creditor": "lender", "time_zone": "Asia/Shanghai", "currency": "CNY"}
    payment = {
        "amount": 4800,
        "currency": "JPY",
        "received_at": "2026-04-01T10:30:00Z",
        "method": "transfer",
        "disputed": False,
        "sesame": 7,
    }
    made = copy(about=about, payments=[payment], balance={"total": 830_050})
    text = words_of(pdf(typesetter(), made, language, AT))
    assert "8,300.50CNY" in text
    assert told in text.replace("币种JPY", "").replace("currencyJPY", "")
