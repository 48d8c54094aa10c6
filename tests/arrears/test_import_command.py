"""`arrears import` as its user sees it: what is taken, what is said of the rest, exit statuses."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from arrears.cli import app
from arrears.errors import UsageError

INVOICES = """\
creditor: acme
currency: EUR
columns:
  {customer: Kunde, invoice: Rechnung, issued: Datum, due: Faellig, amount: Betrag, iban: IBAN}
dates: ["%d.%m.%Y"]
decimal_mark: ","
delimiter: ";"
time_zone: Europe/Berlin
"""
EXPORT = """\
Kunde;Rechnung;Datum;Faellig;Betrag;IBAN
K1;RE-2026-0440;01.02.2026;02.03.2026;410,00;
K 2;RE/441;01.02.2026;02.03.2026;99,90 €;DE21200505501234567890

K3;RE-2026-0442;01.02.2026;02.03.2026;5_0,00;
"""
PAYMENTS = """\
creditor: acme
currency: EUR
payments:
  {payment: Nr, received: Tag, amount: Betrag, reference: Text, iban: Konto, customer: Kunde,
   invoice: Rechnung, returned: Zurueck, takes_back: Von}
returned_true: [ja]
returned_false: [nein, ""]
dates: ["%d.%m.%Y"]
decimal_mark: ","
delimiter: ";"
time_zone: Europe/Berlin
"""
PAID = "Nr;Tag;Betrag;Text;Konto;Kunde;Rechnung;Zurueck;Von\n"
STATEMENT = """\
:20:X
:25:20050550/7000123
:28C:61/1
:60F:C260311EUR0,00
:61:2603120312C410,00NTRFNONREF//H-1
:86:RE-2026-0440
:61:2603120312C50,00NTRFNONREF//H-2
:86:hello
:62F:C260312EUR460,00
"""
BANK = "creditor: acme\ncurrency: EUR\ntime_zone: Europe/Berlin\n"


def run(folder: Path, content: str, map_text: str, *options: str) -> Result:
    (folder / "file").write_text(content, encoding="utf-8")
    (folder / "map.yaml").write_text(map_text, encoding="utf-8")
    arguments = ["import", str(folder / "file"), "--map", str(folder / "map.yaml"), *options]
    return CliRunner().invoke(app, arguments)


def written(folder: Path, name: str = "out.jsonl") -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (folder / name).read_bytes().splitlines()]


@pytest.fixture
def invoices(tmp_path: Path) -> str:
    out = tmp_path / "invoices.jsonl"
    run(tmp_path, EXPORT, INVOICES, "--out", str(out))
    return str(out)


def test_a_refused_row_is_said_every_line_counted_and_the_status_one(tmp_path: Path) -> None:
    result = run(tmp_path, EXPORT, INVOICES, "--out", str(tmp_path / "out.jsonl"))
    assert result.exit_code == 1
    assert "line 5, column 'Betrag': '5_0,00' is not an amount" in result.output
    assert "2 rows taken, 1 refused" in result.output
    assert "5 lines: 1 of the header, 1 blank, 2 taken, 1 refused" in result.output
    assert len(written(tmp_path)) == 4


def test_a_file_of_which_nothing_can_be_taken_is_an_error(tmp_path: Path) -> None:
    header = EXPORT.splitlines()[0]
    result = run(tmp_path, f"{header}\nK1;R1;01.02.2026;02.03.2026;x;\n", INVOICES)
    assert isinstance(result.exception, UsageError)
    assert "nothing could be taken" in str(result.exception)


def test_a_list_of_payments_becomes_payments_and_reversals(tmp_path: Path, invoices: str) -> None:
    lines = (
        "T-1;12.03.2026;410,00;RE-2026-0440;;;;nein;\n"
        "T/2;12.03.2026;99,90;;DE21 2005 0550 1234 5678 90;;;;\n"
        "T-3;13.03.2026;99,90-;;;;;nein;T/2\n"
        "T-4;13.03.2026;10,00;;;;;ja;T-1\n"
        "T-5;13.03.2026;7,00;who knows;;;;;\n"
        "T-5;13.03.2026;8,00;;;K1;;;\n"
        "T-6;13.03.2026;8,00;;;K1;;;T-1\n"
    )
    options = ("--known", invoices, "--out", str(tmp_path / "out.jsonl"))
    result = run(tmp_path, PAID + lines, PAYMENTS, *options)
    assert result.exit_code == 1
    assert "line 6: unmatched: names no known invoice, account or payer" in result.output
    assert "line 7, column 'Nr': 'T-5' stands on line 6 already" in result.output
    assert "line 8, column 'Von': is for returns, and this is none" in result.output
    assert "8 lines: 1 of the header, 0 blank, 5 taken, 2 refused" in result.output
    first, second, back, part = (event["data"] for event in written(tmp_path))
    assert (first["payment_id"], first["invoices"]) == ("T-1", ["RE-2026-0440"])
    assert (second["number"], second["account_id"]) == ("T/2", back["account_id"])
    assert (back["payment_id"], "amount" in back) == (second["payment_id"], False)
    assert (part["payment_id"], part["amount"]) == ("T-1", 1000)


def test_a_statement_says_what_became_of_each_entry(tmp_path: Path, invoices: str) -> None:
    out = tmp_path / "out.jsonl"
    result = run(tmp_path, STATEMENT, BANK, "--known", invoices, "--out", str(out))
    assert result.exit_code == 1
    assert (
        "2 entries: 1 payments, 0 taken back, 0 imported before, 1 unmatched, 0 left out, 0 refused"
        in result.output
    )
    again = run(
        tmp_path, STATEMENT, BANK, "--known", invoices, "--known", str(out), "--out", str(out)
    )
    assert "0 payments, 0 taken back, 1 imported before, 1 unmatched" in again.output
    assert written(tmp_path) == []


def test_what_was_unmatched_is_filled_in_and_imported(tmp_path: Path, invoices: str) -> None:
    rest, out = tmp_path / "rest.csv", tmp_path / "out.jsonl"
    run(tmp_path, STATEMENT, BANK, "--known", invoices, "--unmatched", str(rest))
    filled = rest.read_text("utf-8-sig").replace(",no,,", ",no,K 2,")
    by_map = (
        "creditor: acme\ncurrency: EUR\npayments:\n"
        "  {payment: payment, received: received, amount: amount, returned: returned,\n"
        "   customer: account, invoice: invoice, takes_back: takes_back}\n"
    )
    result = run(tmp_path, filled, by_map, "--known", invoices, "--out", str(out))
    assert result.exit_code == 0
    (payment,) = written(tmp_path)
    assert payment["data"]["amount"] == 5000
    assert payment["data"]["payment_id"].startswith("20050550-7000123:H-2:")


def test_payments_are_played_with_the_invoices_they_pay(tmp_path: Path, invoices: str) -> None:
    options = ("--known", invoices, "--until", "2026-04-01", "--summary")
    result = run(tmp_path, STATEMENT, BANK, *options)
    assert "played to 2026-04-01: 2 items, 5 messages" in result.output
    assert "items ever overdue: 2" in result.output
    assert "days late: median 20, max 30" in result.output


def test_messages_to_match_with_must_be_messages(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"type": "x"}\n')
    result = run(tmp_path, STATEMENT, BANK, "--known", str(tmp_path / "bad.jsonl"))
    assert "bad.jsonl: line 1" in str(result.exception)
