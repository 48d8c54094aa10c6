"""A bank's statements: booked money in is a payment, what went back takes one back."""

from datetime import date
from pathlib import Path

import pytest

from arrears.billing_import.entries import Statement
from arrears.billing_import.mapping import ImportMap
from arrears.errors import UsageError
from tests.arrears.statements import MT940, only, read, refusal

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


def camt(folder: Path, mapping: ImportMap, *entries: str, version: str = "08") -> Statement:
    return read(folder, mapping, CAMT.format(version=version, entries="".join(entries)))


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
