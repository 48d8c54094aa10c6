"""What operations can do with any service over HTTP: look at dead letters, try them again, put
another body in a message's place, discard them.
"""

import base64
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from chassis.errors import NotFound
from chassis.http.auth import Principal, require
from chassis.runtime.letters import Letters
from chassis.runtime.service import Service
from chassis.runtime.signals import AT_ONCE
from chassis.store import dead_letters
from chassis.store.pool import acquire
from contracts.words.streams import Subject

_ID_MAX = 2**63 - 1
"""The largest id the store can have."""
LetterId = Annotated[int, Path(ge=1, le=_ID_MAX)]
LetterState = Literal["parked", "resolved", "erased", "discarded"]
Operator = Annotated[Principal, Depends(require("sre", "admin"))]


class DeadLetter(BaseModel):
    """What could not be processed: where it came from, the class of the error and its sentence.

    `source` is the topic of a message; of an event that could not be published it is `publication`,
    of one that a view failed for `projection:` and the view, of a wake-up `wake`. These have
    `stream` and `version`, and as offset the event's position.
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
    state: LetterState
    stream: str | None
    version: int | None


class LetterAction(BaseModel):
    """What somebody did with a dead letter, and why; `text` is the body they put in its place,
    `reason` why it was refused again. Texts are null once the debtor was erased.
    """

    at: datetime
    who: str
    action: Literal["retried", "edited", "discarded"]
    outcome: Literal["resolved", "refused", "discarded"]
    why: str | None
    text: str | None
    reason: str | None


class DeadLetterDetail(DeadLetter):
    """A dead letter with its bytes as they came (base64, and as text), null once they were erased
    and where it is about an event; and with what was done with it.
    """

    original: str | None
    text: str | None
    actions: list[LetterAction]


class LetterReason(BaseModel):
    """Why it is done; who does it is the subject of the token."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]


class LetterEdit(LetterReason):
    """The whole message, corrected: a CloudEvent in JSON of the same creditor and id."""

    text: Annotated[str, Field(min_length=1, max_length=1_000_000)]


class DeadLetters(BaseModel):
    """A page of dead letters; `next` is the `after` of the following one."""

    items: list[DeadLetter]
    next: int | None


class Retried(BaseModel):
    """What became of another try; `reason` is why it was refused again."""

    id: int
    resolved: bool
    reason: str | None = None


class Discarded(BaseModel):
    """It is closed without an effect."""

    id: int
    state: Literal["discarded"]


def router(service: Service, letters: Letters) -> APIRouter:
    """The routes under `/v1/dead-letters`."""
    routes = APIRouter(prefix="/v1/dead-letters", tags=["dead letters"])

    @routes.get("", operation_id="list_dead_letters", response_model=DeadLetters)
    async def listing(
        who: Operator,
        after: Annotated[int, Query(ge=0, le=_ID_MAX)] = 0,
        state: str | None = "parked",
        creditor: str | None = None,
        account: str | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        """Dead letters in order of arrival, of any state with an empty `state`; `next` is the
        `after` of the following page.
        """
        creditors = who.visible(creditor)
        async with acquire(service.pool) as connection:
            rows = await dead_letters.listing(
                connection,
                after=after,
                state=state or None,
                creditors=creditors,
                account=account,
                limit=limit,
            )
        items = [dict(row) for row in rows]
        return {"items": items, "next": items[-1]["id"] if len(items) == limit else None}

    @routes.get("/{letter_id}", operation_id="get_dead_letter", response_model=DeadLetterDetail)
    async def show(who: Operator, letter_id: LetterId) -> dict[str, Any]:
        """One dead letter with its original bytes (base64), unless the debtor was erased."""
        letter = await _letter(service, who, letter_id)
        subject = Subject(letter["creditor"], letter["account"])
        packed = (await service.keys([subject])).open(subject, letter["original"] or b"", "letter")
        shown = {name: value for name, value in letter.items() if name != "original"}
        return shown | {
            "original": packed and packed["value"],
            "text": _text(packed),
            "actions": await letters.actions(letter),
        }

    @routes.post("/{letter_id}/retry", operation_id="retry_dead_letter", response_model=Retried)
    async def retry(who: Operator, letter_id: LetterId, why: LetterReason) -> dict[str, Any]:
        """Handle it again, with the body last put in its place; `resolved` false when it was
        refused again. An event is published or projected again, a wake-up fired with the next
        round.
        """
        letter = await _letter(service, who, letter_id)
        resolved = await letters.retry(letter_id, who.subject, why.reason)
        return await _answer(service, letter, resolved=resolved)

    @routes.post("/{letter_id}/edit", operation_id="edit_dead_letter", response_model=Retried)
    async def edit(who: Operator, letter_id: LetterId, edited: LetterEdit) -> dict[str, Any]:
        """Handle a corrected body in the place of the original, by the rules of every message; both
        are kept.
        """
        letter = await _letter(service, who, letter_id)
        resolved = await letters.edit(letter_id, who.subject, edited.reason, edited.text)
        return await _answer(service, letter, resolved=resolved)

    @routes.post(
        "/{letter_id}/discard", operation_id="discard_dead_letter", response_model=Discarded
    )
    async def discard(who: Operator, letter_id: LetterId, why: LetterReason) -> dict[str, Any]:
        """Close it without an effect; it stays to be seen, with its original and the reason."""
        await _letter(service, who, letter_id)
        await letters.discard(letter_id, who.subject, why.reason)
        return {"id": letter_id, "state": "discarded"}

    return routes


async def _answer(service: Service, letter: Any, *, resolved: bool) -> dict[str, Any]:
    service.bells.ring([letter["lane"]])
    service.signals.expect(AT_ONCE)  # one that was put off may be woken again
    async with acquire(service.pool) as connection:
        now = await dead_letters.get(connection, letter["id"])
    return {
        "id": letter["id"],
        "resolved": resolved,
        "reason": None if resolved else now["reason"],
    }


async def _letter(service: Service, who: Principal, letter_id: int) -> Any:
    async with acquire(service.pool) as connection:
        letter = await dead_letters.get(connection, letter_id)
    scope = who.visible(None)
    if letter is None or (scope is not None and letter["creditor"] not in scope):
        raise NotFound(f"there is no dead letter {letter_id}")
    who.saw(letter["creditor"], letter["account"])
    return letter


def _text(packed: dict[str, Any] | None) -> str | None:
    return None if packed is None else base64.b64decode(packed["value"]).decode("utf-8", "replace")
