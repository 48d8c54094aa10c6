"""What every route of the API does: find the account in the caller's scope, run a command on it,
answer what happened.
"""

from collections.abc import Awaitable, Callable, Iterable
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import Depends, Path, Query
from pydantic import BaseModel

from chassis.errors import NotFound, Transient
from chassis.http.auth import Caller
from chassis.http.idempotency import request_id
from chassis.http.proposed import ProposalOut
from chassis.recorders import Recorder, asking
from chassis.runtime.proposals import Proposals
from chassis.runtime.service import Service
from chassis.store.reads import Selection
from chassis.store.stored import Stored
from chassis.store.vault import KeyRing
from chassis.store.work import Work
from contracts.base import Identifier
from contracts.words.streams import Subject, account_stream, creditor_stream, key_of
from services.dunning.api.timeline import Entry, Reader
from services.dunning.decisions import Decisions
from services.dunning.domain.account import Account
from services.dunning.domain.commands import AccountCommand, CreditorCommand
from services.dunning.domain.contact.state import Person
from services.dunning.domain.creditor.state import Creditor
from services.dunning.domain.event import Event
from services.dunning.domain.localtime import local_day
from services.dunning.person_codes import code_of, codes_of
from services.dunning.policy.model import Pack

AccountId = Annotated[Identifier, Path(description="account")]
CreditorId = Annotated[Identifier, Path(description="creditor")]
CreditorQuery = Annotated[
    Identifier | None,
    Query(description="default: the token's only creditor"),
]
ALL_ACCOUNTS = "*"
Named = Callable[[str], Person]


def _subject(caller: Caller, account: AccountId, creditor: CreditorQuery = None) -> Subject:
    return Subject(caller.scope(creditor), account)


def _creditor(caller: Caller, creditor: CreditorId) -> str:
    return caller.scope(creditor)


InScope = Annotated[Subject, Depends(_subject)]
RequestId = Annotated[str, Depends(request_id)]


class Target(NamedTuple):
    """What a request changes, and the request's own id."""

    subject: Subject
    request: str


def _target(subject: InScope, request: RequestId) -> Target:
    return Target(subject, request)


Acting = Annotated[Target, Depends(_target)]
CreditorInScope = Annotated[str, Depends(_creditor)]


class Happened(BaseModel):
    """What a request brought about, in the order it happened; `proposal` where it waits for a
    second person.
    """

    creditor: str
    account: str | None
    happened: list[Entry]
    proposal: ProposalOut | None = None


class Told(NamedTuple):
    """Events a command led to, the number of the first, when, and for whose token."""

    events: list[Event]
    first: int
    at: datetime
    recorder: Recorder | None


class Seal:
    """Seals what somebody wrote about an account, with who it was."""

    def __init__(self, work: Work, subject: Subject, by: str) -> None:
        self._work, self._subject, self._by = work, subject, by

    def __call__(self, text: str | None) -> bytes:
        return self._work.seal(self._subject, {"by": self._by, "text": text}, "note")

    def code(self, name: str) -> str:
        """What stands for somebody's name."""
        return code_of(self._work.keys, name)

    def codes(self, name: str) -> list[str]:
        """All that may have been kept of it."""
        return codes_of(self._work.keys, name)

    def if_given(self, text: str | None) -> bytes | None:
        """The text sealed; None where nobody wrote one."""
        return None if text is None else self(text)


class Dunning:
    """The service as its routes use it: they run commands on it and read from it."""

    def __init__(self, service: Service, decisions: Decisions) -> None:
        self.service = service
        self.decisions = decisions
        self.waiting = Proposals(service)

    async def run(
        self,
        target: Target,
        by: str,
        command: Callable[[Seal], AccountCommand],
        allowed: Callable[[Account], None] = lambda _account: None,
        pack: Pack | None = None,
    ) -> Happened:
        """Run a command on an account that `by` gives; `command` gets what seals their words,
        `allowed` raises for what the caller may not do to this account, `pack` is one the account
        is moved to.

        A request whose answer was lost in a crash is recognised by its events: it is done once.
        """
        subject = target.subject
        stream = account_stream(*subject)
        if done := await self.done(stream, target.request):
            return await self._happened(subject.creditor, subject.account, done)

        def run(work: Work) -> Told:
            if not work.version(stream):
                raise _unknown(subject)
            allowed(work.state(stream))
            first = work.version(stream) + 1
            wanted = command(Seal(work, subject, by))
            return Told(
                self.decisions.account(work, subject, wanted, pack), first, work.now, asking()
            )

        told = await self._told(
            partial(
                self.service.execute,
                key_of(*subject),
                [stream, creditor_stream(subject.creditor)],
                run,
                subjects=[subject],
                cause=target.request,
            )
        )
        return await self._happened(subject.creditor, subject.account, _stored(stream, told))

    async def run_on_creditor(
        self,
        creditor: str,
        request: str,
        command: CreditorCommand | Callable[[Named], CreditorCommand],
        allowed: Callable[[Creditor], None] = lambda _creditor: None,
        pack: Callable[[Creditor], Pack | None] = lambda _creditor: None,
    ) -> Happened:
        """Run a command on the creditor as a whole, in the same way; a command about a person is
        made with a function that seals the name under the creditor's own key. `pack` answers the
        one the command is about when that is not the one in force.
        """
        stream = creditor_stream(creditor)
        if done := await self.done(stream, request):
            return await self._happened(creditor, None, done)
        staff = staff_of(creditor)

        def run(work: Work) -> Told:
            def person(name: str) -> Person:
                code = code_of(work.keys, name)
                return Person(sealed=work.seal(staff, name.strip(), "person"), code=code)

            allowed(work.state(stream))
            first = work.version(stream) + 1
            wanted = command(person) if callable(command) else command
            about = pack(work.state(stream))
            return Told(
                self.decisions.creditor(work, creditor, wanted, about), first, work.now, asking()
            )

        told = await self._told(
            partial(
                self.service.execute,
                key_of(creditor, ALL_ACCOUNTS),
                [stream],
                run,
                subjects=[staff] if callable(command) else [],
                cause=request,
            )
        )
        return await self._happened(creditor, None, _stored(stream, told))

    async def _told(self, execute: Callable[[], Awaitable[Told]]) -> Told:
        """Run a command; where it meets a policy that another instance stored meanwhile, again."""
        try:
            return await execute()
        except Transient:
            if not await self.decisions.library.refresh(self.service.pool):
                raise
        return await execute()

    async def done_to(self, target: Target) -> bool:
        """Whether a request to an account had its effect before."""
        return bool(await self.done(account_stream(*target.subject), target.request))

    async def done(self, stream: str, request: str) -> list[Stored]:
        """What a request led to when it came before."""
        return [one async for one in self.service.each(stream, Selection(cause=request))]

    async def _happened(
        self, creditor: str, account: str | None, events: Iterable[Stored]
    ) -> Happened:
        # Answers are kept for repeated requests, so they hold nothing sealed.
        reader = Reader(await self.zone(creditor))
        return Happened(creditor=creditor, account=account, happened=reader.entries(events))

    async def creditor(self, creditor: str) -> Creditor:
        """A creditor as it is set up; raises `NotFound`."""
        state, _ = await self.service.read(creditor_stream(creditor))
        if not isinstance(state, Creditor) or state.policy is None:
            raise NotFound(f"creditor {creditor} is not set up")
        await self.decisions.library.learn(self.service.pool, state.policy)
        return state

    async def pack(self, creditor: str) -> Pack:
        """The pack a creditor's new cases follow; raises `NotFound`."""
        policy = (await self.creditor(creditor)).policy
        if policy is None:
            raise NotFound(f"creditor {creditor} is not set up")
        return self.decisions.library.get(policy)

    async def zone(self, creditor: str) -> ZoneInfo:
        """The creditor's time zone; raises `NotFound`."""
        return ZoneInfo((await self.creditor(creditor)).zone)

    def today(self, creditor: Creditor) -> date:
        """The day it is where the creditor is."""
        return local_day(self.service.clock.now(), ZoneInfo(creditor.zone))

    async def account(self, subject: Subject) -> Account:
        """An account as it is now; raises `NotFound` when dunning never heard of it."""
        state, version = await self.service.read(account_stream(*subject))
        if not version or not isinstance(state, Account):
            raise _unknown(subject)
        if state.case is not None:
            await self.decisions.library.learn(self.service.pool, state.case.policy)
        return state

    async def reader(self, subject: Subject, keys: KeyRing) -> Reader:
        """Reads one account's events, with its zone and its key."""
        return Reader(await self.zone(subject.creditor), keys, subject)

    def profile(self, subject: Subject, keys: KeyRing, account: Account) -> dict[str, Any] | None:
        """What upstream told of the debtor; `None` when nothing was, or the debtor was erased."""
        opened = keys.open(subject, account.profile, "profile")
        return opened if isinstance(opened, dict) else None


def staff_of(creditor: str) -> Subject:
    """Under whose key the names of a creditor's own people are sealed."""
    return Subject(creditor, ALL_ACCOUNTS)


def _unknown(subject: Subject) -> NotFound:
    return NotFound(f"creditor {subject.creditor} has no account {subject.account} here")


def _stored(stream: str, told: Told) -> Iterable[Stored]:
    return (
        Stored(stream, told.first + i, type(e).__name__, told.at, None, e, 0, 0, told.recorder)
        for i, e in enumerate(told.events)
    )
