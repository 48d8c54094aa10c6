"""The copy as a paper for the debtor, in Chinese or English."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from arrears.subject.gathering import Copy
from chassis.documents.typeset import Typesetter

_LAYOUT = (Path(__file__).parent / "copy.typ").read_text("utf-8")
_TITLES = {
    "zh": "个人信息副本",
    "en": "A copy of your personal data",
}
_SECTIONS: Mapping[str, tuple[str, str]] = {
    "about": ("说明", "About this copy"),
    "debtor": ("您的信息", "Who you are"),
    "balance": ("余额", "What is owed"),
    "items": ("账单", "Invoices"),
    "payments": ("付款", "Payments"),
    "statement": ("对账单", "Statement"),
    "late_fees": ("滞纳金", "Late fees"),
    "standing": ("催收状态", "Where your case stands"),
    "timeline": ("经过", "What happened"),
    "notices": ("通知", "Notices to you"),
    "opt_outs": ("退订", "Channels you declined"),
    "documents": ("法律文书", "Legal documents"),
    "matter": ("诉讼", "Legal proceedings"),
    "inventories": ("清点记录", "Inventories"),
    "write_offs": ("核销", "Debts given up"),
    "shown_to": ("查阅记录", "Who was shown your data"),
}
_MINOR = {"zh": "金额以最小货币单位（分）计。", "en": "Amounts are in minor units (cents)."}


def pdf(setter: Typesetter, copy: Copy, language: str, at: datetime) -> bytes:
    """The copy as a PDF: a section each, with every value that is kept; amounts in minor units.

    A character that cannot be set is 〓, and named at the end.
    """
    data = {
        "lang": language,
        "title": _TITLES[language],
        "note": _MINOR[language],
        "sections": list(_sections(copy, language)),
    }
    return setter.pdf(_LAYOUT, setter.settable(data), at=at)


def _sections(copy: Copy, language: str) -> Iterator[dict[str, Any]]:
    for name, titles in _SECTIONS.items():
        title = titles[0 if language == "zh" else 1]
        value = copy[name]
        records = value if isinstance(value, list) else [value]
        told = [list(_lines(record, "")) for record in records if record]
        yield {"title": title, "records": [lines for lines in told if lines]}


def _lines(value: Any, name: str) -> Iterator[Sequence[str]]:
    """Each value with the path to it; what is null or empty is left out."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _lines(each, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for number, each in enumerate(value, start=1):
            yield from _lines(each, f"{name} {number}")
    elif value not in (None, ""):
        yield name.replace("_", " "), str(value)
