"""The copy as a paper for the debtor, in Chinese or English."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from arrears.subject.codes import AMOUNTS, CODED, CODES
from arrears.subject.fields import FIELDS
from arrears.subject.gathering import Copy
from chassis.documents.typeset import Typesetter
from contracts.words.formats import day, decimals, item_name

_LAYOUT = (Path(__file__).parent / "copy.typ").read_text("utf-8")
_TITLES = {
    "zh": "个人信息副本",
    "en": "A copy of your personal data",
}
SECTIONS: Mapping[str, tuple[str, str]] = {
    "about": ("说明", "About this copy"),
    "debtor": ("您的信息", "Who you are"),
    "balance": ("余额", "What is owed"),
    "items": ("账单", "Invoices"),
    "payments": ("付款", "Payments"),
    "receipts": ("现金收据", "Receipts for cash"),
    "statement": ("对账单", "Statement"),
    "late_fees": ("滞纳金", "Late fees"),
    "standing": ("催收状态", "Where your case stands"),
    "timeline": ("经过", "What happened"),
    "proposals": ("待第二人决定的事项", "What took a second person"),
    "notices": ("通知", "Notices to you"),
    "opt_outs": ("退订", "Channels you declined"),
    "documents": ("法律文书", "Legal documents"),
    "matter": ("诉讼", "Legal proceedings"),
    "inventories": ("清点记录", "Inventories"),
    "write_offs": ("核销", "Debts given up"),
    "erasures": ("删除请求", "Requests to erase your data"),
    "set_aside": ("未能处理的消息", "Messages that could not be processed"),
    "shown_to": ("查阅记录", "Who was shown your data"),
}
_NOTE = {
    "zh": "时间按{zone}时区；{said}。",
    "en": "Times are those of {zone}; {said}.",
}
_AMOUNTS_IN = {
    "zh": ("金额单位为{currency}", "金额以最小货币单位计"),
    "en": ("amounts are in {currency}", "amounts are in minor units"),
}
_BOOLS = {"zh": {True: "是", False: "否"}, "en": {True: "yes", False: "no"}}
_OTHER = {"zh": "其他（{name}）", "en": "other ({name})"}
_THEIRS = "attributes"
"""Below it names are those the creditor gave."""


def pdf(setter: Typesetter, copy: Copy, language: str, at: datetime) -> bytes:
    """The copy as a PDF: a section each, with every value that is kept, named in the language.

    Amounts are in major units with their currency, times in the creditor's zone. A character that
    cannot be set is 〓, and named at the end.
    """
    reader = _Reader.of(copy, language)
    data = {
        "lang": language,
        "title": _TITLES[language],
        "note": reader.note(),
        "sections": list(_sections(copy, reader)),
    }
    return setter.pdf(_LAYOUT, setter.settable(data), at=at.replace(microsecond=0))


def label(name: str, language: str, within: str = "") -> str:
    """What a field is called; one that nobody named (a test holds that there is none) is another
    one's, by its name.
    """
    words = FIELDS.get(f"{within}.{name}") or FIELDS.get(name)
    if words is None:
        return _OTHER[language].format(name=name)
    return words[0 if language == "zh" else 1]


def _sections(copy: Copy, reader: "_Reader") -> Iterator[dict[str, Any]]:
    for name, titles in SECTIONS.items():
        title = titles[0 if reader.language == "zh" else 1]
        value = copy[name]
        records = value if isinstance(value, list) else [value]
        told = [list(reader.lines(record, name)) for record in records if record]
        yield {"title": title, "records": [lines for lines in told if lines]}


@dataclass(frozen=True)
class _Reader:
    """Says values as people read them: in a language, a zone, and a currency where none is
    beside them.
    """

    language: str
    zone: ZoneInfo
    currency: str | None

    @classmethod
    def of(cls, copy: Copy, language: str) -> "_Reader":
        about = copy["about"]
        return cls(language, ZoneInfo(about.get("time_zone") or "UTC"), about.get("currency"))

    def note(self) -> str:
        known, unknown = _AMOUNTS_IN[self.language]
        said = known.format(currency=self.currency) if self.currency else unknown
        return _NOTE[self.language].format(zone=self.zone.key, said=said)

    def lines(self, value: Any, section: str) -> Iterator[Sequence[str]]:
        """Each value with the path to it; what is null or empty is left out."""
        return self._below(value, "", section, self.currency)

    def _below(
        self, value: Any, path: str, name: str, currency: str | None
    ) -> Iterator[Sequence[str]]:
        if isinstance(value, Mapping):
            currency = value.get("currency") or currency
            for key, each in value.items():
                called = self._label(str(key), name, each)
                longer = path if key == "fields" else f"{path} · {called}" if path else called
                yield from self._below(each, longer, str(key), currency)
        elif isinstance(value, list):
            for number, each in enumerate(value, start=1):
                yield from self._below(each, f"{path} {number}", name, currency)
        elif value not in (None, ""):
            yield path, self._said(value, name, currency)

    def _label(self, key: str, within: str, value: Any) -> str:
        if within == _THEIRS:
            return key
        is_day = key == "by" and isinstance(value, str) and _day(value) is not None
        return label("until" if is_day else key, self.language, within)

    def _said(self, value: Any, name: str, currency: str | None) -> str:
        if isinstance(value, bool):
            return _BOOLS[self.language][value]
        if name in AMOUNTS and currency and (amount := _number(value)) is not None:
            return f"{amount.scaleb(-decimals(currency)):,f} {currency}"
        if not isinstance(value, str):
            return str(value)
        if name == "item":
            return item_name(value, self.language)
        if name in CODED:
            return CODES.get(value, value) if self.language == "zh" else value.replace("_", " ")
        if (on := _day(value)) is not None:
            return day(on, self.language)
        if (at := _instant(value)) is not None:
            local = at.astimezone(self.zone)
            return f"{day(local.date(), self.language)} {local:%H:%M:%S}"
        return value


def _number(value: Any) -> Decimal | None:
    """A number of minor units; the ledger's exact ones are texts."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if len(value) == len("2026-04-01") else None
    except ValueError:
        return None


def _instant(value: str) -> datetime | None:
    """An instant as the APIs write it; a text of somebody's with an offset that is all of it."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
