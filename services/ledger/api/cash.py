"""The cash desk over HTTP: receipts with their amount in words, and how collectors stand."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from chassis.errors import NotFound
from chassis.http import Page, decode_cursor, page
from chassis.http.auth import Principal
from chassis.http.paging import Cursor, Limit
from chassis.runtime.service import Service
from chassis.store.pool import acquire
from chassis.store.reads import states_of
from contracts.base import Identifier
from contracts.words.formats import number
from contracts.words.streams import cash_desks_of
from services.ledger.api.models import CashOfCollector, CashOut, ReceiptOut
from services.ledger.api.roles import may
from services.ledger.api.snapshot import terms_of
from services.ledger.domain.aggregates import CASH_DESK
from services.ledger.domain.calendar import local_day
from services.ledger.domain.capitals import in_capitals
from services.ledger.domain.cash.events import Counted
from services.ledger.domain.cash.state import standing

_COLUMNS = "receipt, account, payment_id, amount, currency, day, collected_by, void, taken_back"
_ONE = f"select {_COLUMNS} from view_receipts where creditor = $1 and receipt = $2"  # noqa: S608
_LIST = f"""
select {_COLUMNS} from view_receipts
where creditor = $1 and ($2::date is null or day = $2)
  and ($3::text is null or collected_by = $3) and ($4::text is null or payment_id = $4)
  and ($5::text is null or receipt > $5)
order by receipt limit $6"""  # noqa: S608 - names of ours

CreditorPath = Annotated[Identifier, Path()]
CashReader = Annotated[Principal, may("see_cash")]


def router(service: Service) -> APIRouter:
    """The routes `/v1/creditors/{creditor}/receipts` and `/cash`."""
    routes = APIRouter(prefix="/v1/creditors", tags=["cash desk"])
    desk = CashOfCreditor(service)
    routes.get(
        "/{creditor}/receipts", summary="Receipts for cash, by number", operation_id="list_receipts"
    )(desk.receipts)
    routes.get("/{creditor}/receipts/{receipt}", summary="One receipt", operation_id="get_receipt")(
        desk.receipt
    )
    routes.get(
        "/{creditor}/cash",
        summary="Cash of each collector on a day and in all",
        operation_id="get_cash",
    )(desk.cash)
    return routes


@dataclass(frozen=True)
class CashOfCreditor:
    """The routes of the cash desk, on a service."""

    service: Service

    async def receipts(
        self,
        who: CashReader,
        creditor: CreditorPath,
        day: Annotated[date | None, Query()] = None,
        collected_by: Annotated[str | None, Query(max_length=200)] = None,
        payment: Annotated[Identifier | None, Query()] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[ReceiptOut]:
        after = decode_cursor(cursor, str)
        rows = await self.service.pool.fetch(
            _LIST,
            who.scope(creditor),
            day,
            collected_by,
            payment,
            after[0] if after else None,
            limit + 1,
        )
        return Page[ReceiptOut](**page(rows, limit, lambda r: [r["receipt"]], _receipt))

    async def receipt(
        self, who: CashReader, creditor: CreditorPath, receipt: Annotated[Identifier, Path()]
    ) -> ReceiptOut:
        row = await self.service.pool.fetchrow(_ONE, who.scope(creditor), receipt)
        if row is None:
            raise NotFound(f"creditor {creditor} has no receipt {receipt}")
        return _receipt(row)

    async def cash(
        self, who: CashReader, creditor: CreditorPath, day: Annotated[date | None, Query()] = None
    ) -> CashOut:
        """The latest days are kept apart; an older day shows the totals alone."""
        terms = await terms_of(self.service, who.scope(creditor))
        wanted = day or local_day(terms.time_zone, self.service.clock.now())
        async with acquire(self.service.pool) as connection:
            desks = await states_of(connection, CASH_DESK, cash_desks_of(creditor))
        return CashOut(
            creditor=creditor,
            day=wanted,
            currency=terms.currency,
            collectors=[_collector(each) for each in standing(desks, wanted)],
        )


def _collector(counted: Counted) -> CashOfCollector:
    return CashOfCollector(
        collected_by=counted.collected_by,
        collected=counted.collected,
        deposited=counted.deposited,
        running=counted.running,
    )


def _receipt(row: Any) -> ReceiptOut:
    amount, currency = row["amount"], row["currency"]
    return ReceiptOut(
        **dict(row),
        amount_in_figures=number(amount, currency),
        amount_in_words=in_capitals(amount, currency),
    )
