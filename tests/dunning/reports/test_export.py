"""Reports as files: numbers typed, no text that a spreadsheet would run."""

import csv
import io
import zipfile
from typing import Any

import pytest

from services.dunning.reports.export import as_csv, as_xlsx, safe, tables

VALUES: dict[str, Any] = {
    "as_of": "2026-03-31",
    "total": {"accounts": 2, "principal": -5},
    "accounts": {
        "A-1": {"account": "A-1", "principal": 830000, "name": "=HYPERLINK(1)"},
        "A-2": {"account": "A-2", "principal": -5, "name": "张三"},
    },
    "businesses": {"ict": {"public": {"short": {"items": 1}}}},
}


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_looks_like_a_formula_is_neutralised(start: str) -> None:
    assert safe(f"{start}1+1") == f"'{start}1+1"


def test_numbers_stay_numbers() -> None:
    assert safe(-5) == -5


def test_csv_holds_the_named_part() -> None:
    assert rows_of(as_csv(VALUES, "accounts")) == [
        ["key", "account", "principal", "name"],
        ["A-1", "A-1", "830000", "'=HYPERLINK(1)"],
        ["A-2", "A-2", "-5", "张三"],
    ]


def test_csv_without_a_part_holds_the_summary() -> None:
    assert rows_of(as_csv(VALUES, ""))[1:] == [
        ["as_of", "2026-03-31"],
        ["total.accounts", "2"],
        ["total.principal", "-5"],
    ]


def test_records_deep_inside_are_rows_by_their_path() -> None:
    part = next(t for t in tables(VALUES) if t.name == "businesses")
    assert part.rows == (("ict.public.short", 1),)


def test_workbook_has_a_sheet_a_part_typed_and_without_formulas() -> None:
    with zipfile.ZipFile(io.BytesIO(as_xlsx(VALUES))) as book:
        names = book.read("xl/workbook.xml").decode()
        accounts = book.read("xl/worksheets/sheet2.xml").decode()
        texts = book.read("xl/sharedStrings.xml").decode()
    assert 'name="summary"' in names
    assert 'name="accounts"' in names
    assert "<v>830000</v>" in accounts
    assert "<f>" not in accounts
    assert "'=HYPERLINK(1)" in texts


def test_same_report_makes_the_same_workbook() -> None:
    assert as_xlsx(VALUES) == as_xlsx(VALUES)
