"""Cases: lists, one case with why and what comes next, and how an account stood on a day."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query

from chassis.errors import NotFound
from chassis.http import Page, Principal, decode_cursor, page
from chassis.http.paging import Cursor, Limit
from chassis.store.stored import Stored
from chassis.store.views import table_of
from contracts.base import Number
from contracts.words.streams import Subject, account_stream
from contracts.words.vocabulary import STAFF
from services.dunning.api.creditors import page_of
from services.dunning.api.dunning import CreditorQuery, Dunning, InScope
from services.dunning.api.models import cases as m
from services.dunning.api.models.work import DecisionRow
from services.dunning.api.queries import CASE, CASES, PERSON, SORTS, case_row, subjects_of
from services.dunning.api.roles import may
from services.dunning.api.timeline import Entry
from services.dunning.domain.account import Account
from services.dunning.domain.case.phase import Phase, phase_of
from services.dunning.domain.event import case_of
from services.dunning.domain.localtime import end_of
from services.dunning.domain.money.owing import overdue, owed
from services.dunning.domain.outlook import outlook
from services.dunning.person_codes import codes_of
from services.dunning.reasons.english import in_words, pauses_in_words, what_in_words
from services.dunning.views import DECISIONS

_DECISIONS = f"""
select decision_id, creditor, account, case_id, what, purpose, by_role, asked_at, amount, until,
       reason, state, decided_by, decided_at
from {table_of(DECISIONS)}
where ($1::text[] is null or creditor = any($1)) and state = $2
  and ($3::timestamptz is null or (asked_at, decision_id) > ($3, $4))
order by asked_at, decision_id limit $5
"""  # noqa: S608 - names of ours


def router(dunning: Dunning) -> APIRouter:
    """The routes that read cases, accounts and what waits for a decision."""
    api = Cases(dunning)
    routes = APIRouter(prefix="/v1", tags=["cases"])
    routes.get("/cases", summary="Cases, filtered and sorted", response_model=Page[m.CaseRow])(
        api.list_cases
    )
    routes.get(
        "/decisions",
        summary="Applications and approvals, oldest first",
        response_model=Page[DecisionRow],
    )(api.list_decisions)
    routes.get(
        "/accounts/{account}/case",
        summary="How it stands, or stood on a day",
        response_model=m.CaseStanding,
    )(api.get_account_case)
    routes.get("/accounts/{account}/timeline", summary="What happened, and why")(
        api.get_account_timeline
    )
    routes.get("/accounts/{account}", summary="What dunning knows", response_model=m.AccountOut)(
        api.get_account
    )
    routes.get(
        "/cases/{case_id}",
        summary="One case: timeline with why, and what comes next",
        response_model=m.CaseDetail,
    )(api.get_case)
    return routes


class Cases:
    def __init__(self, dunning: Dunning) -> None:
        self._dunning = dunning

    async def list_cases(
        self,
        who: Annotated[Principal, may("see_cases")],
        creditor: CreditorQuery = None,
        state: Literal["open", "paused", "closed"] | None = None,
        policy: Annotated[str | None, Query(max_length=64)] = None,
        step: Annotated[str | None, Query(max_length=32, description="last step taken")] = None,
        owner: Annotated[
            str | None, Query(max_length=128, description="owner of an open task")
        ] = None,
        department: Annotated[str | None, Query(max_length=200)] = None,
        guarantor: Annotated[
            str | None, Query(max_length=64, description="a guarantor's code, from the groups")
        ] = None,
        sort: Annotated[
            Literal["opened", "oldest_due", "next", "account", "owed"],
            Query(description="`owed`: the most first, and only cases that run"),
        ] = "opened",
        number: Annotated[
            Number | None, Query(description="what people call the account; capitals alike")
        ] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        after = decode_cursor(cursor, SORTS[sort].kind, str)
        keyring = await self._dunning.service.keys([])
        index = keyring.index(number).hex() if number else None
        rows = await self._dunning.service.pool.fetch(
            CASES[sort],
            who.visible(creditor),
            state,
            policy,
            step,
            owner,
            after[0] if after else None,
            after[1] if after else None,
            limit + 1,
            department,
            guarantor.split(".") if guarantor else None,
            codes_of(keyring, owner) if owner else None,
            index,
        )
        keys = await self._dunning.service.keys(subjects_of(rows))
        return page(
            rows, limit, lambda r: [r["sort_key"], r["case_id"]], lambda r: case_row(r, keys)
        )

    async def list_decisions(
        self,
        who: Annotated[Principal, may("see_cases")],
        creditor: CreditorQuery = None,
        state: Literal["pending", "approved", "rejected", "lapsed"] = "pending",
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        after = decode_cursor(cursor, datetime, str)
        rows = await self._dunning.service.pool.fetch(
            _DECISIONS,
            who.visible(creditor),
            state,
            after[0] if after else None,
            after[1] if after else None,
            limit + 1,
        )
        return page(rows, limit, lambda r: [r["asked_at"], r["decision_id"]], dict)

    async def get_account_case(
        self,
        subject: InScope,
        who: Annotated[Principal, may("see_cases")],
        as_of: Annotated[date | None, Query(description="at the end of this local day")] = None,
    ) -> dict[str, Any]:
        """`state` is open, paused, closed (there was one) or none (there never was)."""
        zone = await self._dunning.zone(subject.creditor)
        stream = account_stream(*subject)
        if as_of is None:
            state, _ = await self._dunning.service.read(stream)
        else:
            state, _ = await self._dunning.service.read_as_of(stream, end_of(as_of, zone))
        standing = await _standing(self._dunning, state)
        return {"creditor": subject.creditor, "account": subject.account, **standing}

    async def get_account_timeline(
        self,
        subject: InScope,
        who: Annotated[Principal, may("see_cases")],
        limit: Limit = 500,
        cursor: Cursor = None,
    ) -> Page[Entry]:
        await self._dunning.account(subject)
        keys = await self._dunning.service.keys([subject])
        reader = await self._dunning.reader(subject, keys)
        return await page_of(self._dunning, reader, account_stream(*subject), limit, cursor)

    async def get_account(
        self, subject: InScope, who: Annotated[Principal, may("see_cases")]
    ) -> dict[str, Any]:
        return await _account(self._dunning, subject, await self._dunning.account(subject), who)

    async def get_case(
        self,
        case_id: Annotated[str, Path(max_length=128)],
        who: Annotated[Principal, may("see_cases")],
    ) -> dict[str, Any]:
        row = await self._dunning.service.pool.fetchrow(CASE, case_id, who.visible(None))
        if row is None:
            raise NotFound(f"there is no case {case_id}")
        keys = await self._dunning.service.keys(subjects_of([row]))
        return await _case(self._dunning, case_row(row, keys), who)


async def _standing(dunning: Dunning, account: Account) -> dict[str, Any]:
    """State and phase of the account's case, with its id and the class it was put in."""
    running = account.case
    if running is not None:
        return {
            "state": "paused" if running.paused else "open",
            "phase": await _phase(dunning, account),
            "case_id": running.case_id,
            "paused_for": pauses_in_words(running.paused),
            "classified": running.classified,
        }
    return {
        "state": "closed" if account.cases else "none",
        "phase": None,
        "case_id": account.last_case_id,
        "paused_for": [],
        "classified": None,
    }


async def _phase(dunning: Dunning, account: Account) -> Phase | None:
    pack = dunning.decisions.pack_of(account, await dunning.creditor(account.creditor))
    return phase_of(account, pack)


async def _entries(
    dunning: Dunning, subject: Subject, account: Account, events: Sequence[Stored]
) -> list[Entry]:
    keys = await dunning.service.keys([subject])
    return (await dunning.reader(subject, keys)).entries(events)


async def _account(
    dunning: Dunning, subject: Subject, account: Account, who: Principal
) -> dict[str, Any]:
    zone = await dunning.zone(subject.creditor)
    day = dunning.service.clock.now().astimezone(zone).date()
    figures = owed(account, overdue(account, day), day)
    return {
        "creditor": subject.creditor,
        "account": subject.account,
        **await _standing(dunning, account),
        "overdue": {
            "principal": figures.principal,
            "late_fee": figures.late_fee,
            "total": figures.total,
            "currency": figures.currency,
            "oldest_due_on": figures.oldest_due_on,
        },
        "restrictions": [r.service for r in account.restrictions],
        "open_tasks": await _tasks(dunning, subject, account),
        "debtor": await _debtor(dunning, subject, account, who),
        "next": await _next(dunning, subject, account, zone),
    }


async def _tasks(dunning: Dunning, subject: Subject, account: Account) -> list[dict[str, str]]:
    """The open tasks; one of the person responsible names them."""
    keys, told = await dunning.service.keys([subject]), account.responsible
    name = None if told is None else keys.open(subject, told.sealed, "person")
    return [
        {"kind": t.kind, "owner": (name or t.owner) if t.owner == PERSON else t.owner}
        for t in account.tasks
    ]


async def _case(dunning: Dunning, row: dict[str, Any], who: Principal) -> dict[str, Any]:
    subject = Subject(row["creditor"], row["account"])
    account = await dunning.account(subject)
    events = dunning.service.each(account_stream(*subject))
    of_case = [e async for e in events if case_of(e.event) == row["case_id"]]
    is_running = account.case is not None and account.case.case_id == row["case_id"]
    zone = await dunning.zone(subject.creditor)
    return {
        **row,
        "phase": await _phase(dunning, account) if is_running else None,
        "debtor": await _debtor(dunning, subject, account, who),
        "next": await _next(dunning, subject, account, zone) if is_running else [],
        "timeline": await _entries(dunning, subject, account, of_case),
    }


async def _debtor(
    dunning: Dunning, subject: Subject, account: Account, who: Principal
) -> dict[str, Any] | None:
    """The debtor as upstream described them, for those who deal with them; who was erased shows as
    erased.
    """
    if not who.has(*STAFF):
        return None
    keys = await dunning.service.keys([subject])
    if keys.is_erased(subject):
        return {"erased": True}
    profile, segment = dunning.profile(subject, keys, account), account.segment
    return profile if profile is None or segment is None else profile | {"segment": segment}


async def _next(
    dunning: Dunning, subject: Subject, account: Account, zone: ZoneInfo
) -> list[dict[str, Any]]:
    creditor = await dunning.creditor(subject.creditor)
    pack, now = dunning.decisions.pack_of(account, creditor), dunning.service.clock.now()
    ahead = outlook(account, pack, now, zone, creditor.working_days)
    return [
        one._asdict() | {"what": what_in_words(one.what), "reason": in_words(one.reason)}
        for one in ahead
    ]
