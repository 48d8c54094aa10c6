"""Posting lists of registered letters and EMS, and what the post says of them."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel

from chassis.errors import Malformed
from chassis.http.auth import Principal
from chassis.http.files import as_file
from chassis.runtime.service import Service
from chassis.sheets import CSV_TYPE
from chassis.store.pool import acquire
from contracts.base import Identifier
from contracts.words.streams import Subject, terms_stream
from services.notifier.api.pdf import CONTENT, PDF, pdf_of
from services.notifier.api.roles import may
from services.notifier.posting.listing import Posted, as_csv, labels, posted
from services.notifier.posting.reading import read
from services.notifier.posting.serving import serving_sheet
from services.notifier.posting.taking import listed, take
from services.notifier.rendering.papers import Papers
from services.notifier.rendering.templates import Templates
from services.notifier.settings import NotifierSettings

_LINES_MAX = 2_000
Readers = Annotated[Principal, may("see_posting_lists")]
Servers = Annotated[Principal, may("see_serving_slips")]
Recorder = Annotated[Principal, may("record_delivery")]
CreditorQuery = Annotated[
    str | None, Query(description="wanted when the token covers several creditors")
]
Day = Annotated[date, Path(description="the creditor's local day on which they went out")]
_FILES: dict[str, Any] = {
    "text/csv": {"schema": {"type": "string"}},
    **CONTENT,
}
_FILLED_IN = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


class RefusedLine(BaseModel):
    """A line that was not taken, and why; the header is line 1."""

    line: int
    reason: str


class PostingResult(BaseModel):
    """How many lines said something new, something known or nothing, and which were refused."""

    news: int
    known: int
    empty: int
    refused: list[RefusedLine]


def router(service: Service, papers: Papers, own: NotifierSettings) -> APIRouter:
    """The routes of posting lists, and of the slips for what is served by hand."""
    routes = APIRouter(prefix="/v1", tags=["posting"])
    desk = Posting(service, papers, own, Templates(own.templates))
    routes.get(
        "/posting-lists/{channel}/{day}",
        operation_id="get_posting_list",
        response_class=Response,
        responses={200: {"content": _FILES}},
    )(desk.listing)
    routes.get(
        "/accounts/{account}/serving-slips/{task_id}",
        operation_id="get_serving_slip",
        response_class=Response,
        responses={200: {"content": CONTENT}},
    )(desk.slip)
    routes.post(
        "/posting-lists",
        response_model=PostingResult,
        operation_id="import_posting_list",
        openapi_extra=_FILLED_IN,
    )(desk.take)
    return routes


@dataclass(frozen=True)
class Posting:
    """The routes of posting lists, on a service."""

    service: Service
    papers: Papers
    own: NotifierSettings
    templates: Templates

    async def listing(
        self,
        who: Readers,
        channel: Literal["registered_letter", "ems"],
        day: Day,
        file: Annotated[Literal["csv", "pdf"], Query(alias="format")] = "csv",
        language: Literal["zh", "en"] = "zh",
        creditor: CreditorQuery = None,
    ) -> Response:
        """The list of a day as CSV, to be filled in and sent back, or as a PDF of labels."""
        scope = who.scope(creditor)
        letters = await self._letters(scope, channel, day)
        for each in letters:
            who.saw(scope, each.account)
        name = f"{scope}-{day}-{channel}"
        if file == "csv":
            return as_file(as_csv(letters, language), CSV_TYPE, f"{name}.csv")
        sheet = labels(letters, channel, language, name)
        return as_file(await pdf_of(self.papers.labels, sheet, day), PDF, f"{name}.pdf")

    async def slip(
        self,
        who: Servers,
        account: Annotated[Identifier, Path(description="the account")],
        task_id: Annotated[Identifier, Path(description="the task to serve a notice")],
        creditor: CreditorQuery = None,
    ) -> Response:
        """The notice of arrears as of now and a slip to be signed when it is served by hand. What
        became of it is recorded by completing the task.
        """
        subject = Subject(who.scope(creditor), account)
        sheet = await serving_sheet(self.service, self.templates, self.own, subject, task_id)
        terms, _ = await self.service.read(terms_stream(subject.creditor, self.service.a_lane()))
        day = self.service.clock.now().astimezone(terms.zone).date()
        name = f"{subject.creditor}-{account}-{task_id}.pdf"
        return as_file(await pdf_of(self.papers.letter, sheet, day), PDF, name)

    async def take(
        self, who: Recorder, request: Request, creditor: CreditorQuery = None
    ) -> dict[str, Any]:
        """Take receipts, signatures and returns from a list that was filled in, up to 2000 lines at
        a time; the same file again changes nothing.
        """
        scope = who.scope(creditor)
        lines = list(read(await request.body()))
        if len(lines) > _LINES_MAX:
            raise Malformed(f"more than {_LINES_MAX} lines: send them in pieces")
        taken = await take(self.service, scope, lines, who.subject)
        refused = [{"line": one.line, "reason": one.reason} for one in taken.refused]
        return {
            "news": taken.news,
            "known": taken.known,
            "empty": taken.empty,
            "refused": refused,
        }

    async def _letters(self, creditor: str, channel: str, day: date) -> list[Posted]:
        async with acquire(self.service.pool) as connection:
            rows = await listed(connection, creditor, channel, day)
        keys = await self.service.keys({Subject(creditor, row["account"]) for row in rows})
        terms, _ = await self.service.read(terms_stream(creditor, self.service.a_lane()))
        letters = []
        for row in rows:
            subject = Subject(creditor, row["account"])
            content = keys.open(subject, row["content"], "content") if row["content"] else None
            on = (
                row["result_at"].astimezone(terms.zone).date().isoformat()
                if row["result_at"]
                else ""
            )
            letters.append(posted(row, content, on))
        return letters
