"""A debtor's copy as a paper: every value is on it, whatever it is written in."""

from datetime import UTC, datetime
from typing import Any

import pytest

from arrears.subject.paper import _SECTIONS, pdf
from chassis.documents.typeset import typesetter
from tests.support.papers import text_of

AT = datetime(2026, 4, 1, tzinfo=UTC)


def copy(**sections: Any) -> dict[str, Any]:
    return {**dict.fromkeys(_SECTIONS), "about": {"creditor": "lender"}, **sections}


@pytest.mark.parametrize(("language", "title"), [("zh", "个人信息副本"), ("en", "A copy of your")])
def test_every_value_is_on_it(language: str, title: str) -> None:
    notices = [{"text": "请付款", "tried": [{"channel": "sms"}]}, {"text": "Pay #now *please*"}]
    made = copy(debtor={"name": "欧阳漱玉", "phones": ["+8613912345678"]}, notices=notices)
    text = text_of(pdf(typesetter(), made, language, AT))
    told = (title, "lender", "欧阳漱玉", "+8613912345678", "请付款", "sms", "Pay #now *please*")
    assert [one for one in told if one not in text] == []


def test_a_character_no_font_has_is_named() -> None:
    made = copy(debtor={"name": "Ann \U0001f600"})
    assert "U+1F600" in text_of(pdf(typesetter(), made, "en", AT))
