"""Bank statements as a test writes and reads them."""

from pathlib import Path

from arrears.billing_import.entries import Entry, Statement
from arrears.billing_import.mapping import ImportMap
from arrears.billing_import.payments import read_statement

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


def read(folder: Path, mapping: ImportMap, content: str) -> Statement:
    path = folder / "statement"
    path.write_text(content, encoding="utf-8")
    found = read_statement(path, mapping)
    assert found is not None
    return found


def only(statement: Statement) -> Entry:
    (entry,) = statement.entries
    return entry


def refusal(statement: Statement) -> str:
    (aside,) = statement.asides
    assert aside.refused
    return str(aside)
