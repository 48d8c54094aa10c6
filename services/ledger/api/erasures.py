"""The erasure of debtors over HTTP: what was asked for, and a person's answer to it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import asyncpg
from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict

from chassis.http.auth import Caller, Principal
from chassis.http.idempotency import request_id
from chassis.http.paging import Cursor, Limit, Page, decode_cursor, page
from chassis.runtime.service import Service
from chassis.store.vault import KeyRing
from contracts.base import Identifier, Label
from contracts.words.streams import Subject
from services.ledger import erasures
from services.ledger.api.models import ErasureOut
from services.ledger.api.roles import may
from services.ledger.api.snapshot import AccountId, Creditor
from services.ledger.domain import erasure

_LIST = """
select account, number, status, asked_at, source, message_id, expires_at, sealed, answered_at,
  answered_by, reason, erased_at
from view_erasures
where creditor = $1 and ($2::text is null or status = $2) and ($3::text is null or account = $3)
  and ($4::text is null or (account, number) > ($4, $5))
order by account, number limit $6"""

_FOR_ANYBODY = "asked for over HTTP"
Status = Literal["pending", "confirmed", "refused", "lapsed"]
Administration = Annotated[Principal, may("erase_debtor")]
Reader = Annotated[Principal, may("see_erasures")]
RequestId = Annotated[str, Depends(request_id)]


async def _creditor(who: Caller, creditor: Annotated[Identifier, Path()]) -> str:
    return who.scope(creditor)


CreditorInScope = Annotated[str, Depends(_creditor)]


class AnswerIn(BaseModel):
    """Why an erasure is confirmed or refused; it is kept, so it names nobody."""

    model_config = ConfigDict(extra="forbid")

    reason: Label


class AnswerOut(BaseModel):
    """What was answered to the erasure of an account's debtor."""

    account_id: str
    status: Literal["confirmed", "refused"]


class ErasureRow(BaseModel):
    """One erasure that was asked for. `source` and `message_id` are those of the message that asked
    on the bus, `asked_reason` what it gave as its reason (gone with the debtor); all null where a
    person asked. `erased_at` is when the ledger destroyed its key.
    """

    account_id: str
    status: Status
    asked_at: datetime
    source: str | None
    message_id: str | None
    asked_reason: str | None
    expires_at: datetime | None
    answered_at: datetime | None
    answered_by: str | None
    reason: str | None
    erased_at: datetime | None


def router(service: Service) -> APIRouter:
    """The routes of erasures."""
    routes = APIRouter(prefix="/v1", tags=["erasures"])
    api = Erasures(service)
    routes.get(
        "/creditors/{creditor}/erasures",
        summary="Erasures asked for",
        operation_id="list_erasures",
    )(api.listing)
    routes.post("/accounts/{account_id}/erasure", status_code=202, operation_id="erase_debtor")(
        api.order
    )
    routes.post(
        "/accounts/{account_id}/erasure/confirmation",
        status_code=202,
        operation_id="confirm_erasure",
    )(api.confirm)
    routes.post("/accounts/{account_id}/erasure/refusal", operation_id="refuse_erasure")(api.refuse)
    return routes


@dataclass(frozen=True)
class Erasures:
    """The routes of erasures, on a service."""

    service: Service

    async def listing(
        self,
        _who: Reader,
        creditor: CreditorInScope,
        status: Annotated[Status | None, Query()] = None,
        account: Annotated[Identifier | None, Query()] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[ErasureRow]:
        """By account; `status=pending` are those that wait for an answer."""
        after = decode_cursor(cursor, str, int) or [None, None]
        rows = await self.service.pool.fetch(_LIST, creditor, status, account, *after, limit + 1)
        keys = await self.service.keys(
            {Subject(creditor, row["account"]) for row in rows if row["sealed"]}
        )
        found = page(
            rows,
            limit,
            lambda row: [row["account"], row["number"]],
            lambda row: _row(row, creditor, keys),
        )
        return Page[ErasureRow].model_validate(found)

    async def order(
        self,
        who: Administration,
        account_id: AccountId,
        event_id: RequestId,
        creditor: Creditor = None,
    ) -> ErasureOut:
        """Have every service destroy its key for the debtor's personal data; the sums stay."""
        subject = Subject(who.scope(creditor), account_id)
        await erasures.order(self.service, subject, who.subject, _FOR_ANYBODY, event_id)
        return ErasureOut(event_id=event_id, account_id=account_id)

    async def confirm(
        self,
        who: Administration,
        account_id: AccountId,
        given: AnswerIn,
        creditor: Creditor = None,
    ) -> AnswerOut:
        """Have an erasure that was asked for on the bus carried out; once more when that was
        confirmed and did not happen. 409 when none waits.
        """
        subject, now = Subject(who.scope(creditor), account_id), self.service.clock.now()
        await erasures.answer(
            self.service,
            subject,
            lambda state: erasure.confirm(state, who.subject, given.reason, now),
        )
        return AnswerOut(account_id=account_id, status="confirmed")

    async def refuse(
        self,
        who: Administration,
        account_id: AccountId,
        given: AnswerIn,
        creditor: Creditor = None,
    ) -> AnswerOut:
        """Let everything go on as before; 409 when no erasure waits."""
        subject, now = Subject(who.scope(creditor), account_id), self.service.clock.now()
        await erasures.answer(
            self.service,
            subject,
            lambda state: erasure.refuse(state, who.subject, given.reason, now),
        )
        return AnswerOut(account_id=account_id, status="refused")


def _row(row: asyncpg.Record, creditor: str, keys: KeyRing) -> ErasureRow:
    given: dict[str, Any] = dict(row)
    account, sealed = given.pop("account"), given.pop("sealed")
    given.pop("number")
    asked = keys.open(Subject(creditor, account), sealed, "reason") if sealed else None
    return ErasureRow.model_validate({**given, "account_id": account, "asked_reason": asked})
