"""A creditor's list of debtors, for everybody to read: as a page, or as JSON.

It shows what is published and still owed, with the figures of today: neither what was paid, nor
what is disputed, paused, on hold or erased.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Annotated, Any

import msgspec
from asyncpg import Connection
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel

from chassis.errors import NotFound
from chassis.http.paging import Cursor, Page, decode_cursor, page
from chassis.owed.amounts import overdue_on
from chassis.runtime.service import Service
from chassis.store.pool import acquire
from chassis.store.reads import states
from contracts.base import Identifier
from contracts.words.formats import day, language_of, money
from contracts.words.streams import Subject, account_stream, terms_stream
from services.notifier.domain.aggregates import ACCOUNT
from services.notifier.domain.destinations import Profile
from services.notifier.domain.listing import is_owed
from services.notifier.domain.masking import chosen, masked_name
from services.notifier.domain.state import Account
from services.notifier.domain.terms import Terms
from services.notifier.settings import NotifierSettings
from services.notifier.settings.public_list import PublicList
from services.notifier.views import listed

_ROWS_MAX = 100
_HEADERS = {
    "Cache-Control": "public, max-age=30, must-revalidate",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""Whoever paid is off the page within the minute, whatever keeps it on the way."""
_WORDS = {
    "zh": ("欠费公示", ("欠费方", "账号", "欠费合计", "最早到期日", "公示日期"), "下一页",
           "暂无公示内容。", "对公示内容有异议的，可向公示单位提出，经核实有误的将及时更正。"),
    "en": ("Published list of arrears",
           ("Debtor", "Account", "Overdue", "Oldest due date", "Published on"), "Next page",
           "Nothing is published.",
           ("Objections to an entry may be made to the publisher; one found to be wrong is "
            "corrected without delay.")),
}  # fmt: skip
_PAGE = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow, noarchive">
<title>{title} - {creditor}</title>
</head>
<body style="max-width:60em;margin:2em auto;padding:0 1em;font:16px/1.6 sans-serif">
<h1 style="font-size:20px">{title}</h1>
<p>{creditor} {today}</p>
{table}
<p>{objections}</p>
<p>{contact}</p>
</body>
</html>
"""


class PublicEntry(BaseModel):
    """A debtor on the list; `overdue` in minor units, `name` masked as policy or creditor say."""

    account: str
    name: str
    overdue: int
    currency: str
    oldest_due_on: date | None
    listed_on: date


def router(service: Service, own: NotifierSettings) -> APIRouter:
    """The route `/v1/public/{creditor}/list`, for the creditors that have switched it on."""
    routes = APIRouter(prefix="/v1/public", tags=["public"])

    @routes.get(
        "/{creditor}/list",
        operation_id="get_public_list",
        response_model=Page[PublicEntry],
        responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
    )
    async def public_list(
        request: Request,
        creditor: Annotated[Identifier, Path(description="whose list")],
        cursor: Cursor = None,
        limit: Annotated[int, Query(ge=1, le=_ROWS_MAX, description="rows per page")] = _ROWS_MAX,
    ) -> Response:
        """Who owes overdue money and was published, those published first before the others; a
        page where `Accept` names `text/html`.
        """
        how = own.public_lists.get(creditor)
        if how is None:
            raise NotFound("there is no such list")
        after = decode_cursor(cursor, datetime, str)
        terms: Terms
        terms, _ = await service.read(terms_stream(creditor, service.lane_of(creditor, "*")))
        today = service.clock.now().astimezone(terms.zone).date()
        async with acquire(service.pool) as connection:
            rows = await listed.page(connection, creditor, after, limit + 1)
            accounts = await _accounts(connection, rows)
        profiles = await _profiles(service, accounts)
        found = page(rows, limit, _key, lambda row: row)
        entries = [
            _entry(row, terms, today, accounts, profiles, how)
            for row in found["items"]
            if _is_shown(row, accounts, profiles, today)
        ]
        answer = {"items": entries, "next": found["next"]}
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse(
                Page[PublicEntry].model_validate(answer).model_dump(mode="json"), headers=_HEADERS
            )
        sender = own.sender(creditor)
        name = sender.name or terms.name or creditor
        return HTMLResponse(_html(answer, terms, today, name, sender.contact), headers=_HEADERS)

    return routes


async def _accounts(connection: Connection, rows: Sequence[Any]) -> dict[str, Account]:
    streams = {account_stream(row["creditor"], row["account"]): row["account"] for row in rows}
    found = await states(connection, ACCOUNT, streams)
    return {streams[stream]: state for stream, state in found.items()}


async def _profiles(service: Service, accounts: Mapping[str, Account]) -> dict[str, Profile]:
    """Who the debtors are, but for those that were erased."""
    subjects = {key: Subject(one.creditor, one.account) for key, one in accounts.items()}
    keys = await service.keys(set(subjects.values()))
    opened = {
        key: keys.open(subjects[key], one.profile, "profile")
        for key, one in accounts.items()
        if one.profile
    }
    return {key: msgspec.convert(one, Profile) for key, one in opened.items() if one is not None}


def _is_shown(
    row: Any, accounts: Mapping[str, Account], profiles: Mapping[str, Profile], today: date
) -> bool:
    """Whether an entry still stands by what is known now: the table follows a moment later."""
    state = accounts.get(row["account"])
    if state is None or state.listed is None or row["account"] not in profiles:
        return False
    is_withheld = state.erased or bool(state.listed.withheld)
    return not is_withheld and is_owed(state.ledger) and overdue_on(state.ledger, today).total > 0


def _entry(
    row: Any,
    terms: Terms,
    today: date,
    accounts: Mapping[str, Account],
    profiles: Mapping[str, Profile],
    how: PublicList,
) -> PublicEntry:
    account = row["account"]
    profile, owed = profiles[account], overdue_on(accounts[account].ledger, today)
    entry = accounts[account].listed
    names = chosen(entry.mask if entry else "", how.names)
    return PublicEntry(
        account=account,
        name=masked_name(profile.name, names, is_company=profile.is_company),
        overdue=owed.total,
        currency=owed.currency or terms.currency,
        oldest_due_on=min((one.due_on for one in owed.items), default=None),
        listed_on=row["listed_at"].astimezone(terms.zone).date(),
    )


def _key(row: Any) -> list[str]:
    return [row["listed_at"].isoformat(), row["account"]]


def _html(answer: Mapping[str, Any], terms: Terms, today: date, name: str, contact: str) -> str:
    language = language_of(*terms.languages)
    title, heads, further, nothing, objections = _WORDS.get(language, _WORDS["en"])
    rows = "\n".join(_row(one, language) for one in answer["items"])
    head = "".join(f"<th align='left'>{one}</th>" for one in heads)
    table = (
        f"<table width='100%'><tr>{head}</tr>\n{rows}\n</table>" if rows else f"<p>{nothing}</p>"
    )
    if answer["next"]:
        table += f"\n<p><a href='?cursor={escape(answer['next'])}'>{further}</a></p>"
    return _PAGE.format(
        language=language,
        title=title,
        creditor=escape(name),
        today=day(today, language),
        table=table,
        objections=objections,
        contact=escape(contact),
    )


def _row(entry: PublicEntry, language: str) -> str:
    cells = (
        entry.name,
        entry.account,
        money(entry.overdue, entry.currency, language),
        day(entry.oldest_due_on, language) if entry.oldest_due_on else "",
        day(entry.listed_on, language),
    )
    return "<tr>" + "".join(f"<td>{escape(one)}</td>" for one in cells) + "</tr>"
