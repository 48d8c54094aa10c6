"""Numbers as people write them become identifiers: the same ones every time, never two the same."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.billing_import.ids import identifier

VALID = re.compile(r"[A-Za-z0-9_.:-]{1,128}\Z")


@pytest.mark.parametrize("number", ["R1", "2024-00007", "a.b_c:d-E", "7", "x" * 128])
def test_a_number_that_is_an_identifier_stays_itself(number: str) -> None:
    assert identifier(number) == number


@pytest.mark.parametrize(
    ("number", "becomes"),
    [
        ("INV/2024/00007", "INV-2024-00007-7bkeyic4uspefuul"),
        ("客户008", "008-"),
        ("京A12345", "A12345-"),
        ("Müller & Söhne 7", "Muller-Sohne-7-"),
        ("客户", ""),
        ("y" * 129, "y" * 111 + "-"),
    ],
)
def test_another_number_keeps_what_is_readable_and_gets_a_mark(number: str, becomes: str) -> None:
    made = identifier(number)
    assert made.startswith(becomes)
    assert VALID.match(made)
    assert identifier(f" {number} ") == made


def test_what_looks_alike_in_the_readable_part_differs_in_the_mark() -> None:
    alike = ["INV/7", "INV 7", "INV-7", "INV//7", "inv/7", "\u00cdNV/7", "INV/7/", "#INV-7"]
    assert len({identifier(number) for number in alike}) == len(alike)


def test_one_number_in_two_unicode_spellings_has_one_identifier() -> None:
    assert identifier("é/1") == identifier(unicodedata.normalize("NFD", "é/1"))


def test_an_empty_number_has_no_identifier() -> None:
    with pytest.raises(ValueError, match="empty"):
        identifier("  ")


@given(st.text(min_size=1, max_size=64).filter(str.strip))
def test_whatever_is_written_becomes_a_valid_identifier_that_stays_itself(number: str) -> None:
    made = identifier(number)
    assert VALID.match(made)
    assert identifier(made) == made
