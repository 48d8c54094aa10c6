"""A billing export is read by its map; every refused row says its line, its column and why."""

from datetime import date
from operator import attrgetter
from pathlib import Path

import orjson
import pytest

from arrears.billing_import.events import happenings
from arrears.billing_import.mapping import ImportMap, read_map
from arrears.billing_import.rows import CreditRow, InvoiceRow, Row, read_export
from arrears.billing_import.table import Refusal, Sifted
from arrears.errors import FileError, UsageError
from contracts.codec import decode

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


def export(folder: Path, text: str, map_text: str = MAP, encoding: str = "utf-8") -> Sifted[Row]:
    path = folder / "export.csv"
    path.write_bytes(text.encode(encoding))
    return read_export(path, mapping(folder, map_text))


def rows(folder: Path, text: str, map_text: str = MAP) -> list[Row | Refusal]:
    read = export(folder, text, map_text)
    return sorted([*read.rows, *read.refusals], key=attrgetter("line"))


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
        ("#N/A,I-1,1/2/2013,2/1/2013,5,No,", "cust", "'#N/A' is what a spreadsheet made"),
        ("C,1.23457E+11,1/2/2013,2/1/2013,5,No,", "inv", "is what a spreadsheet made"),
        (f"C,{'客' * 65},1/2/2013,2/1/2013,5,No,", "inv", "longer than 64 characters"),
        ("C,I\x07,1/2/2013,2/1/2013,5,No,", "inv", "cannot be printed"),
        ("C,I-1,2/30/2013,2/1/2013,5,No,", "issued", "'2/30/2013' is not a date"),
        ("C,I-1,1/2/2013,,5,No,", "due", "is empty"),
        ("C,I-1,1/2/2013,2/1/2013,five,No,", "amt", "'five' is not an amount"),
        ("C,I-1,1/2/2013,2/1/2013,NaN,No,", "amt", "'NaN' is not an amount"),
        ("C,I-1,1/2/2013,2/1/2013,5.005,No,", "amt", "'5.005' has more than 2 decimals"),
        ("C,I-1,1/2/2013,2/1/2013,0.00,No,", "amt", "is zero"),
        ("C,I-1,1/2/2013,2/1/2013,-5,No,3/1/2013", "paid", "was settled, but not by what"),
        ("C,I-1,1/2/2013,1/1/2013,5,No,", "due", "2013-01-01 is before the invoice was issued"),
        ("C,I-1,1/2/1969,2/1/2013,5,No,", "issued", "'1/2/1969' is not within 1970 to 2199"),
        ("C,I-1,1/2/2013,12/31/9999,5,No,", "due", "is not within 1970 to 2199"),
        ("C,I-1,0024-08-20,2/1/2013,5,No,", "issued", "'0024-08-20' is not within 1970 to 2199"),
        ("C,I-1,２０１３-01-02,2/1/2013,5,No,", "issued", "is not a date written as"),
        ("C,I-1,########,2/1/2013,5,No,", "issued", "is not a date written as"),
        ("C,I-1,1/2/2013,2/1/2013,5,Maybe,", "disp", "'maybe' is in neither"),
        ("C,I-1,1/2/2013,2/1/2013,5,No,soon", "paid", "'soon' is not a date"),
        ("C,I-1,1/2/2013,2/1/2013,5", "disp", "the row ends before this column"),
        ("C,I-1,1/2/2013,2/1/2013,5,No,,more", "", "8 cells, more than the header's 7"),
        ('C,I-1,1/2/2013,2/1/2013,"5,No,', "amt", "a quotation mark that opens on this line"),
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
    assert str(second) == "line 3, column 'inv': 'I-1' stands on line 2 already"


def test_marks_delimiter_and_encoding_come_from_the_map(tmp_path: Path) -> None:
    european = MAP + 'decimal_mark: ","\nthousands_mark: "."\ndelimiter: ";"\nencoding: gb18030\n'
    text = HEADER.replace(",", ";") + "客户;I-1;2013-01-02;2013-02-01;1.234,50;No;\n"
    (row,) = export(tmp_path, text, european, "gb18030").rows
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
    with pytest.raises(FileError, match=r"map\.yaml:9: encoding: 'hex' is not an encoding"):
        mapping(tmp_path, MAP + "encoding: hex\n")
    with pytest.raises(FileError, match=r"map\.yaml:2: currency: 'EUX' is not a currency"):
        mapping(tmp_path, MAP.replace("USD", "EUX"))


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


OPEN_ITEMS = """\
creditor: acme
currency: EUR
columns:
  {customer: Kunde, name: Name, invoice: Beleg, issued: Datum, due: Faellig, amount: Betrag,
   open: Offen, currency: Whg, applies_to: Zu, iban: IBAN}
dates: ["%d.%m.%Y"]
decimal_mark: ","
thousands_mark: "."
delimiter: ";"
time_zone: Europe/Berlin
"""
OPEN_HEADER = "Kunde;Name;Beleg;Datum;Faellig;Betrag;Offen;Whg;Zu;IBAN\n"


def test_an_open_item_is_its_original_amount_and_what_was_paid_of_it_before(tmp_path: Path) -> None:
    line = "K 7;Nord AG;RE/7;01.02.2026;15.02.2026;1.500,00;400,00;EUR;;DE02\n"
    read = export(tmp_path, OPEN_HEADER + line, OPEN_ITEMS)
    account, invoice, payment = (
        h.event["data"] for h in happenings(read.rows, mapping(tmp_path, OPEN_ITEMS)) if h.event
    )
    assert (account["number"], account["attributes"]) == ("K 7", {"iban": "DE02"})
    assert (invoice["number"], invoice["amount"]) == ("RE/7", 150000)
    assert invoice["account_id"] == account["account_id"] == payment["account_id"]
    assert (payment["amount"], payment["invoices"]) == (110000, [invoice["invoice_id"]])
    assert (payment["method"], payment["received_at"]) == ("before_import", "2026-02-01T09:00:00Z")


def test_documents_below_zero_are_credits_of_what_is_left_of_them(tmp_path: Path) -> None:
    read = export(
        tmp_path,
        OPEN_HEADER
        + "K1;;R1;01.02.2026;15.02.2026;100,00;100,00;EUR;;\n"
        + "K1;;G1;05.02.2026;;(30,00);-20,00;EUR;R1;\n"
        + "K1;;G2;06.02.2026;;-50,00;50,00-;EUR;R0;\n"
        + "K1;;G3;07.02.2026;;-9,00;0,00;EUR;;\n",
        OPEN_ITEMS,
    )
    assert [row.amount for row in read.rows if isinstance(row, CreditRow)] == [2000, 5000, 0]
    played = [h.event for h in happenings(read.rows, mapping(tmp_path, OPEN_ITEMS)) if h.event]
    adjusted, granted = played[2:]
    assert adjusted["type"] == "billing.invoice.adjusted.v1"
    assert (adjusted["data"]["invoice_id"], adjusted["data"]["change"]) == ("R1", -2000)
    assert granted["type"] == "billing.credit.granted.v1"
    assert (granted["data"]["credit_id"], granted["data"]["amount"]) == ("G2", 5000)


@pytest.mark.parametrize(
    ("cells", "column", "says"),
    [
        ("100,00;100,01;EUR", "Offen", "is more than the amount"),
        ("100,00;-5,00;EUR", "Offen", "has another sign than the amount"),
        ("100,00;;EUR", "Offen", "is empty"),
        ("100,00;50,00;USD", "Whg", "'USD' is not EUR, the map's currency"),
    ],
)
def test_what_contradicts_itself_is_refused(
    tmp_path: Path, cells: str, column: str, says: str
) -> None:
    line = f"K1;;R1;01.02.2026;15.02.2026;{cells};;\n"
    (refusal,) = export(tmp_path, OPEN_HEADER + line, OPEN_ITEMS).refusals
    assert (refusal.line, refusal.column) == (2, column)
    assert says in refusal.reason


def test_what_a_file_tells_can_be_read_by_every_consumer(tmp_path: Path) -> None:
    lines = (
        "客户008;客户;京A/7;01.02.2026;15.02.2026;1.500,00;400,00;EUR;;DE02\n"
        "客户008;客户;京A/8;01.02.2026;;-15,00;-15,00;EUR;京A/7;DE02\n"
        "客户008;客户;京A/9;01.02.2026;;-15,00;-15,00;EUR;;DE02\n"
    )
    read = export(tmp_path, OPEN_HEADER + lines, OPEN_ITEMS)
    assert read.refusals == []
    for happening in happenings(read.rows, mapping(tmp_path, OPEN_ITEMS)):
        assert decode(orjson.dumps(happening.event)).creditor == "acme"


def test_a_date_that_two_formats_read_differently_is_refused(tmp_path: Path) -> None:
    either = MAP.replace('"%Y-%m-%d"]', '"%d/%m/%Y"]')
    lines = "C,1,02/03/2013,12/12/2013,5,No,\nC,2,13/02/2013,28/02/2013,5,No,\n"
    read = export(tmp_path, HEADER + lines, either)
    assert [str(refusal).split(",")[0] for refusal in read.refusals] == ["line 2"]
    assert "is one day or another" in read.refusals[0].reason
    assert [row.issued for row in read.rows] == [date(2013, 2, 13)]


def test_customers_that_are_known_are_not_told_anew(tmp_path: Path) -> None:
    found = export(tmp_path, HEADER + "C-1,I-1,1/2/2013,2/1/2013,5,No,\n")
    played = happenings(found.rows, mapping(tmp_path, MAP + "accounts: false\n"))
    assert [h.event["type"] for h in played if h.event] == ["billing.invoice.issued.v1"]
