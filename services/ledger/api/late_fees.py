"""How an account's late fees come about, day segment by day segment."""

from datetime import date
from decimal import Decimal

from fastapi import APIRouter
from pydantic import BaseModel

from chassis.aside import aside
from chassis.http.paging import LIMIT_MAX, Cursor, Limit, decode_cursor, page
from chassis.runtime.service import Service
from services.ledger.api.roles import Reader
from services.ledger.api.snapshot import (
    AccountId,
    AsOf,
    Creditor,
    KnownWhen,
    Snapshot,
    snapshot,
)
from services.ledger.domain import late_fee
from services.ledger.domain.segments import segments
from services.ledger.domain.state import Fee, Item, order


class SegmentOut(BaseModel):
    """Days from `first` to `last` with one principal and one rate per day; `amount` is exact, in
    minor units. Days that do not count have none, and `stopped` says why.
    """

    first: date
    last: date
    days: int
    principal: int
    rate: Decimal
    amount: Decimal
    stopped: str | None = None


class LateFeeItem(BaseModel):
    """An open item's late fee: the segments' amounts add up to `accrued`; that rounded, half up,
    and capped is `charged`; less what was paid and waived it is `late_fee`.
    """

    item_id: str
    item: str
    due_on: date
    bears_from: date | None
    segments: list[SegmentOut]
    accrued: Decimal
    cap: int
    charged: int
    paid: int
    waived: int
    late_fee: int


class LateFeesOut(BaseModel):
    """The late fees of an account's open items on `as_of`, in the order money reaches them."""

    creditor: str
    account_id: str
    as_of: date
    version: int
    currency: str
    items: list[LateFeeItem]
    next: str | None = None


def router(service: Service) -> APIRouter:
    """`/v1/accounts/{account_id}/late-fees`."""
    routes = APIRouter(prefix="/v1/accounts", tags=["accounts"])

    @routes.get("/{account_id}/late-fees", operation_id="list_late_fees")
    async def late_fees(
        who: Reader,
        account_id: AccountId,
        creditor: Creditor = None,
        as_of: AsOf = None,
        known: KnownWhen = "then",
        cursor: Cursor = None,
        limit: Limit = LIMIT_MAX,
    ) -> LateFeesOut:
        """The calculation of each open item's late fee on a day."""
        after = decode_cursor(cursor, date, date, int)
        scope = who.scope(creditor)
        seen = await snapshot(service, scope, account_id, as_of, known=known)
        items = sorted((one for one in seen.account.items if one.fee is not None), key=order)
        if after is not None:
            items = [one for one in items if order(one) > tuple(after)]
        shown = await aside(_items, seen, items[:limit])
        told = {one.item_id: one for one in shown}
        answer = page(items[: limit + 1], limit, order, lambda one: told[one.id])
        return LateFeesOut(
            creditor=seen.creditor,
            account_id=account_id,
            as_of=seen.day,
            version=seen.version,
            currency=seen.terms.currency,
            **answer,
        )

    return routes


def _items(seen: Snapshot, items: list[Item]) -> list[LateFeeItem]:
    return [_item(seen, item, item.fee) for item in items if item.fee is not None]


def _item(seen: Snapshot, item: Item, fee: Fee) -> LateFeeItem:
    return LateFeeItem(
        item_id=item.id,
        item=item.item,
        due_on=item.due_on,
        bears_from=fee.bears_from,
        segments=[
            SegmentOut(
                first=one.first,
                last=one.last,
                days=one.days,
                principal=one.principal,
                rate=one.per_day,
                amount=one.amount,
                stopped=one.stopped,
            )
            for one in segments(fee, seen.terms, seen.day)
        ],
        accrued=late_fee.accrued(fee, seen.terms, seen.day),
        cap=late_fee.cap(fee, seen.terms),
        charged=late_fee.charged(fee, seen.terms, seen.day),
        paid=fee.paid,
        waived=fee.waived,
        late_fee=late_fee.due(fee, seen.terms, seen.day),
    )
