"""Statements in the form MT940."""

from datetime import date
from pathlib import Path

import pytest

from arrears.billing_import.mapping import ImportMap
from arrears.errors import UsageError
from tests.arrears.statements import MT940, read


def test_mt940_tells_payments_from_returns_and_leaves_out_what_is_neither(
    tmp_path: Path, mapping: ImportMap
) -> None:
    found = read(tmp_path, mapping, MT940)
    paid, debited, returned, cancelled = found.entries
    assert (paid.amount, paid.received, paid.method) == (41000, date(2026, 3, 12), None)
    assert paid.said.payers == ("DE21200505501234567890",)
    assert "RE-2\n026-0440 Familie Brandt" in paid.said.texts[0]
    assert (debited.amount, debited.method, debited.number) == (9990, "direct_debit", "DD-0311-K9")
    assert (returned.is_return, returned.amount, returned.charges) == (True, 3000, 450)
    assert (returned.reason, returned.said.takes_back) == ("AC04", ("DD-0210-K4",))
    assert (cancelled.is_return, cancelled.amount) == (True, 1200)
    assert [str(aside) for aside in found.asides] == [
        "entry 5: money that went out came back: no payment",
        "entry 6: money that went out",
    ]
    assert found.notes == []


def test_mt940_is_the_same_payments_whenever_it_is_read(tmp_path: Path, mapping: ImportMap) -> None:
    first, second = (read(tmp_path, mapping, MT940) for _ in range(2))
    assert first.entries == second.entries
    assert len({entry.payment for entry in first.entries}) == 4


def test_what_dutch_banks_write_between_slashes_is_understood(
    tmp_path: Path, mapping: ImportMap
) -> None:
    found = read(
        tmp_path,
        mapping,
        ":20:ABN\n:25:517852257\n:28C:1/1\n:60F:C260520EUR0,00\n"
        ":61:2605210521C20,N196NONREF\n:86:/TRTP/SEPA OVERBOEKING/IBAN/NL02ABNA01\n"
        "23456789/REMI/bedankt/EREF/E-1\n"
        ":61:2605210521D5,5N426NONREF\n:86:/TRTP/STORNERING/EREF/DD-9/RTRN/MD06/REMI/x\n",
    )
    paid, returned = found.entries
    assert (paid.amount, paid.said.payers, paid.number) == (2000, ("NL02ABNA0123456789",), "E-1")
    assert (returned.is_return, returned.amount, returned.reason) == (True, 550, "MD06")
    assert returned.said.takes_back == ("DD-9",)


def test_two_entries_alike_in_everything_are_two_payments(
    tmp_path: Path, mapping: ImportMap
) -> None:
    line = ":61:2603120312C5,00NTRFNONREF\n:86:parking\n"
    text = f":20:A\n:25:1/2\n:28C:1\n:60F:C260311EUR0,00\n{line}{line}:62F:C260312EUR10,00\n"
    one, two = read(tmp_path, mapping, text).entries
    assert one.payment != two.payment


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("C410,00", "C410,005", "entry 1: has more decimals than EUR has"),
        (":61:260312", ":61:260230", "entry 1: '260230' is not a date"),
        ("C410,00", "C0,00", "entry 1: is of no amount"),
    ],
)
def test_an_mt940_entry_that_cannot_be_is_refused(
    tmp_path: Path, mapping: ImportMap, old: str, new: str, says: str
) -> None:
    found = read(tmp_path, mapping, MT940.replace(old, new, 1))
    assert [str(aside) for aside in found.asides if aside.refused] == [says]


def test_an_mt940_statement_that_does_not_add_up_is_said(
    tmp_path: Path, mapping: ImportMap
) -> None:
    (note,) = read(tmp_path, mapping, MT940.replace("2221,40", "9999,00")).notes
    assert note.startswith(
        "statement 00061: the entries come to 2221.40, its closing balance is 99"
    )


def test_an_mt940_file_with_a_broken_line_is_refused(tmp_path: Path, mapping: ImportMap) -> None:
    with pytest.raises(UsageError, match="is not MT940"):
        read(tmp_path, mapping, MT940.replace(":61:2603120312C410,00", ":61:2603120312X410,00"))


def test_an_interim_report_is_no_statement(tmp_path: Path, mapping: ImportMap) -> None:
    lines = [line for line in MT940.splitlines() if not line.startswith((":60F", ":62F"))]
    with pytest.raises(UsageError, match="MT942"):
        read(tmp_path, mapping, "\n".join(lines))
