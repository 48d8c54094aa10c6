"""Reports of a creditor: as they stand, as they stood, as the calendar stored them; as JSON, CSV or
XLSX.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Response

from chassis.aside import aside
from chassis.errors import NotFound
from chassis.http import Principal
from chassis.http.files import as_file, as_json
from chassis.http.turns import Turns
from chassis.sheets import CSV_TYPE, XLSX_TYPE
from contracts.words.streams import Subject, creditor_stream
from contracts.words.vocabulary import STAFF
from services.dunning.api.dunning import (
    CreditorInScope,
    Dunning,
)
from services.dunning.api.models import reports as m
from services.dunning.api.roles import may
from services.dunning.domain.creditor.events import ReportStored
from services.dunning.domain.localtime import end_of
from services.dunning.reports import REPORTS, Book, Opened, Report, books_of
from services.dunning.reports.export import MONEY, Shown, as_csv, as_xlsx
from services.dunning.reports.opened import with_names

Format = Literal["json", "csv", "xlsx"]
_FILES: dict[str, Any] = {
    "text/csv": {"schema": {"type": "string"}},
    XLSX_TYPE: {"schema": {"type": "string", "format": "binary"}},
}


def router(dunning: Dunning) -> APIRouter:
    """The routes under `/v1/creditors/{creditor}/reports`."""
    api = Reports(dunning)
    routes = APIRouter(prefix="/v1/creditors/{creditor}/reports", tags=["reports"])
    routes.get(
        "",
        summary="Reports there are, and the days the calendar stored them on",
        response_model=m.Reports,
    )(api.list_reports)
    routes.get(
        "/{name}",
        summary="A report as it stands, or stood, on a day",
        response_model=m.ReportOut,
        responses={200: {"content": _FILES}},
    )(api.get_report)
    return routes


class Reports:
    def __init__(self, dunning: Dunning) -> None:
        self._dunning = dunning
        self._turns = Turns("a report")

    async def list_reports(
        self, creditor: CreditorInScope, who: Annotated[Principal, may("see_cases")]
    ) -> dict[str, Any]:
        await self._dunning.creditor(creditor)
        days: dict[str, list[date]] = {name: [] for name in REPORTS}
        async for event in _all_stored(self._dunning, creditor):
            if event.name in days:
                days[event.name].append(event.on)
        return {
            "creditor": creditor,
            "reports": [{"name": n, "stored": d} for n, d in days.items()],
        }

    async def get_report(
        self,
        creditor: CreditorInScope,
        name: Annotated[str, Path(max_length=64)],
        who: Annotated[Principal, may("see_cases")],
        as_of: Annotated[date | None, Query(description="at the end of this local day")] = None,
        file: Annotated[Format, Query(alias="format")] = "json",
    ) -> Response:
        """What the calendar stored on that day, else the report drawn up from the events until its
        end. Rates are percent; amounts are minor units in JSON, and in files they have the
        decimals of the currency, which stands beside them. Staff sees the debtors' names. A
        creditor has one report at a time: 429 for a second one, until the first is done.
        """
        report = REPORTS.get(name)
        if report is None:
            raise NotFound(f"there is no report {name!r}; there are: {', '.join(sorted(REPORTS))}")
        zone = await self._dunning.zone(creditor)
        day = as_of or self._dunning.service.clock.now().astimezone(zone).date()
        async with self._turns.of(creditor):
            books = await _books(self._dunning, creditor, end_of(day, zone), zone)
            stored = await _stored(self._dunning, creditor, name, day) if as_of else None
            pack = await self._dunning.pack(creditor)
            opened = await _opened(self._dunning, creditor, books)

            def drawn() -> dict[str, Any]:
                values = report.draw(books, day, pack) if stored is None else stored
                values = report.show(values, opened)
                return with_names(values, opened) if who.has(*STAFF) else values

            values = await aside(drawn)
            if file == "json":
                told = {"creditor": creditor, "name": name, "day": day, "values": values}
                return await as_json(told)
            shown = Shown((await self._dunning.creditor(creditor)).currency, MONEY | report.money)
            return await aside(_as_file, values, report, shown, f"{name}-{day}.{file}")


def _as_file(values: Mapping[str, Any], report: Report, shown: Shown, called: str) -> Response:
    """A report as a file of that name, of the kind its name ends in."""
    if called.endswith(".csv"):
        return as_file(as_csv(values, report.rows, shown), CSV_TYPE, called)
    return as_file(as_xlsx(values, shown), XLSX_TYPE, called)


async def _all_stored(dunning: Dunning, creditor: str) -> AsyncIterator[ReportStored]:
    async for stored in dunning.service.each(creditor_stream(creditor)):
        if isinstance(stored.event, ReportStored):
            yield stored.event


async def _stored(dunning: Dunning, creditor: str, name: str, day: date) -> Any:
    """What the calendar stored of a report on a day, the last time; None where nothing was."""
    values = None
    async for event in _all_stored(dunning, creditor):
        if (event.name, event.on) == (name, day):
            values = event.values
    return values


async def _books(
    dunning: Dunning, creditor: str, until: datetime, zone: ZoneInfo
) -> Sequence[Book]:
    async with dunning.service.pool.acquire(timeout=10) as connection:
        return await books_of(connection, creditor, until, zone)


async def _opened(dunning: Dunning, creditor: str, books: Sequence[Book]) -> Opened:
    keys = await dunning.service.keys(Subject(creditor, book.account) for book in books)
    return Opened(creditor, keys, {book.account: book.state.profile for book in books})
