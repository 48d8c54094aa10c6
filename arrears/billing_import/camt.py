"""camt.053 statements and camt.054 notifications of ISO 20022, versions 2 to 13.

Read by the element names that ISO 20022 publishes, with a parser that takes no DTD; see
`docs/adr/0007` for why no library does it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from arrears.billing_import.camt_xml import (
    Money,
    all_of,
    amount_of,
    document,
    money_at,
    money_of,
    text_of,
    texts_of,
)
from arrears.billing_import.entries import (
    Aside,
    Entry,
    Said,
    Statement,
    Unusable,
    as_number,
    minor_units,
    within_years,
)
from arrears.billing_import.ids import identifier
from arrears.billing_import.mapping import ImportMap

_COUNT = re.compile(r"[0-9]{1,15}")  # of ASCII digits, and few enough to be read
_NO_REFERENCE = {"", "NOTPROVIDED", "NONREF"}
_DEBIT_FAMILIES = {"IDDT", "RDDT"}
_CARD_FAMILIES = {"CCRD", "MCRD"}


def read_camt(path: Path, content: bytes, mapping: ImportMap) -> Statement:
    """Read all statements or notifications of a file; raises UsageError when it is none."""
    root = document(path, content)
    read = Statement()
    number = 0
    for statement in (each for kind in ("Stmt", "Ntfctn") for each in root.iter(kind)):
        reader = _Reader(statement, mapping)
        for entry in statement.findall("Ntry"):
            number += 1
            _add(read, reader, entry, _name(number, entry))
    return read


def _name(number: int, entry: Element) -> str:
    reference = text_of(entry, "AcctSvcrRef") or text_of(entry, "NtryRef")
    return f"entry {number} ({reference})" if reference else f"entry {number}"


def _add(read: Statement, reader: "_Reader", entry: Element, where: str) -> None:
    try:
        for found in list(reader.read(entry, where)):
            if isinstance(found, Aside):
                read.asides.append(found)
            else:
                read.entries.append(found)
    except Unusable as problem:
        read.asides.append(Aside(where, str(problem), refused=True))


class _Reader:
    """Reads the entries of one statement."""

    def __init__(self, statement: Element, mapping: ImportMap) -> None:
        self._map = mapping
        self._zone = ZoneInfo(mapping.time_zone)
        self._account = text_of(statement, "Acct/Id/IBAN") or text_of(statement, "Acct/Id/Othr/Id")
        self._id = text_of(statement, "Id")
        self._seen: Counter[str] = Counter()

    def read(self, entry: Element, where: str) -> Iterator[Entry | Aside]:
        """One entry's transactions: itself, or the several of a batch."""
        status = text_of(entry, "Sts/Cd") or text_of(entry, "Sts")
        if status != "BOOK":
            yield Aside(where, f"is not booked yet ({status or 'no status'})")
            return
        transactions = entry.findall("NtryDtls/TxDtls")
        if len(transactions) <= 1:
            count = text_of(entry, "NtryDtls/Btch/NbOfTxs")
            if not transactions and _COUNT.fullmatch(count) and int(count) > 1:
                raise Unusable(f"is a sum of {int(count)} transactions that the file does not list")
            yield self._one(entry, transactions[0] if transactions else None, where)
            return
        self._check_sum(entry, transactions)
        for number, transaction in enumerate(transactions, start=1):
            place = f"{where}, transaction {number}"
            found = self._one(entry, transaction, place, amount_of(transaction), number)
            yield found

    def _check_sum(self, entry: Element, transactions: list[Element]) -> None:
        """A batch is the sum of its transactions, or that less the bank's charges."""
        direction = text_of(entry, "CdtDbtInd")
        total = Decimal(0)
        for transaction in transactions:
            money = amount_of(transaction)
            if money is None:
                raise Unusable(f"is a sum of {len(transactions)} transactions without amounts")
            same = text_of(transaction, "CdtDbtInd") in {"", direction}
            total += money.amount if same else -money.amount
        booked = money_at(entry, "Amt").amount
        charges = sum(
            (money_of(each).amount for each in all_of(entry, "Chrgs/Rcrd/Amt")), Decimal(0)
        )
        if total not in {booked, booked + charges, booked - charges}:
            raise Unusable(f"is {booked}, but its transactions come to {total}")

    def _one(
        self,
        entry: Element,
        transaction: Element | None,
        where: str,
        money: Money | None = None,
        number: int = 0,
    ) -> Entry | Aside:
        direction = text_of(transaction, "CdtDbtInd") or text_of(entry, "CdtDbtInd")
        if direction not in {"CRDT", "DBIT"}:
            raise Unusable("does not say whether money came or went")
        sent_back = transaction is not None and transaction.find("RtrInf") is not None
        sent_back = sent_back or text_of(entry, "RvslInd") in {"true", "1"}
        if direction == "CRDT" and sent_back:
            return Aside(where, "money that went out came back: no payment")
        if direction == "DBIT" and not sent_back:
            return Aside(where, "money that went out")
        booked = money or money_at(entry, "Amt")
        minor = minor_units(
            booked.amount, booked.currency, self._map.currency, self._map.minor_digits
        )
        if minor <= 0:
            raise Unusable("is of no amount")
        returned = direction == "DBIT"
        original = self._original(transaction, minor) if returned else minor
        end_to_end = _reference(transaction, "Refs/EndToEndId")
        return Entry(
            where=where,
            payment=self._identity(entry, transaction, booked, number),
            received=self._received(entry),
            amount=original,
            charges=minor - original,
            is_return=returned,
            method=_method(entry),
            reason=_reason(transaction),
            number=as_number(end_to_end),
            said=_said(entry, transaction, end_to_end, returned),
        )

    def _original(self, transaction: Element | None, booked: int) -> int:
        """Of a return: the amount without the bank's charges, where it is told."""
        for path in ("AmtDtls/InstdAmt/Amt", "AmtDtls/TxAmt/Amt"):
            found = transaction.find(path) if transaction is not None else None
            if found is not None and found.get("Ccy") == self._map.currency:
                money = money_of(found)
                minor = minor_units(
                    money.amount, money.currency, self._map.currency, self._map.minor_digits
                )
                return min(booked, minor) or booked
        return booked

    def _received(self, entry: Element) -> date | datetime:
        """The value date; where the bank tells none, the day it was booked."""
        for path in ("ValDt/Dt", "ValDt/DtTm", "BookgDt/Dt", "BookgDt/DtTm"):
            text = text_of(entry, path)
            if text:
                return self._moment(text)
        raise Unusable("has neither a value date nor a booking date")

    def _moment(self, text: str) -> date | datetime:
        try:
            if "T" not in text:
                return within_years(date.fromisoformat(text[:10]))
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise Unusable(f"'{text}' is not a date") from None
        within_years(moment.date())
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)

    def _identity(
        self, entry: Element, transaction: Element | None, money: Money, number: int
    ) -> str:
        """An identifier that the same transaction has whenever it is told: the bank's reference;
        without one, made of all that is said of it.
        """
        own = _reference(transaction, "Refs/AcctSvcrRef")
        whole = _reference(entry, "AcctSvcrRef")
        if own and (own != whole or not number):
            return identifier(f"{self._account}:{own}")
        if whole:
            return identifier(
                f"{self._account}:{whole}:{number}" if number else f"{self._account}:{whole}"
            )
        content = "\0".join(
            (self._id, str(money.amount), *(each.strip() for each in entry.itertext()))
            if transaction is None
            else (
                self._id,
                str(money.amount),
                text_of(entry, "CdtDbtInd"),
                text_of(entry, "ValDt/Dt"),
                *(each.strip() for each in transaction.itertext()),
            )
        )
        self._seen[content] += 1
        mark = sha256(f"{content}\0{self._seen[content]}".encode()).hexdigest()[:20]
        return identifier(f"{self._account}:{mark}")


def _reference(element: Element | None, path: str) -> str:
    text = text_of(element, path)
    return "" if text.upper() in _NO_REFERENCE else text


def _reason(transaction: Element | None) -> str:
    text = text_of(transaction, "RtrInf/Rsn/Cd") or text_of(transaction, "RtrInf/Rsn/Prtry")
    return " ".join(text.split())


def _method(entry: Element) -> str | None:
    family = text_of(entry, "BkTxCd/Domn/Fmly/Cd")
    if family in _DEBIT_FAMILIES:
        return "direct_debit"
    return "card" if family in _CARD_FAMILIES else None


def _said(entry: Element, details: Element | None, end_to_end: str, returned: bool) -> Said:
    structured = texts_of(details, "RmtInf/Strd/CdtrRefInf/Ref")
    documents = texts_of(details, "RmtInf/Strd/RfrdDocInf/Nb")
    free = "\n".join(texts_of(details, "RmtInf/Ustrd"))
    more = [*texts_of(details, "RmtInf/Strd/AddtlRmtInf"), *texts_of(details, "AddtlTxInf")]
    originals = [
        _reference(details, f"Refs/{name}")
        for name in ("EndToEndId", "TxId", "InstrId", "PmtInfId")
    ]
    side = "Cdtr" if returned and not texts_of(details, "RltdPties/DbtrAcct/Id/IBAN") else "Dbtr"
    payers = [
        *texts_of(details, f"RltdPties/{side}Acct/Id/IBAN"),
        *texts_of(details, f"RltdPties/{side}Acct/Id/Othr/Id"),
    ]
    return Said(
        invoices=tuple(documents),
        references=tuple(structured),
        texts=tuple(filter(None, (free, *more, end_to_end, text_of(entry, "AddtlNtryInf")))),
        payers=tuple(payers),
        takes_back=tuple(filter(None, originals)) if returned else (),
    )
