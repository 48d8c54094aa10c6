"""Amounts, dates and item names the way people write them, in Chinese and English."""

import re
from datetime import date
from decimal import Decimal
from functools import cache

from babel.core import get_global
from babel.numbers import get_currency_name
from iso4217 import Currency

LANGUAGES = ("zh", "en")

_SUBTAG_ENDS = re.compile(r"[^A-Za-z0-9]")
_DECIMALS_OF_MOST = 2
_EN_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_ZH_ITEMS = {
    "bulk_mail": "大宗邮件费",
    "communication": "通信费",
    "communication_fee": "通信费",
    "court_fee": "案件受理费",
    "electricity_fee": "电费",
    "enforcement_fee": "申请执行费",
    "equipment_rental": "设备租赁费",
    "goods": "货款",
    "handset": "终端款",
    "late_fee": "滞纳金",
    "lawyer_fee": "律师费",
    "loan": "借款",
    "management_fee": "物业管理费",
    "medical_fee": "医疗费",
    "newspapers": "报刊费",
    "notary_fee": "公证费",
    "other_costs": "其他实现债权的费用",
    "overtime_fee": "超时停车费",
    "parcels": "包裹寄递费",
    "parking_fee": "停车费",
    "penalty": "违约金",
    "preservation_fee": "财产保全费",
    "project_fee": "项目款",
    "property_fee": "物业服务费",
    "rent": "租金",
    "service_fee": "服务费",
    "storage_fee": "保管费",
    "telephone_fee": "电话费",
    "termination_penalty": "解除合同违约金",
    "usage": "通信使用费",
    "value_added_tax": "增值税",
    "violation_fine": "违章罚款",
    "water_fee": "水费",
}


def language_of(*codes: str) -> str:
    """The first language there are texts in, else Chinese; codes are as people write them: `en_US`,
    `EN`, `zh-Hans-CN`, `eng`.
    """
    known = (_language(one) for one in codes)
    return next((one for one in known if one in LANGUAGES), LANGUAGES[0])


def money(amount: int, currency: str, language: str) -> str:
    """An amount in minor units with its currency: `人民币 8,300.00 元`, `CNY 8,300.00`."""
    figure = number(amount, currency)
    if language != "zh":
        return f"{currency} {figure}"
    if currency == "CNY":
        return f"人民币 {figure} 元"
    return f"{figure} {currency_name(currency)}"


@cache
def currency_name(currency: str) -> str:
    """What a currency is called in Chinese: 人民币, 美元; a code without a name stays as it is."""
    return get_currency_name(currency, locale="zh")


def number(amount: int, currency: str) -> str:
    """An amount in minor units with its decimals and thousands: `8,300.00`."""
    return f"{exact(amount, currency):,f}"


def exact(amount: int, currency: str) -> Decimal:
    """An amount in minor units as the decimal number people and banks write: `8300.00`."""
    return Decimal(amount).scaleb(-decimals(currency))


@cache
def decimals(currency: str) -> int:
    """Decimals of a currency's minor unit by ISO 4217, which banks follow: 2, JPY 0, KWD 3.

    A code that is not in the standard has two.
    """
    # CLDR (babel) answers another question, what prices show: HUF 0, where banks count in fillér.
    known = Currency.__members__.get(currency.lower())
    digits = known.exponent if known is not None else None
    return _DECIMALS_OF_MOST if digits is None else digits


def day(value: date, language: str) -> str:
    """A date: `2026年3月8日`, `8 March 2026`."""
    if language == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {_EN_MONTHS[value.month - 1]} {value.year}"


def item_name(item: str, language: str) -> str:
    """What an item is for; codes nobody named are shown as words."""
    if language == "zh" and item in _ZH_ITEMS:
        return _ZH_ITEMS[item]
    return item.replace("_", " ")


def one_line(text: str) -> str:
    """A text without line breaks or control characters, for mail headers and names in forms."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())


def _language(code: str) -> str:
    subtag = _SUBTAG_ENDS.split(code.strip().lower(), maxsplit=1)[0]
    found: str = get_global("language_aliases").get(subtag, subtag)
    return found
