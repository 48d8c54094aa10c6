"""One account's statement, as JSON in pages, or as a file with all of it."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from chassis.aside import aside
from chassis.errors import Malformed
from chassis.http.files import as_file
from chassis.http.paging import LIMIT_MAX, Cursor, Limit, decode_cursor, encode_cursor
from chassis.runtime.service import Service
from chassis.sheets import CSV_TYPE, XLSX_TYPE, for_spreadsheets, workbook
from chassis.store.reads import Selection
from services.ledger.api.models import StatementLine, StatementOut
from services.ledger.api.roles import Reader
from services.ledger.api.snapshot import AccountId, AsOf, Creditor, Moment, Snapshot, snapshot
from services.ledger.api.statement import Row, as_table, balance_after, lines, row
from services.ledger.domain.numbers import Kind
from services.ledger.views.numbers import Named, numbers_of

_BEGINNING = (1, 0)
_FILES: dict[str, Any] = {
    "text/csv": {"schema": {"type": "string"}},
    XLSX_TYPE: {"schema": {"type": "string", "format": "binary"}},
}


def router(service: Service) -> APIRouter:
    """The route `/v1/accounts/{account_id}/statement`."""
    routes = APIRouter(prefix="/v1/accounts", tags=["accounts"])
    routes.get(
        "/{account_id}/statement",
        operation_id="get_statement",
        response_model=StatementOut,
        responses={200: {"content": _FILES}},
    )(Statements(service).statement)
    return routes


@dataclass(frozen=True)
class Statements:
    """The route of statements, on a service."""

    service: Service

    async def statement(
        self,
        who: Reader,
        account_id: AccountId,
        creditor: Creditor = None,
        as_of: AsOf = None,
        file: Annotated[Literal["json", "csv", "xlsx"], Query(alias="format")] = "json",
        cursor: Cursor = None,
        limit: Limit = LIMIT_MAX,
    ) -> StatementOut | Response:
        """Every movement in the order it was recorded in, with the running balance; each with the
        day it was recorded on and the one it counts from. Files have all pages, amounts with the
        decimals of the currency, and the late fee not paid yet as a last line.
        """
        at = decode_cursor(cursor, int, int, int, datetime)
        moment = None if at is None else Moment(*at[2:])
        owner = who.scope(creditor)
        seen = await snapshot(self.service, owner, account_id, as_of, moment=moment)
        told = await self._told(seen)
        if file == "json":
            shown, after = await self._page(seen, _BEGINNING if at is None else at[:2], limit)
            follows = None if after is None else encode_cursor([*after, *seen.moment])
            return told.model_copy(update={"lines": shown, "next": follows})
        called = f"statement-{account_id}-{told.as_of}.{file}"
        rows = await self._rows(seen)
        if file == "csv":
            return as_file(await aside(_as_csv, told, rows), CSV_TYPE, called)
        return as_file(await aside(_as_workbook, told, rows), XLSX_TYPE, called)

    async def _told(self, seen: Snapshot) -> StatementOut:
        """All but the movements."""
        wanted = Selection(after=seen.version - 1, through=seen.version)
        (last,) = await self.service.portion(seen.stream, wanted)
        balance = balance_after(last.event)
        late_fee = seen.balance().late_fee
        name = seen.named("account", seen.account_id)
        return StatementOut(
            creditor=seen.creditor,
            account_id=seen.account_id,
            number=(await numbers_of(self.service, [name])).get(name),
            as_of=seen.day,
            version=seen.version,
            currency=seen.terms.currency,
            lines=[],
            balance=balance,
            late_fee=late_fee,
            total=balance + late_fee,
        )

    async def _rows(self, seen: Snapshot) -> list[Row]:
        rows: list[Row] = []
        after: Sequence[int] | None = _BEGINNING
        while after is not None:
            moved, after = await self._page(seen, after, LIMIT_MAX)
            rows += [row(line, seen.terms.currency) for line in moved]
        return rows

    async def _page(
        self, seen: Snapshot, after: Sequence[int], limit: int
    ) -> tuple[list[StatementLine], Sequence[int] | None]:
        """Some movements, and behind what the next page begins: a version and how many of its
        movements were shown. No more of the history is read.
        """
        version, shown = after
        if not 1 <= version <= seen.version:
            raise Malformed("cursor: not one that was handed out")
        balance, found = 0, list[tuple[StatementLine, int]]()
        # from the event before on, which has the balance
        wanted = Selection(after=version - 2, through=seen.version)
        async with contextlib.aclosing(self.service.each(seen.stream, wanted)) as events:
            async for stored in events:
                if stored.version >= version:
                    moved = enumerate(lines(stored, balance, seen.terms.time_zone), start=1)
                    is_shown = shown if stored.version == version else 0
                    found += [(line, number) for number, line in moved if number > is_shown]
                if len(found) > limit:
                    break
                balance = balance_after(stored.event)
        numbered = await self._numbered(seen, [line for line, _ in found[:limit]])
        if len(found) <= limit:
            return numbered, None
        last, number = found[limit - 1]
        return numbered, (last.version, number)

    async def _numbered(
        self, seen: Snapshot, moved: Sequence[StatementLine]
    ) -> list[StatementLine]:
        names = [_thing(seen, line) for line in moved]
        known = await numbers_of(self.service, set(names))
        return [
            line.model_copy(update={"number": known.get(name)})
            for line, name in zip(moved, names, strict=True)
        ]


def _as_csv(told: StatementOut, rows: list[Row]) -> bytes:
    return for_spreadsheets(as_table(told, rows))


def _as_workbook(told: StatementOut, rows: list[Row]) -> bytes:
    return workbook([as_table(told, rows)])


def _thing(seen: Snapshot, line: StatementLine) -> Named:
    """What a movement is about and may have a number."""
    kind: Kind = "payment" if line.kind.startswith("payment") else "invoice"
    return seen.named(kind, line.reference or "")
