"""Amounts in words: Chinese capital numerals."""

import pytest

from services.ledger.domain.words import in_capitals


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "人民币零元整"),
        (5, "人民币伍分"),
        (50, "人民币伍角整"),
        (105, "人民币壹元零伍分"),
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


def test_amount_below_zero_has_no_words() -> None:
    with pytest.raises(ValueError, match="not below 0"):
        in_capitals(-1)
