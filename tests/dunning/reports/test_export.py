"""Reports as files: amounts and days typed, no text that a spreadsheet would run."""

import csv
import io
import re
import zipfile
from typing import Any

import pytest

from chassis.sheets import safe
from services.dunning.reports.export import MONEY, Shown, as_csv, as_xlsx, tables

VALUES: dict[str, Any] = {
    "as_of": "2026-03-31",
    "total": {"accounts": 2, "principal": -5},
    "accounts": {
        "A-1": {"account": "A-1", "principal": 830000, "due_on": "2026-03-08", "name": "=H(1)"},
        "A-2": {"account": "A-2", "principal": -5, "due_on": None, "name": "张三"},
    },
    "businesses": {"ict": {"public": {"short": {"items": 1}}}},
}
YUAN = Shown("CNY", MONEY)
BUILT_IN = {"3": "#,##0", "4": "#,##0.00"}


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_looks_like_a_formula_is_neutralised(start: str) -> None:
    assert safe(f"{start}1+1") == f"'{start}1+1"


def test_numbers_stay_numbers() -> None:
    assert safe(-5) == -5


def test_csv_holds_the_named_part_with_amounts_as_people_write_them() -> None:
    assert rows_of(as_csv(VALUES, "accounts", YUAN)) == [
        ["key", "account", "principal", "due_on", "name", "currency"],
        ["A-1", "A-1", "8300.00", "2026-03-08", "'=H(1)", "CNY"],
        ["A-2", "A-2", "-0.05", "", "张三", "CNY"],
    ]


@pytest.mark.parametrize(("currency", "shown"), [("JPY", "830000"), ("KWD", "830.000")])
def test_amounts_have_the_decimals_of_their_currency(currency: str, shown: str) -> None:
    first = rows_of(as_csv(VALUES, "accounts", Shown(currency, MONEY)))[1]
    assert (first[2], first[-1]) == (shown, currency)


def test_csv_without_a_part_holds_the_summary() -> None:
    assert rows_of(as_csv(VALUES, "", YUAN))[1:] == [
        ["as_of", "2026-03-31", ""],
        ["total.accounts", "2", ""],
        ["total.principal", "-0.05", "CNY"],
    ]


def test_records_deep_inside_are_rows_by_their_path() -> None:
    part = next(t for t in tables(VALUES, YUAN) if t.name == "businesses")
    assert part.rows == (("ict.public.short", 1),)


def sheet(content: bytes, number: int) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """The cells of a sheet with numbers: (number, its format), and the texts of the workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        cells = book.read(f"xl/worksheets/sheet{number}.xml").decode()
        styles = book.read("xl/styles.xml").decode()
        texts = re.findall(r"<t[^>]*>([^<]*)</t>", book.read("xl/sharedStrings.xml").decode())
    assert "<f>" not in cells
    formats = dict(re.findall(r'numFmtId="(\d+)" formatCode="([^"]+)"', styles)) | BUILT_IN
    used = re.findall(r'numFmtId="(\d+)"', styles.partition("<cellXfs")[2].partition("</")[0])
    return {
        cell: (value, formats.get(used[int(style)], "general"))
        for cell, style, value in re.findall(r'<c r="(\w+)" s="(\d+)"><v>([^<]+)</v>', cells)
    }, texts


def test_a_workbook_has_numbers_and_days_with_their_formats() -> None:
    numbers, texts = sheet(as_xlsx(VALUES, YUAN), 2)
    assert numbers["C2"] == ("8300", "#,##0.00")
    assert numbers["C3"] == ("-0.05", "#,##0.00")
    assert numbers["D2"] == ("46089", "yyyy-mm-dd")  # days since 30 December 1899
    assert {"CNY", "'=H(1)"} <= set(texts)


@pytest.mark.parametrize(
    ("currency", "number", "shown"), [("JPY", "830000", "#,##0"), ("KWD", "830", "#,##0.000")]
)
def test_a_workbooks_formats_follow_the_currency(currency: str, number: str, shown: str) -> None:
    numbers, _ = sheet(as_xlsx(VALUES, Shown(currency, MONEY)), 2)
    assert numbers["C2"] == (number, shown)


def test_a_workbook_has_a_sheet_for_each_part() -> None:
    with zipfile.ZipFile(io.BytesIO(as_xlsx(VALUES, YUAN))) as book:
        names = re.findall(r'<sheet name="(\w+)"', book.read("xl/workbook.xml").decode())
    assert names == ["summary", "accounts", "businesses"]


def test_same_report_makes_the_same_workbook() -> None:
    assert as_xlsx(VALUES, YUAN) == as_xlsx(VALUES, YUAN)
