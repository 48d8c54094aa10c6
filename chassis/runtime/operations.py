"""What operations can do with any service over HTTP: look at dead letters and try them again."""

import base64
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel

from chassis.errors import NotFound
from chassis.http.auth import Principal, require
from chassis.runtime.parked import ParkedMessages
from chassis.runtime.service import Service
from chassis.store import dead_letters
from chassis.store.pool import acquire
from contracts.words.streams import Subject

_ID_MAX = 2**63 - 1
"""The largest id the store can have."""
LetterId = Annotated[int, Path(ge=1, le=_ID_MAX)]
Operator = Annotated[Principal, Depends(require("sre", "admin"))]


class DeadLetter(BaseModel):
    """A message or wake-up that could not be processed: where it came from, the class of the error
    and its sentence.
    """

    id: int
    at: datetime
    lane: int
    source: str
    source_offset: int | None
    message_id: str | None
    message_type: str | None
    creditor: str
    account: str
    error: str
    reason: str
    state: Literal["parked", "resolved", "erased"]


class DeadLetterDetail(DeadLetter):
    """A dead letter with its bytes as they came (base64, and as text); null once they were
    erased.
    """

    original: str | None
    text: str | None


class DeadLetters(BaseModel):
    """A page of dead letters; `next` is the `after` of the following one."""

    items: list[DeadLetter]
    next: int | None


class Retried(BaseModel):
    """What became of another try."""

    id: int
    resolved: bool


def router(service: Service, parked: ParkedMessages) -> APIRouter:
    """The routes under `/v1/dead-letters`."""
    routes = APIRouter(prefix="/v1/dead-letters", tags=["dead letters"])

    @routes.get("", operation_id="list_dead_letters", response_model=DeadLetters)
    async def listing(
        who: Operator,
        after: Annotated[int, Query(ge=0, le=_ID_MAX)] = 0,
        state: str | None = "parked",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        """Dead letters in order of arrival; `next` is the `after` of the following page."""
        async with acquire(service.pool) as connection:
            rows = await dead_letters.listing(
                connection, after=after, state=state, creditors=_scope(who), limit=limit
            )
        items = [dict(row) for row in rows]
        return {"items": items, "next": items[-1]["id"] if len(items) == limit else None}

    @routes.get("/{letter_id}", operation_id="get_dead_letter", response_model=DeadLetterDetail)
    async def show(who: Operator, letter_id: LetterId) -> dict[str, Any]:
        """One dead letter with its original bytes (base64), unless the debtor was erased."""
        letter = await _letter(service, who, letter_id)
        subject = Subject(letter["creditor"], letter["account"])
        packed = (await service.keys([subject])).open(subject, letter["original"] or b"")
        shown = {name: value for name, value in letter.items() if name != "original"}
        return shown | {"original": packed and packed["value"], "text": _text(packed)}

    @routes.post("/{letter_id}/retry", operation_id="retry_dead_letter", response_model=Retried)
    async def retry(who: Operator, letter_id: LetterId) -> dict[str, Any]:
        """Handle it again; `resolved` false when it was refused again (its reason is kept)."""
        letter = await _letter(service, who, letter_id)
        resolved = await parked.retry(letter_id)
        service.signals.notify(letter["lane"])
        return {"id": letter_id, "resolved": resolved}

    return routes


def _scope(who: Principal) -> list[str] | None:
    return None if "*" in who.creditors else sorted(who.creditors)


async def _letter(service: Service, who: Principal, letter_id: int) -> Any:
    async with acquire(service.pool) as connection:
        letter = await dead_letters.get(connection, letter_id)
    scope = _scope(who)
    if letter is None or (scope is not None and letter["creditor"] not in scope):
        raise NotFound(f"there is no dead letter {letter_id}")
    return letter


def _text(packed: dict[str, Any] | None) -> str | None:
    return None if packed is None else base64.b64decode(packed["value"]).decode("utf-8", "replace")
