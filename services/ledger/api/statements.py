"""One account's statement, as JSON or as a file."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from chassis.aside import aside
from chassis.http.auth import Caller
from chassis.http.files import as_file
from chassis.runtime.service import Service
from chassis.sheets import CSV_TYPE, XLSX_TYPE, for_spreadsheets, workbook
from contracts.words.streams import Subject, account_stream
from services.ledger.api.models import StatementLine, StatementOut
from services.ledger.api.snapshot import AccountId, AsOf, Creditor, snapshot
from services.ledger.api.statement import as_table, lines
from services.ledger.views.numbers import numbers_by_id

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
        who: Caller,
        account_id: AccountId,
        creditor: Creditor = None,
        as_of: AsOf = None,
        file: Annotated[Literal["json", "csv", "xlsx"], Query(alias="format")] = "json",
    ) -> StatementOut | Response:
        """Every movement in the order it was recorded in, with the running balance; each with the
        day it was recorded on and the one it counts from. Files have amounts with the decimals of
        the currency, and the late fee not paid yet as a last line.
        """
        told = await self._told(who.scope(creditor), account_id, as_of)
        if file == "json":
            return told
        called = f"statement-{account_id}-{told.as_of}.{file}"
        if file == "csv":
            return as_file(await aside(_as_csv, told), CSV_TYPE, called)
        return as_file(await aside(_as_workbook, told), XLSX_TYPE, called)

    async def _told(self, creditor: str, account_id: str, as_of: date | None) -> StatementOut:
        seen = await snapshot(self.service, creditor, account_id, as_of)
        history = await self.service.events(account_stream(creditor, account_id), seen.until)
        movements = await aside(lines, history, seen.terms.time_zone)
        balance = movements[-1].balance if movements else 0
        late_fee = seen.balance().late_fee
        known = await numbers_by_id(self.service, Subject(creditor, account_id))
        return StatementOut(
            creditor=creditor,
            account_id=account_id,
            number=known.get(("account", account_id)),
            as_of=seen.day,
            currency=seen.terms.currency,
            lines=[_numbered(line, known) for line in movements],
            balance=balance,
            late_fee=late_fee,
            total=balance + late_fee,
        )


def _as_csv(told: StatementOut) -> bytes:
    return for_spreadsheets(as_table(told))


def _as_workbook(told: StatementOut) -> bytes:
    return workbook([as_table(told)])


def _numbered(line: StatementLine, known: dict[tuple[str, str], str]) -> StatementLine:
    kind = "payment" if line.kind.startswith("payment") else "invoice"
    return line.model_copy(update={"number": known.get((kind, line.reference or ""))})
