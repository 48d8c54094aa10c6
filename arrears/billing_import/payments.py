"""Lists of payments in CSV, read by a map; and which kind of file a file of payments is."""

from pathlib import Path

from arrears.billing_import.camt import read_camt
from arrears.billing_import.cells import Cells, id_and_number
from arrears.billing_import.entries import Entry, Said, Statement
from arrears.billing_import.mapping import ImportMap, PaymentColumns
from arrears.billing_import.swift import read_mt940
from arrears.billing_import.table import Record, Sifted, Unreadable, read_table, read_text, sift
from arrears.errors import UsageError

_SNIFFED_BYTES = 4096


def read_statement(path: Path, mapping: ImportMap) -> Statement | None:
    """Read a bank's statements (camt or MT940); None for a file that is neither.

    Raises UsageError when it is one of them and cannot be read.
    """
    try:
        head = path.read_bytes()[:_SNIFFED_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    if head.startswith((b"<", b"\xff\xfe<", b"\xfe\xff\x00<")):
        return read_camt(path, path.read_bytes(), mapping)
    if head.startswith((b"{1:", b":20:", b"\x01{1:")) or b"\n:20:" in head:
        return read_mt940(path, read_text(path, mapping.encoding), mapping)
    return None


def read_payments(path: Path, mapping: ImportMap, columns: PaymentColumns) -> Sifted[Entry]:
    """Read a list of payments; a payment that came before is refused."""
    table = read_table(path, mapping.csv, columns.used())
    return sift(table, _Reader(mapping, columns).entry)


class _Reader:
    def __init__(self, mapping: ImportMap, columns: PaymentColumns) -> None:
        self._map = mapping
        self._columns = columns
        self._cells = Cells(mapping)
        self._first_seen: dict[str, int] = {}

    def entry(self, record: Record) -> Entry:
        columns, cells = self._columns, self._cells
        number = cells.number(record, columns.payment)
        received = cells.day(record, columns.received)
        cells.currency(record, columns.currency)
        amount = cells.amount(record, columns.amount)
        if amount == 0:
            raise Unreadable(columns.amount, "is zero: nothing was paid")
        is_return = amount < 0 or cells.word(
            record, columns.returned, self._map.returned_true, self._map.returned_false
        )
        said = self._said(record, is_return=is_return)
        payment, kept = id_and_number(number)
        first = self._first_seen.setdefault(number, record.line)
        if first != record.line:
            raise Unreadable(columns.payment, f"'{number}' stands on line {first} already")
        return Entry(
            where=f"line {record.line}",
            payment=payment,
            received=received,
            amount=abs(amount),
            said=said,
            is_return=is_return,
            reason=cells.label(record, columns.reason),
            number=kept,
        )

    def _said(self, record: Record, *, is_return: bool) -> Said:
        columns, cells = self._columns, self._cells
        texts = cells.text(record, columns.reference)
        payer = cells.label(record, columns.iban)
        original = self._optional(record, columns.takes_back)
        if original and not is_return:
            raise Unreadable(columns.takes_back or "", "is for returns, and this is none")
        invoices = cells.text(record, columns.invoice).split(";")
        return Said(
            account=self._optional(record, columns.customer),
            invoices=tuple(each.strip() for each in invoices if each.strip()),
            texts=(texts,) if texts else (),
            payers=(payer,) if payer else (),
            takes_back=(original,) if original else (),
        )

    def _optional(self, record: Record, column: str | None) -> str:
        if column is None or not self._cells.text(record, column):
            return ""
        return self._cells.number(record, column)
