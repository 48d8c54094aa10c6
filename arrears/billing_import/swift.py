"""MT940 account statements, read by the library `mt-940`."""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from pathlib import Path
from typing import Any

import mt940

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
from arrears.errors import UsageError

# It logs what it cannot read, names and accounts included.
logging.getLogger("mt940").setLevel(logging.CRITICAL)

_LINE = re.compile(r"^:61:", re.MULTILINE)
_BALANCE = re.compile(r"^:6[02][FM]?:", re.MULTILINE)
_SEGMENT = re.compile(r"\?([0-9]{2})([^?]*)")
_RETURN_CODE = re.compile(r"/RTRN/([A-Z]{2}[0-9]{2})|\b([A-Z]{2}[0-9]{2})\b")
_EREF = re.compile(r"/EREF/([^/]+)")
_IBAN = re.compile(r"/IBAN/([A-Z]{2}[0-9]{2}[A-Z0-9]{10,30})(?:/|\Z)")
_RETURNED_TYPES = {"NRTI"}
_RETURNED_CODES = {"108", "109"}  # of direct debits, business and core (GVC of the German banks)
_DEBIT_CODES = {"171", "174", "192", "196"}
_NO_REFERENCE = {"", "NONREF", "NOTPROVIDED"}


def read_mt940(path: Path, text: str, mapping: ImportMap) -> Statement:
    """Read all statements of a file; raises UsageError when it is not MT940 to the last line."""
    if not _BALANCE.search(text):
        raise UsageError(f"{path}: has no balances: an interim report (MT942) is no statement")
    processors = {"pre_statement": [_keep_date], "pre_transaction_details": [_keep_details]}
    try:
        found = mt940.parse_statements(text, processors=processors, options=mt940.Options.all())
    except (RuntimeError, ValueError, InvalidOperation, KeyError, TypeError) as error:
        raise UsageError(f"{path}: is not MT940: {_first_words(error)}") from error
    lines = len(_LINE.findall(text))
    if lines != sum(len(each) for each in found):
        raise UsageError(f"{path}: has {lines} statement lines (:61:), not all can be told apart")
    read = Statement()
    number = 0
    for statement in found:
        _check_balance(statement, read)
        seen: Counter[str] = Counter()
        for transaction in statement:
            number += 1
            _add(read, f"entry {number}", transaction.data, statement.data, seen, mapping)
    return read


def _first_words(error: Exception) -> str:
    return str(error.args[0] if error.args else error).split(" from ")[0][:120]


def _keep_date(_: Any, __: Any, tag: dict[str, Any], *___: Any) -> dict[str, Any]:
    """Keep dates that do not exist, which the library would move to the end of February."""
    day = int(tag["day"])
    month = int(tag["month"])
    try:
        date(2000 + int(tag["year"]), month, day)
    except ValueError:
        tag["impossible"] = f"{tag['year']}{tag['month']}{tag['day']}"
        tag |= {"month": "01", "day": "01"}
    if not tag["id"]:
        tag["id"] = "NONE"  # without one the library takes the next line for the same entry
    return tag


def _keep_details(_: Any, __: Any, tag: dict[str, Any], *___: Any) -> dict[str, Any]:
    tag["raw"] = tag["transaction_details"]
    return tag


def _check_balance(statement: Any, read: Statement) -> None:
    known = statement.data
    begin = known.get("final_opening_balance") or known.get("intermediate_opening_balance")
    end = known.get("final_closing_balance") or known.get("intermediate_closing_balance")
    if begin is None or end is None:
        return
    moved = sum((each.data["amount"].amount for each in statement), Decimal(0))
    if begin.amount.amount + moved != end.amount.amount:
        read.notes.append(
            f"statement {known.get('statement_number', '?')}: the entries come to "
            f"{begin.amount.amount + moved}, its closing balance is {end.amount.amount}: "
            "is the file whole?"
        )


def _add(
    read: Statement,
    where: str,
    data: dict[str, Any],
    statement: dict[str, Any],
    seen: "Counter[str]",
    mapping: ImportMap,
) -> None:
    try:
        entry = _entry(where, data, statement, seen, mapping)
    except Unusable as problem:
        read.asides.append(Aside(where, str(problem), refused=True))
        return
    if isinstance(entry, Aside):
        read.asides.append(entry)
    else:
        read.entries.append(entry)


def _entry(
    where: str,
    data: dict[str, Any],
    statement: dict[str, Any],
    seen: "Counter[str]",
    mapping: ImportMap,
) -> Entry | Aside:
    mark = data["status"].upper()
    texts = tuple(_texts(data.get("raw") or ""))
    returned = mark == "RC" or (mark == "D" and _is_return(data, texts))
    if mark == "RD":
        return Aside(where, "money that went out came back: no payment")
    if mark == "D" and not returned:
        return Aside(where, "money that went out")
    if "impossible" in data:
        raise Unusable(f"'{data['impossible']}' is not a date")
    amount = abs(data["amount"].amount)
    original = _original(data) if returned else None
    wanted = (data.get("currency"), mapping.currency, mapping.minor_digits)
    booked = minor_units(amount, *wanted)
    minor = booked if original is None else min(booked, minor_units(original, *wanted))
    if minor == 0:
        raise Unusable("is of no amount")
    end_to_end = (data.get("end_to_end_reference") or _slashed(texts, _EREF)).strip()
    told = [text for text in (end_to_end, data["customer_reference"]) if text not in _NO_REFERENCE]
    payers = (
        data.get("applicant_iban"),
        data.get("gvc_applicant_iban"),
        _slashed(texts, _IBAN),
    )
    return Entry(
        where=where,
        payment=_identity(data, statement, seen),
        received=within_years(date(data["date"].year, data["date"].month, data["date"].day)),
        amount=minor,
        charges=booked - minor,
        is_return=returned,
        method=_method(data),
        reason=_reason(data, texts) if returned else "",
        number=None if end_to_end in _NO_REFERENCE else as_number(end_to_end),
        said=Said(
            texts=(*texts, *told),
            payers=tuple(filter(None, payers)),
            takes_back=(end_to_end,) if returned and end_to_end not in _NO_REFERENCE else (),
        ),
    )


def _texts(raw: str) -> Iterator[str]:
    """The lines that the bank made of the purpose: structured (`?20…`) or as they are."""
    joined = raw.replace("\n", "")
    segments = _SEGMENT.findall(joined) if re.match(r"[0-9]{3}\?[0-9]{2}", joined) else []
    if segments:
        yield "\n".join(text for code, text in segments if code[0] == "2" or code >= "60")
    elif raw:
        yield raw


def _is_return(data: dict[str, Any], texts: tuple[str, ...]) -> bool:
    return (
        data["id"].upper() in _RETURNED_TYPES
        or data.get("transaction_code") in _RETURNED_CODES
        or any("/RTRN/" in text for text in texts)
    )


def _original(data: dict[str, Any]) -> Decimal | None:
    """Of a return: the amount without the bank's charges, where it is told."""
    text = (data.get("original_amount") or "").strip()
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,12}(,[0-9]{0,3})?", text):
        raise Unusable(f"'{text}' is not an original amount")
    return Decimal(text.replace(",", "."))


def _slashed(texts: tuple[str, ...], field: re.Pattern[str]) -> str:
    """A field as Dutch banks write it, `/NAME/value/`."""
    found = (field.search(text.replace("\n", "")) for text in texts)
    return next((match[1] for match in found if match), "")


def _method(data: dict[str, Any]) -> str | None:
    is_debit = data["id"].upper() == "NDDT" or data.get("transaction_code") in _DEBIT_CODES
    return "direct_debit" if is_debit else None


def _reason(data: dict[str, Any], texts: tuple[str, ...]) -> str:
    noted = data.get("return_debit_notes")
    if noted:
        return str(noted)
    found = next(filter(None, (_RETURN_CODE.search(text) for text in texts)), None)
    return (found[1] or found[2]) if found else ""


def _identity(data: dict[str, Any], statement: dict[str, Any], seen: "Counter[str]") -> str:
    """An identifier that the same entry has whenever it is told.

    A bank's reference need not be unique, so everything the entry says goes into it; without one,
    the statement's number too. Entries alike in all of it are told apart by their order.
    """
    reference = data.get("bank_reference") or ""
    is_told = reference.upper() not in _NO_REFERENCE
    account = statement.get("account_identification", "")
    said = (
        account,
        "" if is_told else statement.get("statement_number", ""),
        "" if is_told else str(statement.get("final_opening_balance", "")),
        reference,
        data["customer_reference"],
        data["status"].upper(),
        str(data["date"]),
        str(data["amount"].amount),
        data.get("raw") or "",
    )
    content = "\0".join(said)
    seen[content] += 1
    mark = sha256(f"{content}\0{seen[content]}".encode()).hexdigest()[:20]
    return identifier(
        f"{account}:{reference if is_told else data['date']}:{mark}".replace("/", "-")
    )
