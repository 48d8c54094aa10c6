"""Amounts in words: Chinese capital numerals."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ledger.domain.capitals import in_capitals


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "人民币零元整"),
        (5, "人民币伍分"),
        (50, "人民币伍角整"),
        (55, "人民币伍角伍分"),
        (105, "人民币壹元零伍分"),
        (1005, "人民币壹拾元零伍分"),
        (1050, "人民币壹拾元零伍角整"),
        (10_000_50, "人民币壹万元零伍角整"),
        (100_000_50, "人民币壹拾万元零伍角整"),
        (107_000_53, "人民币壹拾万柒仟元零伍角叁分"),
        (830000, "人民币捌仟叁佰元整"),
        (576882, "人民币伍仟柒佰陆拾捌元捌角贰分"),
        (100500, "人民币壹仟零伍元整"),
        (1_000_000_00, "人民币壹佰万元整"),
        (2_000_010_00, "人民币贰佰万零壹拾元整"),
        (100_000_000_000, "人民币壹拾亿元整"),
    ],
)
def test_amount_reads_as_people_write_it(amount: int, words: str) -> None:
    assert in_capitals(amount) == words


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (10_000, "JPY", "日元壹万元整"),
        (10_000_50, "USD", "美元壹万元零伍角整"),
        (1_005, "KWD", "科威特第纳尔壹元零伍厘"),
    ],
)
def test_another_currency_has_its_own_name_and_decimals(
    amount: int, currency: str, words: str
) -> None:
    assert in_capitals(amount, currency) == words


def test_amount_below_zero_has_no_words() -> None:
    with pytest.raises(ValueError, match="not below 0"):
        in_capitals(-1)


_FIGURES = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
_TIMES = {"拾": 10, "佰": 100, "仟": 1000}


def as_clerks_read(words: str) -> int:
    """The fen of words, read from left to right as a clerk does who knows no rule of writing."""
    text = words.removeprefix("人民币").removesuffix("整")
    whole, _, rest = text.rpartition("元")
    total = 0
    for group in re.findall(r"[^万亿]+(?:万亿|万|亿)?", whole):
        scale = 10_000 ** (0 if group[-1] not in "万亿" else {"万": 1, "亿": 2}[group[-1]])
        scale *= 10_000 if group.endswith("万亿") else 1
        total += _below_ten_thousand(group.rstrip("万亿")) * scale
    cents = 0
    for figure, unit in re.findall("([壹贰叁肆伍陆柒捌玖])([角分])", rest):
        cents += _FIGURES[figure] * (10 if unit == "角" else 1)
    return total * 100 + cents


def _below_ten_thousand(text: str) -> int:
    found = re.findall("([壹贰叁肆伍陆柒捌玖])([拾佰仟]?)", text)
    return sum(_FIGURES[figure] * _TIMES.get(unit, 1) for figure, unit in found)


AMOUNTS = st.integers(0, 10**17) | st.builds(
    lambda figure, zeros, cents: figure * 10**zeros + cents,
    st.integers(1, 9999),
    st.integers(0, 12),
    st.integers(0, 99),
)


@given(AMOUNTS)
def test_words_are_read_back_as_the_amount(amount: int) -> None:
    assert as_clerks_read(in_capitals(amount)) == amount


@given(AMOUNTS)
def test_a_gap_of_zeros_has_one_word_and_only_a_gap_has(amount: int) -> None:
    words = in_capitals(amount)
    yuan, cents = divmod(amount, 100)
    assert "零零" not in words
    assert not re.search("零[万亿整角分]", words)
    assert amount < 100 or "零元" not in words
    assert words.endswith("整") == (cents % 10 == 0)
    if yuan and cents:
        gap = yuan % 10 == 0 or cents < 10
        assert ("元零" in words) == gap
