"""A bank's statements: booked money in is a payment, what went back takes one back."""

from datetime import date
from pathlib import Path

import pytest

from arrears.billing_import.entries import Entry, Statement
from arrears.billing_import.mapping import ImportMap, read_map
from arrears.billing_import.payments import read_statement
from arrears.errors import UsageError

MT940 = """\
{1:F01HAFEDEFFXXXX0000000000}{2:I940HAFEDEFFXXXXN}{4:
:20:STARTUMS
:25:20050550/7000123
:28C:00061/001
:60F:C260311EUR2000,00
:61:2603120312C410,00NTRFNONREF//H-0001
:86:166?00SEPA-GUTSCHRIFT?20EREF+NOTPROVIDED?21SVWZ+Wasser und Abwas
ser RE-2?22026-0440 Familie Brandt?31DE21200505501234567890?32Brandt
:61:2603120312C99,90NDDTNONREF//H-0002
:86:171?00LASTSCHRIFT?20EREF+DD-0311-K9?21SVWZ+RE-2026-0441
:61:2603130313D34,50NRTINONREF//H-0003
:86:109?00RETOURE?20EREF+DD-0210-K4?21OAMT+30,00?22COAM+4,50?23SV
WZ+AC04 Konto erloschen?31DE02200505500000004711?34AC04
:61:2603130313RC12,00NTRFREF-77//H-0004
:86:/EREF/REF-77/REMI/cancelled
:61:2603130313RD8,00NTRFNONREF//H-0005
:86:returned transfer
:61:2603130313D250,00NTRFNONREF//H-0006
:86:rent of the office
:62F:C260313EUR2221,40
-}
"""

CAMT = """\
<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">
 <BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId></GrpHdr>
  <Stmt><Id>S-61</Id><Acct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></Acct>
  {entries}
  </Stmt></BkToCstmrStmt></Document>
"""


def ntry(
    details: str = "",
    *,
    amount: str = "75.25",
    currency: str = "EUR",
    mark: str = "CRDT",
    status: str = "<Sts>BOOK</Sts>",
    reference: str = "B-1",
    days: str = "<BookgDt><Dt>2026-03-13</Dt></BookgDt><ValDt><Dt>2026-03-12</Dt></ValDt>",
    more: str = "",
) -> str:
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd>{more}{status}'
        f"{days}<AcctSvcrRef>{reference}</AcctSvcrRef>{details}</Ntry>"
    )


def details(*transactions: str) -> str:
    each = "".join(f"<TxDtls>{transaction}</TxDtls>" for transaction in transactions)
    return f"<NtryDtls>{each}</NtryDtls>"


@pytest.fixture
def mapping(tmp_path: Path) -> ImportMap:
    path = tmp_path / "map.yaml"
    path.write_text("creditor: acme\ncurrency: EUR\ntime_zone: Europe/Amsterdam\n")
    return read_map(path)


def read(folder: Path, mapping: ImportMap, content: str) -> Statement:
    path = folder / "statement"
    path.write_text(content, encoding="utf-8")
    found = read_statement(path, mapping)
    assert found is not None
    return found


def camt(folder: Path, mapping: ImportMap, *entries: str, version: str = "08") -> Statement:
    return read(folder, mapping, CAMT.format(version=version, entries="".join(entries)))


def only(statement: Statement) -> Entry:
    (entry,) = statement.entries
    return entry


def refusal(statement: Statement) -> str:
    (aside,) = statement.asides
    assert aside.refused
    return str(aside)


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


def test_another_currency_is_refused_with_its_entry(tmp_path: Path, mapping: ImportMap) -> None:
    dollars = read(tmp_path, mapping, MT940.replace("EUR", "USD"))
    assert str(dollars.asides[0]) == "entry 1: is in USD, not in EUR"
    found = camt(tmp_path, mapping, ntry(currency="USD"))
    assert refusal(found) == "entry 1 (B-1): is in USD, not in EUR"


def test_a_notification_tells_the_payments_of_the_statement(
    tmp_path: Path, mapping: ImportMap
) -> None:
    entries = ntry(details("<Refs><AcctSvcrRef>T-9</AcctSvcrRef></Refs>")) + ntry(reference="B-2")
    statement = CAMT.format(version="08", entries=entries)
    notification = (
        statement.replace("camt.053", "camt.054")
        .replace("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn")
        .replace("Stmt>", "Ntfctn>")
    )
    told = read(tmp_path, mapping, notification).entries
    assert told == read(tmp_path, mapping, statement).entries
    assert len(told) == 2


@pytest.mark.parametrize("version", ["02", "04", "08", "12"])
def test_a_booked_credit_is_a_payment_of_its_value_date(
    tmp_path: Path, mapping: ImportMap, version: str
) -> None:
    status = "<Sts>BOOK</Sts>" if version < "08" else "<Sts><Cd>BOOK</Cd></Sts>"
    transaction = (
        "<Refs><AcctSvcrRef>T-9</AcctSvcrRef><EndToEndId>E-5</EndToEndId></Refs>"
        "<RltdPties><DbtrAcct><Id><IBAN>NL02ABNA0123456789</IBAN></Id></DbtrAcct></RltdPties>"
        "<RmtInf><Ustrd>invoice RE-2026-</Ustrd><Ustrd>0440</Ustrd>"
        "<Strd><RfrdDocInf><Nb>RE-2026-0441</Nb></RfrdDocInf>"
        "<CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf>"
    )
    entry = only(
        camt(tmp_path, mapping, ntry(details(transaction), status=status), version=version)
    )
    assert (entry.amount, entry.received, entry.number) == (7525, date(2026, 3, 12), "E-5")
    assert entry.payment == "NL91ABNA0417164300:T-9"
    assert entry.said.invoices == ("RE-2026-0441",)
    assert entry.said.references == ("RF18539007547034",)
    assert entry.said.texts == ("invoice RE-2026-\n0440", "E-5")
    assert entry.said.payers == ("NL02ABNA0123456789",)


def test_what_is_not_booked_and_what_went_out_is_left_out(
    tmp_path: Path, mapping: ImportMap
) -> None:
    returned_transfer = details("<RtrInf><Rsn><Cd>AC01</Cd></Rsn></RtrInf>")
    found = camt(
        tmp_path,
        mapping,
        ntry(status="<Sts><Cd>PDNG</Cd></Sts>"),
        ntry(mark="DBIT", reference="B-2"),
        ntry(returned_transfer, reference="B-3"),
    )
    assert found.entries == []
    assert [str(aside) for aside in found.asides if not aside.refused] == [
        "entry 1 (B-1): is not booked yet (PDNG)",
        "entry 2 (B-2): money that went out",
        "entry 3 (B-3): money that went out came back: no payment",
    ]


def test_a_batch_is_its_transactions(tmp_path: Path, mapping: ImportMap) -> None:
    one, two = (
        f"<Refs><EndToEndId>E-{n}</EndToEndId></Refs><AmtDtls><TxAmt>"
        f'<Amt Ccy="EUR">{amount}</Amt></TxAmt></AmtDtls>'
        for n, amount in ((1, "50.00"), (2, "25.25"))
    )
    found = camt(tmp_path, mapping, ntry(details(one, two)), version="02").entries
    assert [(e.payment, e.amount, e.number) for e in found] == [
        ("NL91ABNA0417164300:B-1:1", 5000, "E-1"),
        ("NL91ABNA0417164300:B-1:2", 2525, "E-2"),
    ]
    wrong = camt(tmp_path, mapping, ntry(details(one, one)), version="02")
    assert refusal(wrong).endswith("is 75.25, but its transactions come to 100.00")


def test_a_batch_that_is_not_listed_is_refused(tmp_path: Path, mapping: ImportMap) -> None:
    batch = "<NtryDtls><Btch><NbOfTxs>12</NbOfTxs></Btch></NtryDtls>"
    assert "a sum of 12 transactions" in refusal(camt(tmp_path, mapping, ntry(batch)))


def test_a_returned_debit_takes_back_what_was_debited_without_the_banks_charges(
    tmp_path: Path, mapping: ImportMap
) -> None:
    transaction = (
        "<Refs><EndToEndId>DD-1</EndToEndId></Refs>"
        '<AmtDtls><InstdAmt><Amt Ccy="EUR">70.00</Amt></InstdAmt></AmtDtls>'
        "<RtrInf><Rsn><Cd>MD06</Cd></Rsn></RtrInf>"
    )
    entry = only(camt(tmp_path, mapping, ntry(details(transaction), mark="DBIT")))
    assert (entry.is_return, entry.amount, entry.charges) == (True, 7000, 525)
    assert (entry.reason, entry.said.takes_back) == ("MD06", ("DD-1",))


def test_a_reversed_credit_takes_it_back(tmp_path: Path, mapping: ImportMap) -> None:
    found = camt(tmp_path, mapping, ntry(mark="DBIT", more="<RvslInd>true</RvslInd>"))
    assert only(found).is_return


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (ntry(amount="7,25"), "'7,25' is not an amount"),
        (ntry(amount="1e3"), "'1e3' is not an amount"),
        (ntry(amount="7.255"), "has more decimals than EUR has"),
        (ntry(days="<ValDt><Dt>2026-02-30</Dt></ValDt>"), "'2026-02-30' is not a date"),
        (ntry(days="<ValDt><Dt>9999-12-31</Dt></ValDt>"), "is not within 1970 to 2199"),
        (ntry(days=""), "has neither a value date nor a booking date"),
        (ntry(mark=""), "does not say whether money came or went"),
    ],
)
def test_a_camt_entry_that_cannot_be_is_refused(
    tmp_path: Path, mapping: ImportMap, entry: str, says: str
) -> None:
    assert says in refusal(camt(tmp_path, mapping, entry))


def test_without_a_reference_of_the_bank_the_content_is_one(
    tmp_path: Path, mapping: ImportMap
) -> None:
    alike = ntry(reference="")
    one, two = camt(tmp_path, mapping, alike, alike).entries
    again = camt(tmp_path, mapping, alike, alike).entries
    assert one.payment != two.payment
    assert [one.payment, two.payment] == [entry.payment for entry in again]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("<Document", "is not XML"),
        ("<Document/>", "is not camt.053 or camt.054"),
        (CAMT.format(version="08", entries="").replace("053", "052"), "an intraday report"),
        ('<!DOCTYPE d [<!ENTITY e "x">]><d>&e;</d>', "has a document type or entities"),
    ],
)
def test_xml_that_is_no_statement_is_refused(
    tmp_path: Path, mapping: ImportMap, content: str, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        read(tmp_path, mapping, content)
