"""What is open and what was paid, of a creditor as a whole: for matching a bank's statements."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from chassis.http.paging import Cursor, Limit, Page, decode_cursor, page
from chassis.runtime.service import Service
from contracts.base import Identifier
from services.ledger.api.roles import Reader
from services.ledger.views.numbers import Named, numbers_of

_ITEMS = """
select account, item_id, item, currency, amount, principal, issued_on, due_on
from view_open_items
where creditor = $1 and ($2::text is null or account = $2)
  and ($3::text is null or (account, item_id) > ($3, $4))
order by account, item_id limit $5"""
_PAYMENTS = """
select account, payment_id, amount, left_amount, method, received_at, invoices, taken_back_by
from view_payments
where creditor = $1 and ($2::text is null or account = $2)
  and ($3::text is null or (account, payment_id) > ($3, $4))
order by account, payment_id limit $5"""

CreditorPath = Annotated[Identifier, Path()]
OfAccount = Annotated[Identifier | None, Query(description="of one account alone")]


class OpenItemOut(BaseModel):
    """One open item; `principal` is what is left of `amount`."""

    account_id: str
    item_id: str
    number: str | None = None
    item: str
    currency: str
    amount: int
    principal: int
    issued_on: date
    due_on: date


class PaymentOut(BaseModel):
    """One payment; `left` of `amount` was not taken back, `taken_back_by` are the ids of the
    messages that took the rest back.
    """

    account_id: str
    payment_id: str
    number: str | None = None
    amount: int
    left: int
    method: str
    received_at: datetime
    invoices: list[str]
    taken_back_by: list[str]


def router(service: Service) -> APIRouter:
    """The routes `/v1/creditors/{creditor}/open-items` and `/payments`."""
    routes = APIRouter(prefix="/v1/creditors", tags=["accounts"])
    matching = Matching(service)
    routes.get("/{creditor}/open-items", operation_id="list_open_items")(matching.open_items)
    routes.get("/{creditor}/payments", operation_id="list_payments")(matching.payments)
    return routes


@dataclass(frozen=True)
class Matching:
    """The routes for matching, on a service."""

    service: Service

    async def open_items(
        self,
        who: Reader,
        creditor: CreditorPath,
        account: OfAccount = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[OpenItemOut]:
        """A creditor's open items in order of account and item."""
        after = decode_cursor(cursor, str, str) or [None, None]
        owner = who.scope(creditor)
        rows = await self.service.pool.fetch(_ITEMS, owner, account, *after, limit + 1)
        known = await numbers_of(self.service, [_invoice(owner, row) for row in rows])
        answer = page(
            rows,
            limit,
            lambda row: (row["account"], row["item_id"]),
            lambda row: _item(owner, row, known),
        )
        return Page[OpenItemOut](**answer)

    async def payments(
        self,
        who: Reader,
        creditor: CreditorPath,
        account: OfAccount = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[PaymentOut]:
        """A creditor's payments in order of account and payment."""
        after = decode_cursor(cursor, str, str) or [None, None]
        owner = who.scope(creditor)
        rows = await self.service.pool.fetch(_PAYMENTS, owner, account, *after, limit + 1)
        known = await numbers_of(self.service, [_paid(owner, row) for row in rows])
        answer = page(
            rows,
            limit,
            lambda row: (row["account"], row["payment_id"]),
            lambda row: _payment(owner, row, known),
        )
        return Page[PaymentOut](**answer)


def _invoice(creditor: str, row: Any) -> Named:
    return Named(creditor=creditor, account=row["account"], kind="invoice", id=row["item_id"])


def _paid(creditor: str, row: Any) -> Named:
    return Named(creditor=creditor, account=row["account"], kind="payment", id=row["payment_id"])


def _item(creditor: str, row: Any, known: Mapping[Named, str]) -> OpenItemOut:
    number = known.get(_invoice(creditor, row))
    return OpenItemOut(account_id=row["account"], number=number, **row)


def _payment(creditor: str, row: Any, known: Mapping[Named, str]) -> PaymentOut:
    return PaymentOut(
        account_id=row["account"],
        payment_id=row["payment_id"],
        number=known.get(_paid(creditor, row)),
        amount=row["amount"],
        left=row["left_amount"],
        method=row["method"],
        received_at=row["received_at"],
        invoices=row["invoices"].split(),
        taken_back_by=row["taken_back_by"],
    )
