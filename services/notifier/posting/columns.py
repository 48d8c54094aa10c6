"""What the columns of a posting list are called, and how a person writes results and days in it."""

import re
from datetime import date

from contracts.words.vocabulary import DeliveryResult

COLUMNS: dict[str, tuple[str, ...]] = {
    "zh": (
        *("序号", "通知编号", "账号", "收件人", "收件地址", "内件品名"),
        *("邮件号码", "交寄日期", "投递结果", "结果日期"),
    ),
    "en": (
        *("number", "notice", "account", "addressee", "address", "content"),
        *("receipt", "posted on", "result", "result on"),
    ),
}
"""In the order of the English names, which the code uses."""

LABELS = {
    "zh": {"registered_letter": "挂号信", "ems": "特快专递（EMS）"},
    "en": {"registered_letter": "Registered letter", "ems": "EMS"},
}

_RESULTS: dict[DeliveryResult, tuple[str, ...]] = {
    "signed": ("signed", "签收", "已签收", "本人签收", "他人签收", "代签收"),
    "delivered": ("delivered", "妥投", "已妥投", "已投递"),
    "refused": ("refused", "拒收", "拒签"),
    "returned": ("returned", "退回", "已退回", "退件"),
    "failed": ("failed", "未妥投", "投递失败", "丢失"),
}
_RESULT_OF = {word: result for result, words in _RESULTS.items() for word in words}
_NAME_OF = {
    name: english
    for names in COLUMNS.values()
    for name, english in zip(names, COLUMNS["en"], strict=True)
}
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?")
_CONTENTS = re.compile(r"^(?:内件品名：|Contents: )(.+)$", re.MULTILINE)


def column_named(text: str) -> str:
    """The English name of a column, or the text itself where it is none of ours."""
    told = text.strip().lower()
    return _NAME_OF.get(told, told)


def result_named(text: str) -> DeliveryResult | None:
    """The delivery result that a person or the post means."""
    return _RESULT_OF.get(text.strip().lower())


def day_of(text: str) -> date | None:
    """A day as people and spreadsheets write it; `None` where it is none."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        return None


def content_line(subject: str, body: str) -> str:
    """What is declared to be in the envelope: the line of the template, else what the letter is."""
    found = _CONTENTS.search(body)
    return found[1].strip() if found is not None else subject
