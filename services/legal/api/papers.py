"""Documents as PDF for people with a token."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from chassis.aside import aside
from chassis.errors import NotFound, Rejected
from chassis.http.auth import Principal
from chassis.http.files import as_file
from chassis.http.turns import Turns
from chassis.runtime.service import Service
from contracts.words.streams import Subject, matter_stream
from services.legal.adapters.folder import DocumentsFolder
from services.legal.api import evidence
from services.legal.api.filed import filed_pdf
from services.legal.api.roles import may
from services.legal.api.routes import CreditorQuery
from services.legal.evidence import bundle
from services.legal.evidence.gathering import Answers, gather
from services.legal.evidence.sources import sources
from services.legal.rendering.papers import Case, Papers, sha256_of
from services.legal.views import documents

PDF = "application/pdf"
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}
}
Lawyer = Annotated[Principal, may("see_papers")]


def router(service: Service, papers: Papers, folder: DocumentsFolder) -> APIRouter:
    """`/v1/documents/{document_id}/pdf` and `…/filing`."""
    printed = Printed(service, papers, folder)
    routes = APIRouter(prefix="/v1/documents", tags=["legal"])
    routes.get(
        "/{document_id}/pdf",
        summary="An issued document as PDF",
        response_class=Response,
        responses=_ANSWER,
        operation_id="get_document_pdf",
    )(printed.pdf)
    routes.get(
        "/{document_id}/filing",
        summary="An issued document with its annexes, and the evidence they name",
        response_class=Response,
        responses=evidence.ANSWER,
        operation_id="get_document_filing",
    )(printed.filing)
    return routes


@dataclass(frozen=True)
class Printed:
    """The routes of documents as PDF, on a service."""

    service: Service
    papers: Papers
    folder: DocumentsFolder
    turns: Turns = field(default_factory=lambda: Turns("a document's filing"))

    async def pdf(self, who: Lawyer, document_id: str, creditor: CreditorQuery = None) -> Response:
        """The bytes whose SHA-256 was recorded when the document was filed, where one was."""
        row, opened = await opened_document(self.service, who, document_id, creditor)
        stream = matter_stream(row["creditor"], row["account"])
        wanted = filed_pdf(await self.service.events(stream), document_id)
        made = await aside(self.papers.document, opened, document_id, row["issued_on"])
        if wanted and sha256_of(made) != wanted:
            made = await aside(self._filed, row, wanted)
        return as_file(made, PDF, f"{row['document']}-{document_id}.pdf")

    async def filing(
        self, who: Lawyer, request: Request, document_id: str, creditor: CreditorQuery = None
    ) -> Response:
        """A ZIP of two files: the document as PDF with facts, late-fee calculation and list of
        evidence, and the bundle of evidence whose entries that list numbers. The header has the
        bundle's head. A creditor has one at a time: 429 for a second one.
        """
        row, opened = await opened_document(self.service, who, document_id, creditor)
        with self.turns.alone(row["creditor"]):
            async with sources(self.service, request.headers["Authorization"]) as apis:
                entries, about = await gather(apis, row["creditor"], row["case_id"])
                fees = await late_fees(apis, row)
            data, head = await aside(bundle.write, entries, about)
            case = Case(entries, head, fees)
            made = await aside(self.papers.filing, opened, row, case)
        name = f"{row['document']}-{document_id}".replace(":", "_")
        files = [bundle.Entry(f"{name}.pdf", made), bundle.Entry("evidence.zip", data)]
        answer = as_file(await aside(bundle.pack, files), "application/zip", f"{name}.zip")
        answer.headers[evidence.HEAD] = head
        return answer

    def _filed(self, row: Any, wanted: str) -> bytes:
        """What lies in the folder: another version of the fonts sets other bytes."""
        place = (row["creditor"], row["issued_on"], row["document"], row["document_id"])
        path = self.folder.path(*place, "pdf")
        content = path.read_bytes() if path.is_file() else b""
        if sha256_of(content) != wanted:
            raise Rejected(
                f"document {row['document_id']}: its PDF is neither set again nor in the documents "
                "folder as it was filed; the text is what it was issued with"
            )
        return content


async def late_fees(apis: Answers, row: Any) -> list[Any]:
    """How the late fees of a document's account came about, as the ledger had it on its day."""
    path, found, cursor = f"/v1/accounts/{row['account']}/late-fees", list[Any](), None
    day = row["issued_on"].isoformat()
    while True:
        page = await apis.get("ledger", path, creditor=row["creditor"], as_of=day, cursor=cursor)
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


async def opened_document(
    service: Service, who: Principal, document_id: str, creditor: str | None
) -> tuple[Any, dict[str, Any]]:
    """An issued document's row and its opened content; raises `NotFound` where there is none."""
    async with service.pool.acquire(timeout=10) as connection:
        row = await documents.one(connection, document_id, who.visible(creditor))
    opened = None
    if row is not None and row["content"] is not None:
        subject = Subject(row["creditor"], row["account"])
        opened = (await service.keys([subject])).open(subject, row["content"], "content")
    if opened is None:
        raise NotFound(f"there is no issued document {document_id}")
    who.saw(row["creditor"], row["account"])
    return row, opened
