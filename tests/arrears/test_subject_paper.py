"""A debtor's copy as a paper: every value is on it, whatever it is written in."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from arrears.subject.codes import CODES
from arrears.subject.paper import SECTIONS, pdf
from chassis.documents.typeset import typesetter
from contracts.words import vocabulary
from services.dunning.api.inputs import Ground
from services.dunning.api.models.cases import CaseState
from services.dunning.api.resolutions import RESOLUTION
from services.dunning.api.write_offs import WRITE_OFF
from services.dunning.domain.case.holds import OBJECTION_REVIEW
from services.ledger.api.requests import REFUND
from services.ledger.domain.erasure import Status
from services.legal.api.models import DocumentState, Movement, Term
from services.notifier.api.models import CallResult, State
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


def test_a_chinese_copy_has_no_word_of_ours_in_english() -> None:
    said = (
        *(vocabulary.Purpose, vocabulary.Channel, vocabulary.Recipients, vocabulary.Choosing),
        *(vocabulary.Masking, vocabulary.DeliveryResult, vocabulary.Document, vocabulary.LegalStep),
        *(vocabulary.Decision, vocabulary.DisputeKind, vocabulary.DisputeOutcome),
        *(vocabulary.ItemStatus, vocabulary.Allocation, vocabulary.LateFeeStart, vocabulary.Role),
        *(Ground, CaseState, Status, DocumentState, Term, CallResult, State),
        Movement.model_fields["what"].annotation,
    )
    words = {word for one in said for word in get_args(one)}
    assert (words | {OBJECTION_REVIEW, RESOLUTION, REFUND, WRITE_OFF}) - set(CODES) == set()


@pytest.mark.parametrize(
    ("language", "told"),
    [("zh", "理由类别限制处理内容入库清偿顺序先还本金"), ("en", "restrictionwhatstored")],
)
def test_a_debtors_right_is_named_in_their_language(language: str, told: str) -> None:
    fields = {"ground": "restriction", "what": "stored", "allocation": "principal_first"}
    made = copy(timeline=[{"fields": fields}])
    assert told in words_of(pdf(typesetter(), made, language, AT))
