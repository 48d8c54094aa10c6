"""The access record over HTTP, for auditors."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from chassis.http.auth import Principal, require
from chassis.http.paging import LIMIT_DEFAULT, Cursor, Limit, Page, decode_cursor, page
from chassis.runtime.service import Service
from chassis.store.access import Filter, listing
from chassis.store.pool import acquire
from contracts.base import Identifier, Instant

Auditor = Annotated[Principal, Depends(require("auditor"))]


class AccessRecord(BaseModel):
    """An answer that had personal data: to whom, about which accounts, by which route.

    `creditor` is null where a list of several creditors named nobody, the account `*` is every one
    of the creditor's; `hash` is over that of the record of the number before and this one.
    """

    number: int
    at: datetime
    issuer: str
    subject: str
    token_id: str
    creditor: str | None
    accounts: list[str]
    route: str
    status: int
    hash: str


def router(service: Service) -> APIRouter:
    """`/v1/access-records`."""
    routes = APIRouter(prefix="/v1/access-records", tags=["access records"])

    @routes.get("", operation_id="list_access_records", response_model=Page[AccessRecord])
    async def records(
        who: Auditor,
        creditor: Identifier | None = None,
        account: Identifier | None = None,
        subject: Annotated[str | None, Query(max_length=1000)] = None,
        since: Annotated[Instant | None, Query(alias="from")] = None,
        until: Annotated[Instant | None, Query(alias="to")] = None,
        cursor: Cursor = None,
        limit: Limit = LIMIT_DEFAULT,
    ) -> dict[str, Any]:
        """Who was answered about whom, from an instant until before another, in order."""
        creditors = who.visible(creditor)
        wanted = Filter(creditors, account, subject, since, until)
        found = decode_cursor(cursor, datetime, int)
        after = None if found is None else (found[0], found[1])
        if account is not None:
            for one in creditors or ():
                who.saw(one, account)
        async with acquire(service.pool) as connection:
            rows = await listing(connection, wanted, after, limit + 1)
        return page(rows, limit, lambda row: [row["at"], row["number"]], _shown)

    return routes


def _shown(row: Any) -> dict[str, Any]:
    shown = dict(row)
    return shown | {"token_id": shown.pop("token"), "hash": row["hash"].hex()}
