"""Facts, calculation and list of evidence, as the page has them."""

from datetime import date
from typing import Any

import pytest

from services.legal.evidence.bundle import sorted_json
from services.legal.rendering.annex_words import FACTS, WORDS
from services.legal.rendering.papers import Case, Papers
from tests.support.debian import require
from tests.support.papers import words_of

TITLE = {"zh": "民事起诉状", "en": "Statement of claim"}
HEAD = "ab" * 32


def _segment(first: str, last: str, days: int, amount: str, stopped: str | None = None) -> Any:
    return {
        "first": first, "last": last, "days": days, "principal": 333, "rate": "0.0005",
        "amount": amount, "stopped": stopped,
    }  # fmt: skip


FEES = [
    {
        "item_id": "I-1", "item": "rent", "due_on": "2026-01-31", "accrued": "1.8315", "cap": 333,
        "charged": 2, "paid": 1, "waived": 0, "late_fee": 1,
        "segments": [
            _segment("2026-02-01", "2026-02-10", 10, "1.665"),
            _segment("2026-02-11", "2026-02-12", 2, "0", "D-1"),
            _segment("2026-02-13", "2026-02-15", 3, "0", "deferral"),
            _segment("2026-02-16", "2026-02-16", 1, "0.1665"),
        ],
    }
]  # fmt: skip


def _happened(kind: str, day: str, **fields: Any) -> bytes:
    return sorted_json({"kind": kind, "day": day, "fields": {"note": "Wang Wu", **fields}})


ENTRIES = [
    ("timeline/0001-plan_broken.json", _happened("plan_broken", "2026-02-20", due=500, paid=100)),
    ("timeline/0009-promise_kept.json", _happened("promise_kept", "2026-03-01")),
    ("timeline/0002-secret_kind.json", _happened("secret_kind", "2026-02-21")),
    (
        "timeline/0003-payment_recorded.json",
        _happened("payment_recorded", "2026-02-22", received_on="2026-02-19", amount=100),
    ),
    (
        "notices/0001-demand-ems.json",
        sorted_json({
            "day": "2026-02-18", "sent_at": "2026-02-18T02:00:00Z", "purpose": "demand",
            "channel": "ems", "result": "signed", "to": "Wang Wu",
        }),
    ),
]  # fmt: skip


def _filed(language: str, claimed: int) -> str:
    body = f"{TITLE[language]}\n\n  1. rent\n\nAcme\n{language}\n"
    row = {
        "document_id": "L-1", "late_fee": claimed, "currency": "CNY",
        "issued_on": date(2026, 2, 28),
    }  # fmt: skip
    opened = {"body": body, "language": language}
    case = Case(ENTRIES, HEAD, FEES)
    paper = Papers().filing(opened, row, case)
    assert paper == Papers().filing(opened, row, case)
    return words_of(paper)


@pytest.mark.parametrize(
    ("language", "facts"),
    [
        (
            "zh",
            (
                "1.2026年2月18日，以特快专递方式发出催告函，结果：已签收（证据5）。"
                "2.2026年2月19日，收到付款人民币1.00元（证据4）。"
                "3.2026年2月20日，债务人未履行分期约定：到期应付人民币5.00元，实付人民币1.00元（证据1）。"
            ),
        ),
        (
            "en",
            (
                "1.On18February2026demandwentoutbyems;result:signed(exhibit5)."
                "2.On19February2026CNY1.00waspaid(exhibit4)."
                "3.On20February2026thedebtorbroketheplan:CNY5.00wasdue,CNY1.00waspaid(exhibit1)."
            ),
        ),
    ],
)
def test_facts_stand_in_the_order_of_time_with_their_exhibits(language: str, facts: str) -> None:
    require("fonts-noto-cjk", "poppler-utils")
    words = _filed(language, 1)
    assert facts in words
    assert "Wang" not in words
    # What happened after the document's day is evidence, and no fact of the document.
    assert ("promisekept" in words, "履行承诺" in words) == (language == "en", language == "zh")
    assert FACTS[language]["promise_kept"].replace(" ", "") not in words


def test_days_that_do_not_count_say_why_and_the_exact_amounts_add_up() -> None:
    require("fonts-noto-cjk", "poppler-utils")
    words = _filed("zh", 1)
    assert "2026年2月1日2026年2月10日103.330.05%0.01665" in words
    assert "2026年2月11日2026年2月12日23.330.05%不计（争议或分期期间）" in words
    assert "2026年2月13日2026年2月15日33.330.05%不计（延期期间）" in words
    assert "各段合计0.018315CNY（未取整）；上限人民币3.33元；取整后人民币0.02元" in words
    assert "已付人民币0.01元，已减免人民币0.00元；应付滞纳金人民币0.01元。" in words
    assert "出具时的账目" not in words
    assert "本文书按出具时的账目数字主张滞纳金人民币0.00元" in _filed("zh", 0)


def test_both_languages_say_the_same_things() -> None:
    assert WORDS["zh"].keys() == WORDS["en"].keys()
    assert FACTS["zh"].keys() == FACTS["en"].keys()
