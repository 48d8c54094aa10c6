"""Creditors: their set-up, and what happened to them as a whole."""

import contextlib
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter

from chassis.aside import aside
from chassis.errors import NotFound, Rejected
from chassis.http import Page, Principal, decode_cursor, page
from chassis.http.paging import Cursor, Limit
from chassis.store.reads import Selection
from chassis.store.work import Work
from contracts.words.streams import creditor_stream, key_of
from services.dunning.api import inputs as i
from services.dunning.api.dunning import (
    ALL_ACCOUNTS,
    CreditorInScope,
    Dunning,
    staff_of,
)
from services.dunning.api.models import policies as m
from services.dunning.api.roles import may
from services.dunning.api.timeline import Entry, Reader
from services.dunning.domain.creditor.commands import ConfigureCreditor
from services.dunning.domain.creditor.state import Creditor
from services.dunning.domain.creditor.terms import means, terms_of
from services.dunning.library import chosen_text
from services.dunning.policy.model import Pack


def router(dunning: Dunning) -> APIRouter:
    """The routes under `/v1/creditors`."""
    api = Creditors(dunning)
    routes = APIRouter(prefix="/v1/creditors/{creditor}", tags=["creditors"])
    routes.put("", summary="Set up or change a creditor", response_model=m.CreditorOut)(
        api.set_up_creditor
    )
    routes.get("", summary="A creditor's set-up", response_model=m.CreditorOut)(api.get_creditor)
    routes.get("/timeline", summary="What happened to the creditor as a whole")(
        api.get_creditor_timeline
    )
    return routes


class Creditors:
    def __init__(self, dunning: Dunning) -> None:
        self._dunning = dunning

    async def set_up_creditor(
        self,
        creditor: CreditorInScope,
        given: i.CreditorInput,
        who: Annotated[Principal, may("set_up_creditor")],
    ) -> dict[str, Any]:
        """Sets the terms and the policy that new cases follow; a running case keeps the version it
        began with. Another policy than the one in force is proposed instead (`policy-versions`):
        only an admin sets it without a second person.

        Putting the same again changes nothing.
        """
        source = await aside(
            chosen_text,
            given.policy,
            given.policy_version,
            given.policy_document,
            given.parameters,
        )
        command = _configure(given)
        stream = creditor_stream(creditor)
        state, _ = await self._dunning.service.read(stream)
        _check_policy(state, source.pack, who)  # a text is kept for good: only one that may be set
        await self._dunning.decisions.library.keep(self._dunning.service.pool, source)

        def run(work: Work) -> Creditor:
            _check_policy(work.state(stream), source.pack, who)
            if not _is_set_up_so(work.state(stream), command, source.pack):
                self._dunning.decisions.creditor(work, creditor, command, source.pack)
            state: Creditor = work.state(stream)
            return state

        return shown(
            await self._dunning.service.execute(key_of(creditor, ALL_ACCOUNTS), [stream], run)
        )

    async def get_creditor(
        self, creditor: CreditorInScope, who: Annotated[Principal, may("see_creditor")]
    ) -> dict[str, Any]:
        return shown(await self._dunning.creditor(creditor))

    async def get_creditor_timeline(
        self,
        creditor: CreditorInScope,
        who: Annotated[Principal, may("see_cases")],
        limit: Limit = 500,
        cursor: Cursor = None,
    ) -> Page[Entry]:
        state = await self._dunning.creditor(creditor)
        staff = staff_of(creditor)
        reader = Reader(ZoneInfo(state.zone), await self._dunning.service.keys([staff]), staff)
        return await page_of(self._dunning, reader, creditor_stream(creditor), limit, cursor)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last instant of a local day."""
    return datetime.combine(day + timedelta(days=1), time(), zone) - timedelta(microseconds=1)


async def page_of(
    dunning: Dunning, reader: Reader, stream: str, limit: int, cursor: str | None
) -> Page[Entry]:
    """One page of a stream's timeline, of which no more is read; the cursor is the number of the
    last entry.
    """
    after = decode_cursor(cursor, int)
    wanted = Selection(after=after[0] if after else 0)
    entries: list[Entry] = []
    async with contextlib.aclosing(dunning.service.each(stream, wanted)) as events:
        async for stored in events:
            entries += reader.entries([stored])
            if len(entries) > limit:
                break
    return Page[Entry](**page(entries, limit, lambda entry: [entry.number]))


def shown(creditor: Creditor) -> dict[str, Any]:
    """A creditor's set-up as the API shows it."""
    policy = creditor.policy
    if policy is None:
        raise NotFound(f"creditor {creditor.creditor} is not set up")
    return {
        "creditor": creditor.creditor,
        "name": creditor.name,
        "time_zone": creditor.zone,
        "currency": creditor.currency,
        "languages": list(creditor.languages),
        "calendar": creditor.calendar or list(creditor.closed_days) or None,
        "retention_days": creditor.retention_days,
        "policy": policy.policy,
        "policy_version": policy.version,
        "parameters": dict(policy.parameters),
        "content_hash": policy.content_hash,
        "terms": msgspec.to_builtins(creditor.terms),
        "next_at": creditor.wake,
    }


def _configure(given: i.CreditorInput) -> ConfigureCreditor:
    return ConfigureCreditor(
        name=given.name,
        zone=given.time_zone,
        currency=given.currency,
        languages=given.languages,
        calendar=given.calendar if isinstance(given.calendar, str) else "",
        closed_days=given.calendar if isinstance(given.calendar, tuple) else (),
        retention_days=given.retention_days,
    )


def _check_policy(state: Creditor, pack: Pack, who: Principal) -> None:
    if state.policy is not None and not means(state.policy, pack) and not who.is_admin:
        raise Rejected(
            f"policy {state.policy.label} is in force: another is proposed under policy-versions "
            "and approved by a second person"
        )


def _is_set_up_so(state: Creditor, command: ConfigureCreditor, pack: Pack) -> bool:
    return (
        (state.name, state.zone, state.currency, state.languages)
        == (command.name, command.zone, command.currency, command.languages)
        and (state.calendar, state.closed_days) == (command.calendar, command.closed_days)
        and state.retention_days == command.retention_days
        and state.policy is not None
        and means(state.policy, pack)
        and state.terms == terms_of(pack)
    )
