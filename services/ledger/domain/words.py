"""Amounts in words, as receipts show them: Chinese capital numerals, which cannot be altered.

Source: 票据法 and 收费管理制度 4.3 ask that figures and words agree; the form is that of the
Chinese payment rules: 元 with 角 and 分, 零 for a gap, 整 where no 分 follow.
"""

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")
_GROUP = 10_000
_FEN_PER_YUAN = 100


def in_capitals(amount: int) -> str:
    """An amount in fen as 人民币 words: 830000 is 人民币捌仟叁佰元整.

    Raises ValueError below 0 and from ten thousand times 万亿 yuan on.
    """
    if amount < 0:
        raise ValueError("an amount in words is not below 0")
    yuan, fen = divmod(amount, _FEN_PER_YUAN)
    tenths, hundredths = divmod(fen, 10)
    words = f"{_whole(yuan)}元" if yuan else ""
    if not fen:
        return f"人民币{words or '零元'}整"
    if tenths:
        words += f"{_DIGITS[tenths]}角"
    elif yuan:
        words += "零"
    words += f"{_DIGITS[hundredths]}分" if hundredths else "整"
    return f"人民币{words}"


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
