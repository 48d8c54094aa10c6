"""A billing export is read by its map; every refused row says its line, its column and why."""

from datetime import date
from pathlib import Path

import pytest

from arrears.billing_import.events import happenings
from arrears.billing_import.mapping import ImportMap, read_map
from arrears.billing_import.rows import InvoiceRow, Refusal, read_rows
from arrears.errors import FileError, UsageError

MAP = """\
creditor: acme
currency: USD
columns:
  {customer: cust, invoice: inv, issued: issued, due: due, amount: amt, disputed: disp,
   settled: paid}
dates: ["%m/%d/%Y", "%Y-%m-%d"]
disputed_true: ["Yes"]
disputed_false: ["No"]
"""
HEADER = "cust,inv,issued,due,amt,disp,paid\n"


def mapping(folder: Path, text: str = MAP) -> ImportMap:
    path = folder / "map.yaml"
    path.write_text(text, encoding="utf-8")
    return read_map(path)


def rows(folder: Path, text: str, map_text: str = MAP) -> list[InvoiceRow | Refusal]:
    path = folder / "export.csv"
    path.write_bytes(text.encode())
    return list(read_rows(path, mapping(folder, map_text)))


def test_a_row_is_read_in_minor_units_and_local_dates(tmp_path: Path) -> None:
    found = rows(tmp_path, HEADER + "C-1,I-1,1/2/2013,2013-02-01,55.94,No,2/3/2013\n")
    assert found == [
        InvoiceRow(
            line=2,
            customer="C-1",
            name="C-1",
            invoice="I-1",
            issued=date(2013, 1, 2),
            due=date(2013, 2, 1),
            amount=5594,
            disputed=False,
            settled=date(2013, 2, 3),
        )
    ]


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        (",I-1,1/2/2013,2/1/2013,5,No,", "cust", "is empty"),
        ("C 1,I-1,1/2/2013,2/1/2013,5,No,", "cust", "'C 1' is not an identifier"),
        ("C,I-1,2/30/2013,2/1/2013,5,No,", "issued", "'2/30/2013' is not a date"),
        ("C,I-1,1/2/2013,,5,No,", "due", "is empty"),
        ("C,I-1,1/2/2013,2/1/2013,five,No,", "amt", "'five' is not an amount"),
        ("C,I-1,1/2/2013,2/1/2013,NaN,No,", "amt", "'NaN' is not an amount"),
        ("C,I-1,1/2/2013,2/1/2013,5.005,No,", "amt", "'5.005' has more than 2 decimals"),
        ("C,I-1,1/2/2013,2/1/2013,-5,No,", "amt", "'-5' is not an amount above zero"),
        ("C,I-1,1/2/2013,2/1/2013,5,Maybe,", "disp", "'maybe' is in neither"),
        ("C,I-1,1/2/2013,2/1/2013,5,No,soon", "paid", "'soon' is not a date"),
        ("C,I-1,1/2/2013,2/1/2013,5", "disp", "the row ends before this column"),
        ("C,I-1,1/2/2013,2/1/2013,5,No,,more", "cust", "more fields than the header"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused(
    tmp_path: Path, row: str, column: str, says: str
) -> None:
    good = "C-2,I-2,1/2/2013,2/1/2013,5.00,Yes,\n"
    refusal, taken = rows(tmp_path, HEADER + row + "\n" + good)
    assert isinstance(refusal, Refusal)
    assert (refusal.line, refusal.column) == (2, column)
    assert says in refusal.reason
    assert isinstance(taken, InvoiceRow)
    assert taken.disputed


def test_an_invoice_that_comes_twice_is_refused_the_second_time(tmp_path: Path) -> None:
    line = "C,I-1,1/2/2013,2/1/2013,5,No,\n"
    _, second = rows(tmp_path, HEADER + line + line)
    assert str(second) == "line 3, column 'inv': invoice 'I-1' stands on line 2 already"


def test_marks_delimiter_and_encoding_come_from_the_map(tmp_path: Path) -> None:
    european = MAP + 'decimal_mark: ","\nthousands_mark: "."\ndelimiter: ";"\nencoding: gb18030\n'
    path = tmp_path / "export.csv"
    text = HEADER.replace(",", ";") + "C;I-1;2013-01-02;2013-02-01;1.234,50;No;\n"
    path.write_bytes(text.encode("gb18030"))
    (row,) = read_rows(path, mapping(tmp_path, european))
    assert isinstance(row, InvoiceRow)
    assert row.amount == 123450


def test_a_currency_without_a_minor_unit_takes_whole_amounts(tmp_path: Path) -> None:
    yen = MAP.replace("USD", "JPY")
    whole, broken = rows(
        tmp_path, HEADER + "C,1,1/2/2013,2/1/2013,500,No,\nC,2,1/2/2013,2/1/2013,5.5,No,\n", yen
    )
    assert isinstance(whole, InvoiceRow)
    assert whole.amount == 500
    assert isinstance(broken, Refusal)


def test_a_missing_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="line 1: no column 'disp'; the columns are cust, inv"):
        rows(tmp_path, HEADER.replace(",disp", "") + "C,1,1/2/2013,2/1/2013,500,\n")


def test_a_map_that_does_not_fit_names_line_and_field(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"map\.yaml:4: columns\.ammount: unknown field"):
        mapping(tmp_path, MAP.replace("amt,", "amt, ammount: x,"))
    with pytest.raises(FileError, match=r"map\.yaml:9: time_zone: 'Mars' is not a time zone"):
        mapping(tmp_path, MAP + "time_zone: Mars\n")


def test_rows_become_messages_in_the_order_of_time(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        HEADER + "C-1,I-1,1/2/2013,2/1/2013,5,No,3/1/2013\n" + "C-1,I-2,2/2/2013,3/1/2013,7,Yes,\n",
    )
    taken = [row for row in found if isinstance(row, InvoiceRow)]
    played = happenings(taken, mapping(tmp_path))
    assert [h.event["type"] if h.event else f"dispute {h.disputes}" for h in played] == [
        "billing.account.upserted.v1",
        "billing.invoice.issued.v1",
        "billing.invoice.issued.v1",
        "dispute I-2",
        "billing.payment.received.v1",
    ]
    payment = played[-1].event
    assert payment is not None
    assert payment["data"]["invoices"] == ["I-1"]
    assert payment["time"] == "2013-03-01T02:00:00Z"
