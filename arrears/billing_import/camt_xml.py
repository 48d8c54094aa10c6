"""The XML of camt messages: the document, and texts and amounts in it."""

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from arrears.billing_import.entries import Unusable
from arrears.errors import UsageError

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.(05[234])\.001\.([0-9]{2})\Z")
_AMOUNT = re.compile(r"[0-9]{1,18}(\.[0-9]{0,5})?\Z")


def document(path: Path, content: bytes) -> Element:
    """A camt.053 or camt.054 document without namespaces; raises UsageError for another."""
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise UsageError(f"{path}: has a document type or entities of its own") from error
    except (ParseError, ValueError, LookupError) as error:
        raise UsageError(f"{path}: is not XML: {error}") from error
    kinds = {match[1] for each in root.iter() if (match := _NAMESPACE.match(_namespace(each)))}
    if not kinds & {"053", "054"}:
        told = "an intraday report (camt.052)" if "052" in kinds else "not camt.053 or camt.054"
        raise UsageError(f"{path}: is {told}")
    for each in root.iter():
        each.tag = each.tag.rpartition("}")[2]
    return root


def _namespace(element: Element) -> str:
    return element.tag.partition("}")[0].removeprefix("{")


def text_of(element: Element | None, path: str) -> str:
    """The text at a path, empty where there is none."""
    found = None if element is None else element.find(path)
    return (found.text or "").strip() if found is not None else ""


def texts_of(element: Element | None, path: str) -> list[str]:
    """All texts at a path that have something in them."""
    return [each.text.strip() for each in all_of(element, path) if each.text and each.text.strip()]


def all_of(element: Element | None, path: str) -> list[Element]:
    """All elements at a path."""
    return [] if element is None else element.findall(path)


@dataclass(frozen=True)
class Money:
    """An amount as it stands there, above zero, and the currency beside it."""

    amount: Decimal
    currency: str


def money_at(element: Element, path: str) -> Money:
    """The amount at a path; raises Unusable where there is none."""
    found = element.find(path)
    if found is None:
        raise Unusable("has no amount")
    return money_of(found)


def money_of(amount: Element) -> Money:
    """The amount of an element; raises Unusable for a text that is none."""
    text = (amount.text or "").strip()
    if not _AMOUNT.match(text):
        raise Unusable(f"'{text}' is not an amount")
    return Money(Decimal(text), amount.get("Ccy", ""))


def amount_of(transaction: Element) -> Money | None:
    """A transaction's own amount; version 2 has it in the details."""
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        found = transaction.find(path)
        if found is not None:
            return money_of(found)
    return None
