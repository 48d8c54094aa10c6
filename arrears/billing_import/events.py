"""From rows to what happens: billing messages and disputes, in the order of time."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from hashlib import sha256
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from arrears.billing import Event, cloud_event
from arrears.billing_import.ids import identifier
from arrears.billing_import.mapping import ImportMap
from arrears.billing_import.rows import CreditRow, InvoiceRow, Row

HAPPENS_AT = time(10, 0)
"""An export tells days: everything of a day happens then, invoices before credits and payments."""
EARLIER = "before_import"
"""The method of what was paid or credited on days that an open-items export does not tell."""

_ACCOUNT = "account.upserted.v1"
_INVOICE = "invoice.issued.v1"
_RANKS = {f"billing.{_ACCOUNT}": 0, f"billing.{_INVOICE}": 1, "billing.payment.received.v1": 3}


@dataclass(frozen=True)
class Happening:
    """One input at its instant: a billing message, or the dispute of the invoice `disputes`."""

    at: datetime
    event: Event | None = None
    account: str = ""
    disputes: str = ""


class Builder:
    """Makes happenings for a map's creditor."""

    def __init__(self, mapping: ImportMap) -> None:
        self._source = f"arrears/import/{mapping.creditor}"
        self._creditor = mapping.creditor
        self._zone = ZoneInfo(mapping.time_zone)

    def instant(self, day: date) -> datetime:
        """The moment of a day that things of the day happen at."""
        return datetime.combine(day, HAPPENS_AT, self._zone)

    def message(
        self, kind: str, account: str, name: str, at: datetime, data: Mapping[str, Any]
    ) -> Happening:
        """One billing message; `name` is its id, the same in every import."""
        event = cloud_event(
            kind,
            creditor=self._creditor,
            account=account,
            id=name,
            at=at,
            data={"account_id": account, **data},
            source=self._source,
        )
        return Happening(at, event, account=account)


def happenings(rows: Iterable[Row], mapping: ImportMap) -> list[Happening]:
    """Return everything the rows tell, oldest first.

    A customer's account is made known with its first row, unless the map says no; a date settled is
    a payment of the whole amount that names the invoice; what is not open any more is one at the
    moment of issue; a disputed invoice is disputed from the moment it is issued. A row below zero
    is a credit: of the invoice it is for, if the file has it, else of the account.
    """
    build = _Rows(Builder(mapping), mapping)
    found: list[Happening] = []
    known: set[str] = set()
    ordered = sorted(rows, key=attrgetter("issued"))
    invoices = {(row.customer, row.invoice): row for row in ordered if isinstance(row, InvoiceRow)}
    for row in ordered:
        if mapping.accounts and row.customer not in known:
            known.add(row.customer)
            found.append(build.account(row))
        if isinstance(row, InvoiceRow):
            found += build.invoice(row)
        elif row.amount:
            found.append(build.credit(row, invoices.get((row.customer, row.applies_to or ""))))
    return sorted(found, key=order)


def order(happening: Happening) -> tuple[datetime, int]:
    """The order things happen in: at one instant accounts, invoices, credits, payments."""
    event = happening.event
    return happening.at, 2 if event is None else _RANKS.get(event["type"], 2)


@dataclass(frozen=True)
class _Rows:
    build: Builder
    mapping: ImportMap

    def account(self, row: Row) -> Happening:
        debtor = {"name": row.name, "kind": self.mapping.debtor_kind}
        data = {
            "number": row.customer_number,
            "debtor": debtor,
            "attributes": {"iban": row.iban} if row.iban else None,
        }
        # Another export may tell the customer otherwise: that is another message.
        content = sha256(orjson.dumps([data, row.issued])).hexdigest()[:16]
        name = f"account-{row.customer}-{content}"
        return self.build.message(
            _ACCOUNT, row.customer, name, self.build.instant(row.issued), data
        )

    def invoice(self, row: InvoiceRow) -> Iterator[Happening]:
        at = self.build.instant(row.issued)
        data = {
            "invoice_id": row.invoice,
            "number": row.invoice_number,
            "item": self.mapping.item,
            "amount": row.amount,
            "currency": self.mapping.currency,
            "issued_on": row.issued,
            "due_on": row.due,
        }
        yield self.build.message(_INVOICE, row.customer, f"invoice-{row.invoice}", at, data)
        if row.disputed:
            yield Happening(at, account=row.customer, disputes=row.invoice)
        if row.settled is not None:
            settled = self.build.instant(row.settled)
            yield self._payment(row, "settled", row.amount, self.mapping.method, settled)
        elif row.open is not None and row.open < row.amount:
            yield self._payment(row, "earlier", row.amount - row.open, EARLIER, at)

    def credit(self, row: CreditRow, invoice: InvoiceRow | None) -> Happening:
        number = row.credit_number or row.credit
        if invoice is None:
            data: dict[str, Any] = {
                "credit_id": row.credit,
                "amount": row.amount,
                "currency": self.mapping.currency,
                "reason": f"credit note {number}",
            }
            kind, at = "credit.granted.v1", self.build.instant(row.issued)
        else:
            data = {
                "invoice_id": invoice.invoice,
                "adjustment_id": row.credit,
                "change": -row.amount,
                "reason": f"credit note {number}",
            }
            kind = "invoice.adjusted.v1"
            at = self.build.instant(max(row.issued, invoice.issued))
        return self.build.message(kind, row.customer, f"credit-{row.credit}", at, data)

    def _payment(
        self, row: InvoiceRow, why: str, amount: int, method: str, at: datetime
    ) -> Happening:
        payment_id = identifier(f"{why}-{row.invoice}")
        data = {
            "payment_id": payment_id,
            "amount": amount,
            "currency": self.mapping.currency,
            "received_at": at,
            "method": method,
            "invoices": [row.invoice],
        }
        return self.build.message(
            "payment.received.v1", row.customer, f"payment-{payment_id}", at, data
        )
