"""A case's evidence as one file."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from chassis.aside import aside
from chassis.http.auth import Principal
from chassis.http.files import as_file
from chassis.http.turns import Turns
from chassis.runtime.service import Service
from contracts.words.identifiers import FILE_NAME
from services.legal.api.roles import may
from services.legal.evidence import bundle
from services.legal.evidence.gathering import gather
from services.legal.evidence.sources import sources

HEAD = "X-Evidence-Head"
"""Header with the last link of the bundle's chain: to be kept apart from the file."""

_ZIP = "application/zip"
ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {_ZIP: {"schema": {"type": "string", "format": "binary"}}},
        "headers": {HEAD: {"schema": {"type": "string"}, "description": "last link of the chain"}},
    },
    502: {},
}
CaseId = Annotated[str, Path(pattern=f"^{FILE_NAME}$")]
Lawyer = Annotated[Principal, may("see_evidence")]


def router(service: Service) -> APIRouter:
    """`/v1/cases/{case_id}/evidence`."""
    routes = APIRouter(prefix="/v1/cases", tags=["evidence"])
    turns = Turns("an evidence file")

    @routes.get(
        "/{case_id}/evidence",
        summary="Everything about a case as one ZIP file",
        response_class=Response,
        responses=ANSWER,
        operation_id="get_evidence",
    )
    async def evidence(
        who: Lawyer, request: Request, case_id: CaseId, creditor: str | None = None
    ) -> Response:
        """What `arrears evidence verify` proves offline: timeline, policy, notices and documents as
        sent, deliveries, the matter and the account. The header has the head of its chain. A
        creditor has one at a time: 429 for a second one.
        """
        scope = who.scope(creditor)
        with turns.alone(scope):  # mostly waits for the other services; the rest is done aside
            async with sources(service, request.headers["Authorization"]) as apis:
                entries, about = await gather(apis, scope, case_id)
            data, head = await aside(bundle.write, entries, about)
            who.saw(scope, about["account"])
        answer = as_file(data, _ZIP, f"{case_id}.zip")
        answer.headers[HEAD] = head
        return answer

    return routes
