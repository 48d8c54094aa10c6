"""Amounts in words, as receipts show them: Chinese capital numerals, which cannot be altered.

Source: 票据法 and 收费管理制度 4.3 ask that figures and words agree; the form is that of
正确填写票据和结算凭证的基本规定: 元 with 角 and 分, 零 for a gap, 整 where no 分 follow.
"""

from contracts.words.formats import currency_name, decimals

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")
_GROUP = 10_000
_PARTS = ("角", "分", "厘", "毫")


def in_capitals(amount: int, currency: str = "CNY") -> str:
    """An amount in minor units in words, its currency in front: 830000 fen are 人民币捌仟叁佰元整.

    Raises ValueError below 0 and from ten thousand times 万亿 of the main unit on.
    """
    if amount < 0:
        raise ValueError("an amount in words is not below 0")
    places = decimals(currency)
    whole, rest = divmod(amount, 10**places)
    words = f"{_whole(whole)}元" if whole else ""
    if rest:
        digits = [int(digit) for digit in f"{rest:0{places}d}"]
        words += _parts(digits, after=whole)
    no_cents = rest * 10 % 10**places == 0
    return f"{currency_name(currency)}{words or '零元'}{'整' if no_cents else ''}"


def _parts(digits: list[int], *, after: int) -> str:
    """角, 分 and what is below: a 零 for each gap, the last figure of the whole units included."""
    words, gap = "", after > 0 and after % 10 == 0
    for digit, name in zip(digits, _PARTS, strict=False):
        if digit:
            words += (_DIGITS[0] if gap else "") + _DIGITS[digit] + name
        gap = not digit and bool(after or words)
    return words


def _whole(yuan: int) -> str:
    groups: list[int] = []
    while yuan:
        yuan, group = divmod(yuan, _GROUP)
        groups.append(group)
    if len(groups) > len(_GROUPS):
        raise ValueError("the amount is too large for words")
    words, gap = "", False
    for place in reversed(range(len(groups))):
        group = groups[place]
        if not group:
            gap = bool(words)
            continue
        if words and (gap or group < _GROUP // 10):
            words += _DIGITS[0]
        words += _group(group) + _GROUPS[place]
        gap = False
    return words


def _group(group: int) -> str:
    words, gap = "", False
    for place in reversed(range(len(_PLACES))):
        digit = group // 10**place % 10
        if not digit:
            gap = bool(words)
            continue
        words += (_DIGITS[0] if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return words
