"""Notices, deliveries and opt-outs for people with a token."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from chassis.errors import NotFound
from chassis.http.auth import Principal
from chassis.http.paging import LIMIT_DEFAULT, Cursor, Limit, Page, decode_cursor, page
from chassis.runtime.service import Service
from chassis.store.vault import KeyRing
from chassis.store.work import Work
from contracts.base import Identifier
from contracts.words.streams import Subject, account_stream, key_of
from contracts.words.vocabulary import Channel, Purpose
from services.notifier.api.models import (
    Delivery,
    NoticeDetail,
    NoticeRow,
    OptOuts,
    State,
)
from services.notifier.api.roles import may
from services.notifier.domain.commands import OptIn, OptOut, RecordDelivery
from services.notifier.domain.decide import decide
from services.notifier.reporting import record_delivery
from services.notifier.views import calls, notices

_READERS = ("collector", "manager", "legal")
"""Who may read what was written to a debtor, and where it went."""

Reader = Annotated[Principal, may("see_notices")]
Recorder = Annotated[Principal, may("record_delivery")]
Objector = Annotated[Principal, may("set_opt_out")]
CreditorQuery = Annotated[
    str | None, Query(description="wanted when the token covers several creditors")
]
AccountPath = Annotated[Identifier, Path(description="the account")]


def router(service: Service) -> APIRouter:
    """The routes under `/v1`."""
    routes = APIRouter(prefix="/v1", tags=["notices"])
    desk = Notices(service)
    routes.get("/notices", response_model=Page[NoticeRow], operation_id="list_notices")(
        desk.listing
    )
    routes.get("/notices/{notice_id}", response_model=NoticeDetail, operation_id="get_notice")(
        desk.show
    )
    routes.post("/accounts/{account}/deliveries", operation_id="record_delivery")(desk.deliver)
    routes.get("/accounts/{account}/opt-outs", operation_id="get_opt_outs")(desk.opt_outs)
    routes.put("/accounts/{account}/opt-outs/{channel}", operation_id="opt_out")(desk.opt_out)
    routes.delete("/accounts/{account}/opt-outs/{channel}", operation_id="opt_in")(desk.opt_in)
    return routes


@dataclass(frozen=True)
class Notices:
    """The routes of notices, on a service."""

    service: Service

    async def listing(
        self,
        who: Reader,
        creditor: CreditorQuery = None,
        account: str | None = None,
        case_id: str | None = None,
        purpose: Purpose | None = None,
        channel: Channel | None = None,
        state: State | None = None,
        cursor: Cursor = None,
        limit: Limit = LIMIT_DEFAULT,
    ) -> dict[str, Any]:
        """Notices in the order they were asked for."""
        wanted = notices.Filter(who.visible(creditor), account, purpose, channel, state, case_id)
        after = decode_cursor(cursor, datetime, str, str, str)
        async with self.service.pool.acquire(timeout=10) as connection:
            rows = await notices.listing(connection, wanted, after, limit + 1)
        keys = await _keys(self.service, who, rows)
        return page(rows, limit, _key, lambda row: _row(row, keys))

    async def show(
        self, who: Reader, notice_id: str, creditor: CreditorQuery = None
    ) -> dict[str, Any]:
        """One notice; with its text for those who may read it."""
        async with self.service.pool.acquire(timeout=10) as connection:
            row = await notices.one(connection, notice_id, who.visible(creditor))
            unanswered = await calls.of(connection, row) if row else []
        if row is None:
            raise NotFound(f"there is no notice {notice_id}")
        keys = await _keys(self.service, who, [row])
        content = _content(row, keys) or {}
        texts = {"subject": content.get("subject"), "text": content.get("body")}
        texts["template"] = content.get("template", "") if content else None
        return _row(row, keys) | texts | {"unanswered": unanswered}

    async def deliver(
        self, who: Recorder, account: AccountPath, body: Delivery, creditor: CreditorQuery = None
    ) -> dict[str, Any]:
        """Record what became of the latest notice by a channel."""
        scope = who.scope(creditor)
        stream = account_stream(scope, account)

        def run(work: Work) -> str:
            at = min(body.at or work.now, work.now)
            command = RecordDelivery(body.channel, body.result, at, body.notice_id, by=who.subject)
            return record_delivery(work, stream, command)

        recorded = await self.service.execute(key_of(scope, account), [stream], run)
        return {"account": account, "notice_id": recorded, "result": body.result}

    async def opt_outs(
        self, who: Reader, account: AccountPath, creditor: CreditorQuery = None
    ) -> OptOuts:
        """The channels the debtor objected to."""
        state, _ = await self.service.read(account_stream(who.scope(creditor), account))
        return OptOuts(account=account, channels=list(state.opt_outs))

    async def opt_out(
        self, who: Objector, account: AccountPath, channel: str, creditor: CreditorQuery = None
    ) -> OptOuts:
        """Respect an objection to a channel from now on."""
        return await self._opt(who.scope(creditor), account, OptOut(channel, who.subject))

    async def opt_in(
        self, who: Objector, account: AccountPath, channel: str, creditor: CreditorQuery = None
    ) -> OptOuts:
        """Take an objection back."""
        return await self._opt(who.scope(creditor), account, OptIn(channel, who.subject))

    async def _opt(self, creditor: str, account: str, command: OptOut | OptIn) -> OptOuts:
        stream = account_stream(creditor, account)

        def run(work: Work) -> OptOuts:
            work.append(stream, decide(work.state(stream), command))
            return OptOuts(account=account, channels=list(work.state(stream).opt_outs))

        return await self.service.execute(key_of(creditor, account), [stream], run)


async def _keys(service: Service, who: Principal, rows: list[Any]) -> KeyRing | None:
    """The keys to the rows' texts, for those who may read them."""
    if not who.has(*_READERS):
        return None
    return await service.keys({Subject(row["creditor"], row["account"]) for row in rows})


def _content(row: Any, keys: KeyRing | None) -> dict[str, Any] | None:
    if keys is None or row["content"] is None:
        return None
    content: dict[str, Any] | None = keys.open(
        Subject(row["creditor"], row["account"]), row["content"], "content"
    )
    return content


def _row(row: Any, keys: KeyRing | None) -> dict[str, Any]:
    content = _content(row, keys)
    shown = {
        name: value for name, value in row.items() if name not in ("content", "to_masked", "sha256")
    }
    to = content["to"] if content else row["to_masked"]
    tried = json.loads(row["tried"])
    return shown | {"to": to, "content_hash": row["sha256"], "tried": tried}


def _key(row: Any) -> list[str]:
    return [row["requested_at"].isoformat(), row["creditor"], row["account"], row["notice_id"]]
