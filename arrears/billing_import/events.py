"""From rows to what happens: billing messages and disputes, in the order of time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from operator import attrgetter
from zoneinfo import ZoneInfo

from arrears.billing import Event, cloud_event
from arrears.billing_import.mapping import ImportMap
from arrears.billing_import.rows import InvoiceRow

SOURCE = "arrears/import"
_PAYMENT = "billing.payment.received.v1"
HAPPENS_AT = time(10, 0)
"""An export tells days: everything of a day happens then, invoices before payments."""


@dataclass(frozen=True)
class Happening:
    """One input at its instant: a billing message, or the dispute of the invoice `disputes`."""

    at: datetime
    event: Event | None = None
    account: str = ""
    disputes: str = ""


def happenings(rows: Iterable[InvoiceRow], mapping: ImportMap) -> list[Happening]:
    """Return everything the rows tell, oldest first.

    A customer's account is made known with its first invoice; a date settled is a payment of the
    whole amount that names the invoice; a disputed invoice is disputed from the moment it is
    issued.
    """
    build = _Builder(mapping)
    found: list[Happening] = []
    known: set[str] = set()
    for row in sorted(rows, key=attrgetter("issued")):
        if row.customer not in known:
            known.add(row.customer)
            found.append(build.account(row))
        found.append(build.invoice(row))
        if row.disputed:
            at = build.instant(row.issued, HAPPENS_AT)
            found.append(Happening(at, account=row.customer, disputes=row.invoice))
        if row.settled is not None:
            found.append(build.payment(row, row.settled))
    return sorted(found, key=_order)


def _order(happening: Happening) -> tuple[datetime, bool]:
    event = happening.event
    return happening.at, event is not None and event["type"] == _PAYMENT


class _Builder:
    def __init__(self, mapping: ImportMap) -> None:
        self._map = mapping
        self._zone = ZoneInfo(mapping.time_zone)

    def instant(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self._zone)

    def account(self, row: InvoiceRow) -> Happening:
        debtor = {"name": row.name, "kind": self._map.debtor_kind}
        return self._event(
            "account.upserted.v1", row, f"account-{row.customer}",
            self.instant(row.issued, HAPPENS_AT), {"debtor": debtor},
        )  # fmt: skip

    def invoice(self, row: InvoiceRow) -> Happening:
        data = {
            "invoice_id": row.invoice,
            "item": self._map.item,
            "amount": row.amount,
            "currency": self._map.currency,
            "issued_on": row.issued,
            "due_on": row.due,
        }
        at = self.instant(row.issued, HAPPENS_AT)
        return self._event("invoice.issued.v1", row, f"invoice-{row.invoice}", at, data)

    def payment(self, row: InvoiceRow, settled: date) -> Happening:
        at = self.instant(settled, HAPPENS_AT)
        data = {
            "payment_id": f"settled-{row.invoice}",
            "amount": row.amount,
            "currency": self._map.currency,
            "received_at": at,
            "method": self._map.method,
            "invoices": [row.invoice],
        }
        return self._event(
            _PAYMENT.removeprefix("billing."), row, f"payment-{row.invoice}", at, data
        )

    def _event(
        self, kind: str, row: InvoiceRow, name: str, at: datetime, data: dict[str, object]
    ) -> Happening:
        event = cloud_event(
            kind,
            creditor=self._map.creditor,
            account=row.customer,
            id=name,
            at=at,
            data={"account_id": row.customer, **data},
            source=SOURCE,
        )
        return Happening(at, event, account=row.customer)
