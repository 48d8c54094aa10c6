"""A second person decides: what is asked for waits, and is done once somebody else approves it.

A service names the kinds of what it lets wait, with who may decide and how it is done.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Depends, Path, Query

from chassis.errors import Conflict, NotFound, Rejected
from chassis.four_eyes import Person, require_second
from chassis.http import Page, Principal, decode_cursor, page, require
from chassis.http.paging import Cursor, Limit
from chassis.http.proposed import Decision, ProposalOut
from chassis.recorders import Recorder, proposed_by
from chassis.runtime.service import Service, provided
from chassis.store import proposals
from chassis.store.pool import acquire
from chassis.store.proposals import Decided, Proposal, Wanted
from chassis.store.reads import Selection
from chassis.store.vault import Field, KeyRing
from contracts.words.streams import Subject, account_stream, creditor_stream, key_of

CREATED = 201
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTED_FOR = timedelta(days=1)
_TEXTS = frozenset({"reason", "note"})
"""What people wrote, of what was asked."""
ProposalId = Annotated[str, Path(max_length=128)]


class Asked(NamedTuple):
    """What was asked for, as whoever does it needs it; `amount` is what the second person read."""

    id: str
    subject: Subject
    by: str
    body: dict[str, Any]
    amount: int | None = None


class Kind(NamedTuple):
    """Who may decide, and how it is done for whoever approves: with the proposal's id as cause."""

    roles: tuple[str, ...]
    run: Callable[[Asked, Principal], Awaitable[None]]


async def decided_alone(service: Service, stream: str, kind: type[Any]) -> list[Any]:
    """Events of a type that one person alone brought about in a stream within the last day: what
    several times stays below a limit counts together.
    """
    wanted = Selection(since=service.clock.now() - _COUNTED_FOR, type=kind.__name__)
    return [
        one.event
        async for one in service.each(stream, wanted)
        if one.recorder is not None and one.recorder.proposed_by is None
    ]


class Proposals:
    """The proposals of a service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._kinds: dict[str, Kind] = {}

    def add(self, name: str, kind: Kind) -> None:
        """Let things of a kind wait."""
        self._kinds[name] = kind

    async def propose(
        self,
        kind: str,
        asked: Asked,
        who: Principal,
        *,
        once: bool = False,
    ) -> ProposalOut:
        """Let something wait; the same request again finds it as it is, with `once` the same asked
        in another request too.
        """
        service, subject = self._service, asked.subject
        if once and (known := await self._same(kind, asked, who)):
            return known
        sealed = await self._sealed(subject, asked.body, "proposal")
        wanted = Proposal(
            id=asked.id,
            at=service.clock.now(),
            creditor=subject.creditor,
            account=None if subject.account == "*" else subject.account,
            kind=kind,
            amount=asked.amount,
            asked=sealed,
            by=asked.by,
            issuer=who.issuer,
            subject=who.subject,
        )
        async with acquire(service.pool) as connection:
            lane = service.lane_of(subject.creditor, subject.account)
            await proposals.add(connection, wanted, lane)
        return await self._kept(wanted.id, who)

    async def _same(self, kind: str, asked: Asked, who: Principal) -> ProposalOut | None:
        async with acquire(self._service.pool) as connection:
            found = await proposals.alike(connection, asked.subject, kind, who.subject)
        keys = await self._service.keys([asked.subject])
        for one in found:
            if one.opened(keys) == asked.body:
                return _shown(one, keys, reads=False)
        return None

    async def _kept(self, proposal_id: str, who: Principal) -> ProposalOut:
        """One as a request that changed it is answered: answers are kept for repeated requests, so
        they hold nothing that people wrote.
        """
        found = await self._get(proposal_id, who)
        return _shown(found, await self._service.keys([found.whose]), reads=False)

    async def show(self, proposal_id: str, who: Principal) -> ProposalOut:
        """One proposal; raises `NotFound` for another creditor's too."""
        found = await self._get(proposal_id, who)
        keys = await self._service.keys([found.whose])
        return _shown(found, keys, reads=self._reads(who, found))

    async def listing(
        self, who: Principal, wanted: Wanted, limit: int, cursor: str | None
    ) -> Page[ProposalOut]:
        """A page of them, the oldest first."""
        after = decode_cursor(cursor, datetime, str) or (_BEGINNING, "")
        async with acquire(self._service.pool) as connection:
            found = await proposals.listing(connection, wanted, (after[0], after[1]), limit + 1)
        keys = await self._service.keys([one.whose for one in found])
        shown = [_shown(one, keys, reads=self._reads(who, one)) for one in found]
        told = page(shown, limit, lambda one: [one.at, one.proposal_id])
        return Page[ProposalOut](items=told["items"], next=told["next"])

    async def decide(self, proposal_id: str, given: Decision, who: Principal) -> ProposalOut:
        """Do what was asked, or say that it will not be done; raises `Rejected` where one person
        would do both, and whatever the doing raises: it waits on then. What was done, by somebody
        whose process ended before it said so, stays approved by them.
        """
        found = await self._get(proposal_id, who)
        kind = self._kinds[found.kind]
        who.check(*kind.roles)
        if found.account is not None:
            who.saw(found.creditor, found.account)  # a refusal may say what is owed
        by = who.acting_for(given.by)
        if given.outcome == "approved":
            require_second(Person(by, who.subject), Person(found.by, found.subject))
        at = await self._take(found)
        try:
            await self._require_undone(found)
            if given.outcome == "approved":
                with provided(lambda connection: proposals.hold(connection, found, at)):
                    await self._do(found, kind, who)
        except BaseException:  # whatever it is, the next one need not wait
            await asyncio.shield(self._leave(found, at))
            raise
        reason = given.reason and await self._sealed(found.whose, given.reason, "reason")
        now, recorder = self._service.clock.now(), Recorder(who.issuer, who.subject)
        await self._settle(found, Decided(given.outcome, now, by, recorder, reason or None))
        return await self._kept(found.id, who)

    async def _require_undone(self, found: Proposal) -> None:
        if done := await self._done(found):
            raise Conflict(f"proposal {found.id} was approved by {done.by}, and is done")

    async def _done(self, found: Proposal) -> Decided | None:
        """How it was decided, where what was asked is done."""
        creditor, account = found.whose
        stream = creditor_stream(creditor) if account == "*" else account_stream(creditor, account)
        led_to = [one async for one in self._service.each(stream, Selection(cause=found.id))]
        for one in led_to:
            if (who := one.recorder) and who.proposed_by is not None:
                return Decided("approved", one.at, who.subject, who, None)
        return None

    async def _settle(self, found: Proposal, decided: Decided) -> None:
        async with acquire(self._service.pool) as connection:
            await proposals.settle(connection, found, decided)

    async def _sealed(self, subject: Subject, value: Any, field: Field) -> bytes:
        return await self._service.execute(
            key_of(*subject), [], lambda work: work.seal(subject, value, field), subjects=[subject]
        )

    def _reads(self, who: Principal, found: Proposal) -> bool:
        """Whether somebody may read what people wrote: who asked, who may decide, and auditors."""
        if (who.issuer, who.subject) == (found.issuer, found.subject):
            return True
        kind = self._kinds.get(found.kind)
        return who.has("auditor", *(kind.roles if kind else ()))

    async def _take(self, found: Proposal) -> datetime:
        at = self._service.clock.now()
        async with acquire(self._service.pool) as connection:
            taken = await proposals.take(connection, found, at)
        if not taken:
            raise Conflict(
                f"proposal {found.id} is decided, or is being decided: try again in a minute"
            )
        return at

    async def _leave(self, found: Proposal, at: datetime) -> None:
        """Let it wait on, unless it is done."""
        if done := await self._done(found):
            await self._settle(found, done)
            return
        async with acquire(self._service.pool) as connection:
            await proposals.leave(connection, found, at)

    async def _do(self, found: Proposal, kind: Kind, who: Principal) -> None:
        keys = await self._service.keys([found.whose])
        body = found.opened(keys)
        if body is None:
            raise Rejected("the debtor was erased: nothing more is done about them")
        with proposed_by(found.subject):
            await kind.run(Asked(found.id, found.whose, found.by, body, found.amount), who)

    async def _get(self, proposal_id: str, who: Principal) -> Proposal:
        async with acquire(self._service.pool) as connection:
            found = await proposals.get(connection, proposal_id, who.visible(None))
        if found is None or found.kind not in self._kinds or not who.may_see(found.creditor):
            raise NotFound(f"there is no proposal {proposal_id}")
        return found


def router(waiting: Proposals, *, reads: tuple[str, ...], decides: tuple[str, ...]) -> APIRouter:
    """The routes under `/v1/proposals`, for the roles that read any and those that decide of some
    kind.
    """
    routes = APIRouter(prefix="/v1/proposals", tags=["proposals"])
    Reader = Annotated[Principal, Depends(require(*reads))]  # noqa: N806 - a type
    Decider = Annotated[Principal, Depends(require(*decides))]  # noqa: N806 - a type

    @routes.get("", summary="What waits for a second person", operation_id="list_proposals")
    async def list_proposals(
        who: Reader,
        creditor: Annotated[str | None, Query(max_length=128)] = None,
        account: Annotated[
            str | None, Query(max_length=128, description="`*`: about the creditor as a whole")
        ] = None,
        state: Literal["waiting", "approved", "rejected", "all"] = "waiting",
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Page[ProposalOut]:
        chosen = None if state == "all" else state
        return await waiting.listing(
            who, Wanted(who.visible(creditor), chosen, account), limit, cursor
        )

    @routes.get("/{proposal_id}", summary="One of them", operation_id="get_proposal")
    async def get_proposal(who: Reader, proposal_id: ProposalId) -> ProposalOut:
        return await waiting.show(proposal_id, who)

    @routes.post(
        "/{proposal_id}/decision",
        status_code=CREATED,
        summary="Approve or reject it, as a second person",
        operation_id="decide_proposal",
    )
    async def decide_proposal(
        who: Decider, proposal_id: ProposalId, given: Decision
    ) -> ProposalOut:
        """What was asked is done at once; who asked may not approve, by name or by token."""
        return await waiting.decide(proposal_id, given, who)

    return routes


def _shown(found: Proposal, keys: KeyRing, *, reads: bool) -> ProposalOut:
    told = found._asdict()
    told.pop("issuer")
    body = found.opened(keys)
    if body is not None and not reads:
        body = {name: None if name in _TEXTS else value for name, value in body.items()}
    told |= {"asked": body, "decided_reason": found.why(keys) if reads else None}
    return ProposalOut(proposal_id=told.pop("id"), **told)
