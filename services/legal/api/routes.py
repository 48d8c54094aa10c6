"""Matters and documents for people with a token."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query

from chassis.errors import NotFound, Rejected
from chassis.http.auth import Principal
from chassis.http.paging import LIMIT_DEFAULT, Cursor, Limit, Page, decode_cursor, page
from chassis.owed.terms import Terms
from chassis.runtime.service import Service
from chassis.store.work import Work
from contracts.base import Identifier
from contracts.words.streams import Subject, key_of, matter_stream, terms_stream
from contracts.words.vocabulary import Document
from services.legal.api.filed import filed_pdf
from services.legal.api.matter_rows import costs_of, milestone, progress_of
from services.legal.api.models import (
    DocumentDetail,
    DocumentRow,
    DocumentState,
    MatterDetail,
    MatterRow,
    Progress,
    Term,
)
from services.legal.api.roles import may
from services.legal.domain.commands import RecordProgress
from services.legal.domain.decide import decide
from services.legal.settings import LegalSettings
from services.legal.views import documents, matters

_READERS = ("legal", "manager")
"""Who may read documents, which name the debtor."""

Reader = Annotated[Principal, may("see_files")]
Recorder = Annotated[Principal, may("record_progress")]
CreditorQuery = Annotated[
    str | None, Query(description="wanted when the token covers several creditors")
]
AccountPath = Annotated[Identifier, Path(description="the account")]


def router(service: Service, settings: LegalSettings) -> APIRouter:
    """The routes under `/v1`."""
    routes = APIRouter(prefix="/v1", tags=["legal"])
    files = Files(service, settings)
    routes.get("/documents", response_model=Page[DocumentRow], operation_id="list_documents")(
        files.list_documents
    )
    routes.get(
        "/documents/{document_id}", response_model=DocumentDetail, operation_id="get_document"
    )(files.show_document)
    routes.get("/matters", response_model=Page[MatterRow], operation_id="list_matters")(
        files.list_matters
    )
    routes.get("/accounts/{account}/matter", operation_id="get_matter")(files.show_matter)
    routes.post("/accounts/{account}/matter/progress", operation_id="record_progress")(
        files.record_progress
    )
    return routes


@dataclass(frozen=True)
class Files:
    """The routes of matters and documents, on a service."""

    service: Service
    settings: LegalSettings

    async def list_documents(
        self,
        who: Reader,
        creditor: CreditorQuery = None,
        account: str | None = None,
        case_id: str | None = None,
        document: Document | None = None,
        state: DocumentState | None = None,
        cursor: Cursor = None,
        limit: Limit = LIMIT_DEFAULT,
    ) -> dict[str, Any]:
        """Documents in the order they were asked for."""
        wanted = documents.Filter(who.visible(creditor), account, document, state, case_id)
        after = decode_cursor(cursor, datetime, str, str, str)
        async with self.service.pool.acquire(timeout=10) as connection:
            rows = await documents.listing(connection, wanted, after, limit + 1)
        return page(rows, limit, _document_key, _document)

    async def show_document(
        self, who: Reader, document_id: str, creditor: CreditorQuery = None
    ) -> dict[str, Any]:
        """One document; with its text for those who may read it."""
        async with self.service.pool.acquire(timeout=10) as connection:
            row = await documents.one(connection, document_id, who.visible(creditor))
        if row is None:
            raise NotFound(f"there is no document {document_id}")
        opened: dict[str, Any] = {}
        if who.has(*_READERS) and row["content"] is not None:
            subject = Subject(row["creditor"], row["account"])
            opened = (await self.service.keys([subject])).open(
                subject, row["content"], "content"
            ) or {}
        return _document(row) | {
            "title": opened.get("title"),
            "text": opened.get("body"),
            "pdf_hash": await self._filed_pdf(row) or None,
        }

    async def _filed_pdf(self, row: Any) -> str:
        """The SHA-256 of a document's PDF as it was filed; empty where none was."""
        if row["state"] != "issued":
            return ""
        stream = matter_stream(row["creditor"], row["account"])
        return filed_pdf(await self.service.events(stream), row["document_id"])

    async def list_matters(
        self,
        who: Reader,
        creditor: CreditorQuery = None,
        account: str | None = None,
        stage: str | None = None,
        term: Term | None = None,
        cursor: Cursor = None,
        limit: Limit = LIMIT_DEFAULT,
    ) -> dict[str, Any]:
        """Matters in the order they were opened."""
        wanted = matters.Filter(who.visible(creditor), account, stage, term)
        after = decode_cursor(cursor, datetime, str, str, str)
        async with self.service.pool.acquire(timeout=10) as connection:
            rows = await matters.listing(connection, wanted, after, limit + 1)
        return page(rows, limit, _matter_key, dict)

    async def show_matter(
        self, who: Reader, account: AccountPath, creditor: CreditorQuery = None
    ) -> MatterDetail:
        """An account's matters and what happened in them."""
        reader = who if who.has(*_READERS) else None
        return await _matter(self.service, reader, who.scope(creditor), account)

    async def record_progress(
        self, who: Recorder, account: AccountPath, body: Progress, creditor: CreditorQuery = None
    ) -> MatterDetail:
        """Record what happened in court or with the debtor."""
        subject = Subject(who.scope(creditor), account)
        await self._record(who, subject, body)
        # An answer is kept for its Idempotency-Key in clear: no note is repeated in it.
        return await _matter(self.service, None, *subject)

    async def _record(self, who: Principal, subject: Subject, body: Progress) -> None:
        stream = matter_stream(*subject)
        known = terms_stream(subject.creditor, self.service.lane_of(*subject))

        def run(work: Work) -> None:
            terms: Terms = work.state(known)
            if not terms.time_zone:
                raise Rejected(
                    f"creditor {subject.creditor} has no terms yet: its time zone is not known"
                )
            day = body.day or work.now.astimezone(terms.zone).date()
            pay_by = body.pay_by or day + timedelta(days=self.settings.judgment_term_days)
            command = RecordProgress(
                step=body.step,
                day=day,
                by=who.subject,
                amount=body.amount,
                pay_by=pay_by,
                pay_by_ends=_end_of(pay_by, terms),
                note=work.seal(subject, body.note, "note") if body.note else b"",
            )
            work.append(stream, decide(work.state(stream), command))

        key = key_of(*subject)
        await self.service.execute(key, [stream, known], run, subjects=[subject])


async def _matter(
    service: Service, reader: Principal | None, creditor: str, account: str
) -> MatterDetail:
    wanted = matters.Filter([creditor], account)
    async with service.pool.acquire(timeout=10) as connection:
        rows = await matters.listing(connection, wanted, None, 500)
    stream = matter_stream(creditor, account)
    state, _ = await service.read(stream)
    subject = Subject(creditor, account)
    keys = await service.keys([subject]) if reader is not None else None
    stored = await service.events(stream)
    zone = await _zone(service, creditor, account)
    return MatterDetail(
        account=account,
        open=state.open,
        stage=state.stage,
        matters=[MatterRow(**row) for row in rows],
        progress=progress_of(stored, subject, keys),
        milestones=[found for one in stored if (found := milestone(one, zone)) is not None],
        costs=costs_of(stored, subject, keys),
    )


async def _zone(service: Service, creditor: str, account: str) -> ZoneInfo:
    terms, _ = await service.read(terms_stream(creditor, service.lane_of(creditor, account)))
    return ZoneInfo(terms.time_zone or "UTC")


def _end_of(day: date, terms: Terms) -> datetime:
    """The first instant after a local day."""
    return datetime.combine(day + timedelta(days=1), time(), terms.zone).astimezone(UTC)


def _document(row: Any) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name not in ("content", "sha256")}
    return shown | {"content_hash": row["sha256"]}


def _document_key(row: Any) -> list[str]:
    return [row["requested_at"].isoformat(), row["creditor"], row["account"], row["document_id"]]


def _matter_key(row: Any) -> list[str]:
    return [row["opened_at"].isoformat(), row["creditor"], row["account"], row["matter_id"]]
