"""Creditors: their set-up, and what happened to them as a whole."""

import contextlib
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter

from chassis.aside import aside
from chassis.errors import Conflict, NotFound, Rejected
from chassis.http import Page, Principal, decode_cursor, page
from chassis.http.paging import Cursor, Limit
from chassis.runtime.proposals import Asked, Kind
from chassis.store.pool import acquire
from chassis.store.reads import Selection
from chassis.store.work import Work
from contracts.words.streams import creditor_stream, key_of
from services.dunning.api import inputs as i
from services.dunning.api.dunning import (
    ALL_ACCOUNTS,
    CreditorInScope,
    Dunning,
    RequestId,
    staff_of,
)
from services.dunning.api.models import policies as m
from services.dunning.api.roles import ROLES_OF, Action, may
from services.dunning.api.timeline import Entry, Reader
from services.dunning.domain.creditor.commands import ConfigureCreditor
from services.dunning.domain.creditor.decide import set_up_of
from services.dunning.domain.creditor.state import Creditor
from services.dunning.domain.creditor.terms import means, terms_of
from services.dunning.library import PackText, chosen_text
from services.dunning.policy.model import Pack
from services.dunning.policy.problem import PackError
from services.dunning.policy.validate import unapproved


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


OPEN = """
select account from view_accounts
where creditor = $1 and is_open order by account limit 1"""
SET_UP: Action = "set_up_creditor"


class Creditors:
    def __init__(self, dunning: Dunning) -> None:
        self._dunning = dunning
        dunning.waiting.add(SET_UP, Kind(ROLES_OF[SET_UP], self._approved))

    async def set_up_creditor(
        self,
        creditor: CreditorInScope,
        given: i.CreditorInput,
        request: RequestId,
        who: Annotated[Principal, may("set_up_creditor")],
    ) -> dict[str, Any]:
        """Sets the terms and the policy that new cases follow; a running case keeps the version it
        began with. Another policy than the one in force is proposed instead (`policy-versions`),
        whoever asks.

        Putting the same again changes nothing. Another currency (while nothing is owed or prepaid,
        and no case open), another time zone, a higher `second_person_above` or closed accounts kept
        for fewer days of a creditor that is set up wait for a second person, with the rest of the
        set-up but the policy, which is proposed by itself.
        """
        source = await _source(given)
        stream = creditor_stream(creditor)
        state, _ = await self._dunning.service.read(stream)
        _check_policy(state, source.pack)
        pack = await self._pack(state, source)
        wanted = _configure(given)
        if takes_two(state, wanted):
            await self._require_nothing_open(state, wanted.currency, who)
            body = given.model_dump(mode="json") | {"changes": sorted(_changes(state, wanted))}
            asked = Asked(request, staff_of(creditor), who.subject, body)
            waits = await self._dunning.waiting.propose(SET_UP, asked, who, once=True)
            return shown(state) | {"proposal_id": waits.proposal_id}

        def allowed(now: Creditor) -> None:
            _check_policy(now, source.pack)
            if takes_two(now, wanted):
                raise Conflict("the creditor was changed meanwhile: ask again")

        return shown(await self._set_up(creditor, wanted, pack, allowed))

    async def _pack(self, state: Creditor, source: PackText) -> Pack:
        """The pack that is in force, whatever text was given for it; else the one that was, whose
        text is kept for good.
        """
        if state.policy is not None:
            return await self._dunning.pack(state.creditor)
        await self._dunning.decisions.library.keep(self._dunning.service.pool, source)
        return source.pack

    async def _set_up(
        self,
        creditor: str,
        command: ConfigureCreditor,
        pack: Pack,
        allowed: Callable[[Creditor], None],
        cause: str | None = None,
    ) -> Creditor:
        stream = creditor_stream(creditor)

        def run(work: Work) -> Creditor:
            allowed(work.state(stream))
            if not _is_set_up_so(work.state(stream), command, pack):
                self._dunning.decisions.creditor(work, creditor, command, pack)
            state: Creditor = work.state(stream)
            return state

        return await self._dunning.service.execute(
            key_of(creditor, ALL_ACCOUNTS), [stream], run, cause=cause
        )

    async def _approved(self, asked: Asked, who: Principal) -> None:
        """Set up as two people want it, in what was to change: all else, and the policy, stays as
        it is by now.
        """
        body = dict(asked.body)
        changes = body.pop("changes", None)
        wanted = _configure(i.CreditorInput.model_validate(body))
        creditor = asked.subject.creditor
        state = await self._dunning.creditor(creditor)
        if changes is not None:
            values = asdict(wanted)
            changed = {name: values[name] for name in changes}
            wanted = replace(set_up_of(state), **changed)
        await self._require_nothing_open(state, wanted.currency, who)
        if await self._dunning.done(creditor_stream(creditor), asked.id):
            return
        pack = await self._dunning.pack(creditor)

        def allowed(now: Creditor) -> None:
            if (now.policy, set_up_of(now)) != (state.policy, set_up_of(state)):
                raise Conflict("the creditor was changed meanwhile: decide again")

        await self._set_up(creditor, wanted, pack, allowed, asked.id)

    async def _require_nothing_open(self, state: Creditor, currency: str, who: Principal) -> None:
        """Refuse another currency while anything is open in the one before: money that waits for
        the debtor or an invoice too, which would be worth another sum.
        """
        if state.currency == currency:
            return
        async with acquire(self._dunning.service.pool) as connection:
            account = await connection.fetchval(OPEN, state.creditor)
        if account is not None:
            who.saw(state.creditor, account)
            raise Rejected(
                f"account {account} has something open in {state.currency} (a debt, a case, money "
                "that waits): the currency is changed once nothing is open"
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
        reader = Reader(
            ZoneInfo(state.zone), await self._dunning.service.keys([staff]), staff, said="person"
        )
        return await page_of(self._dunning, reader, creditor_stream(creditor), limit, cursor)


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
        "second_person_above": creditor.second_person_above,
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


def takes_two(state: Creditor, wanted: ConfigureCreditor) -> bool:
    """Whether a change of a running creditor takes a second person: what moves its clock or its
    money, and what erases debtors sooner, which nobody takes back.
    """
    if state.policy is None:
        return False
    days = wanted.retention_days
    return (
        (state.currency, state.zone) != (wanted.currency, wanted.zone)
        or wanted.second_person_above > state.second_person_above
        or (days is not None and (state.retention_days is None or days < state.retention_days))
    )


async def _source(given: i.CreditorInput) -> PackText:
    return await aside(
        chosen_text,
        given.policy,
        given.policy_version,
        given.policy_document,
        given.parameters,
    )


def _configure(given: i.CreditorInput) -> ConfigureCreditor:
    return ConfigureCreditor(
        name=given.name,
        zone=given.time_zone,
        currency=given.currency,
        languages=given.languages,
        calendar=given.calendar if isinstance(given.calendar, str) else "",
        closed_days=given.calendar if isinstance(given.calendar, tuple) else (),
        retention_days=given.retention_days,
        second_person_above=given.second_person_above,
    )


def _changes(state: Creditor, wanted: ConfigureCreditor) -> set[str]:
    """What a set-up would change."""
    now = asdict(set_up_of(state))
    return {name for name, value in asdict(wanted).items() if value != now[name]}


def _check_policy(state: Creditor, pack: Pack) -> None:
    """Refuse another policy than the one in force, and a first one that writes off unasked; one
    that is in force already stays, whatever is in it.
    """
    if state.policy is None:
        if problems := unapproved(pack):
            raise PackError(problems)
    elif not means(state.policy, pack):
        raise Rejected(
            f"policy {state.policy.label} is in force: another is proposed by "
            f"POST /v1/creditors/{state.creditor}/policy-versions and approved by a second person"
        )


def _is_set_up_so(state: Creditor, command: ConfigureCreditor, pack: Pack) -> bool:
    return (
        (state.name, state.zone, state.currency, state.languages)
        == (command.name, command.zone, command.currency, command.languages)
        and state.second_person_above == command.second_person_above
        and (state.calendar, state.closed_days) == (command.calendar, command.closed_days)
        and state.retention_days == command.retention_days
        and state.policy is not None
        and means(state.policy, pack)
        and state.terms == terms_of(pack)
    )
