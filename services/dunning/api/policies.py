"""Policies of a creditor: those proposed and decided, the text a case follows, moving a case."""

from dataclasses import replace
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path
from pydantic import Field

from chassis.aside import aside
from chassis.errors import NotFound
from chassis.http import Principal
from chassis.store.stored import Stored
from contracts.words.streams import Subject, account_stream, creditor_stream
from services.dunning.api import inputs as i
from services.dunning.api.dunning import (
    CreditorInScope,
    Dunning,
    Happened,
    Named,
    RequestId,
    Target,
    staff_of,
)
from services.dunning.api.models import policies as m
from services.dunning.api.policy_texts import proposal, text_of, text_shown
from services.dunning.api.queries import CASE
from services.dunning.api.roles import may
from services.dunning.domain.account import Account
from services.dunning.domain.case.commands import FollowPolicy
from services.dunning.domain.case.events import CaseOpened, CasePolicyChanged
from services.dunning.domain.case.state import PolicyRef
from services.dunning.domain.creditor.commands import DecidePolicy, ProposePolicy
from services.dunning.domain.creditor.events import PolicyDecided, PolicyProposed
from services.dunning.domain.creditor.policy_changes import check_decision, propose_policy
from services.dunning.domain.creditor.state import Creditor
from services.dunning.library import chosen_text
from services.dunning.policy.model import Pack
from services.dunning.policy.problem import PackError
from services.dunning.policy.validate import validate

CREATED = 201
CaseId = Annotated[str, Path(max_length=128)]
ProposalId = Annotated[str, Path(max_length=128)]


class ProposalInput(i.PolicyInput):
    """A policy proposed for the cases to come, and why."""

    by: i.Person | None = None
    reason: i.Text | None = None


class ProposalDecision(i.Deed):
    outcome: Annotated[str, Field(pattern="^(approved|rejected)$")]
    reason: i.Text | None = None


class MoveInput(i.Deed):
    """Why a running case is to follow the policy in force."""

    reason: i.Text


def router(dunning: Dunning) -> APIRouter:
    """Policy versions under `/v1/creditors/{creditor}`, and a case's own policy."""
    api = Policies(dunning)
    routes = APIRouter(prefix="/v1", tags=["policies"])
    routes.get(
        base, summary="Policies in force, proposed and decided", response_model=m.PolicyVersions
    )(api.list_policy_versions)
    routes.get(
        "/creditors/{creditor}/policy",
        summary="The policy in force, with its full text",
        response_model=m.PolicyText,
    )(api.get_policy)
    routes.post(base, status_code=CREATED, summary="Propose a policy for the cases to come")(
        api.propose_policy
    )
    routes.get(
        base + "/{proposal_id}",
        summary="A proposed policy: its text, and how it differs from the one in force",
        response_model=m.Proposal,
    )(api.get_policy_version)
    routes.post(
        base + "/{proposal_id}/decision", status_code=CREATED, summary="Approve or reject a policy"
    )(api.decide_policy)
    routes.get(
        "/cases/{case_id}/policy",
        summary="The policy a case follows, with its full text",
        response_model=m.CasePolicy,
    )(api.get_case_policy)
    routes.post(
        "/cases/{case_id}/policy", status_code=CREATED, summary="Move a case to the policy in force"
    )(api.move_case)
    return routes


class Policies:
    def __init__(self, dunning: Dunning) -> None:
        self._dunning = dunning

    async def list_policy_versions(
        self, creditor: CreditorInScope, who: Annotated[Principal, may("see_cases")]
    ) -> dict[str, Any]:
        state = await self._dunning.creditor(creditor)
        keys = await self._dunning.service.keys([staff_of(creditor)])
        shown = [
            _shown(stored, keys.open(staff_of(creditor), stored.event.note or b"", "person"))
            async for stored in self._dunning.service.each(creditor_stream(creditor))
            if isinstance(stored.event, PolicyProposed | PolicyDecided)
        ]
        return {
            "creditor": creditor,
            "in_force": msgspec.to_builtins(state.policy),
            "waiting": msgspec.to_builtins(state.proposals),
            "history": shown,
        }

    async def get_policy(
        self, creditor: CreditorInScope, who: Annotated[Principal, may("see_cases")]
    ) -> dict[str, Any]:
        ref = (await self._dunning.creditor(creditor)).policy
        if ref is None:
            raise NotFound(f"creditor {creditor} is not set up")
        return await _text(self._dunning, ref)

    async def propose_policy(
        self,
        creditor: CreditorInScope,
        given: ProposalInput,
        request: RequestId,
        who: Annotated[Principal, may("propose_policy")],
    ) -> Happened:
        """Refused with file, line and field of everything that is wrong with it. The answer names
        the proposal, which waits for a second person.
        """
        source = await aside(
            chosen_text,
            given.policy,
            given.policy_version,
            given.policy_document,
            given.parameters,
        )
        if problems := await aside(validate, source.pack):
            raise PackError(problems)
        asked = ProposePolicy(by=who.acting_for(given.by), subject=who.subject)
        # a text is kept for good: only one that may be proposed
        await self._may_propose(creditor, request, asked, source.pack)
        await self._dunning.decisions.library.keep(self._dunning.service.pool, source)
        return await self._dunning.run_on_creditor(
            creditor,
            request,
            lambda named: replace(asked, note=_note(named, given.reason)),
            pack=lambda _state: source.pack,
        )

    async def _may_propose(
        self, creditor: str, request: str, asked: ProposePolicy, pack: Pack
    ) -> None:
        """Raise as the proposal itself would, unless this very request was done already."""
        state = await self._dunning.creditor(creditor)
        if not await self._dunning.done(creditor_stream(creditor), request):
            propose_policy(state, asked, pack, self._dunning.service.clock.now())

    async def get_policy_version(
        self,
        creditor: CreditorInScope,
        proposal_id: ProposalId,
        who: Annotated[Principal, may("see_cases")],
    ) -> dict[str, Any]:
        """`sha256` is that of the whole text; figures that differ from a text's stand behind it in
        `difference`.
        """
        return await proposal(self._dunning, creditor, proposal_id)

    async def decide_policy(
        self,
        creditor: CreditorInScope,
        proposal_id: ProposalId,
        given: ProposalDecision,
        request: RequestId,
        who: Annotated[Principal, may("decide_policy")],
    ) -> Happened:
        """Who proposed may not approve. Cases opened from now on follow an approved policy; open
        ones keep theirs.
        """
        asked = DecidePolicy(
            proposal_id=proposal_id,
            outcome=given.outcome,
            by=who.acting_for(given.by),
            subject=who.subject,
        )

        def wanted(state: Creditor) -> Pack:
            return self._dunning.decisions.library.get(check_decision(state, asked).policy)

        return await self._dunning.run_on_creditor(
            creditor,
            request,
            lambda named: replace(asked, note=_note(named, given.reason)),
            pack=wanted,
        )

    async def get_case_policy(
        self, case_id: CaseId, who: Annotated[Principal, may("see_cases")]
    ) -> dict[str, Any]:
        subject = await _subject(self._dunning, case_id, who)
        events = self._dunning.service.each(account_stream(*subject))
        refs = [ref async for stored in events if (ref := _ref_of(stored, case_id)) is not None]
        if not refs:
            raise NotFound(f"there is no case {case_id}")
        who.saw(*subject)
        texts = [await _text(self._dunning, ref) for ref in refs]
        return {**texts[-1], "before": texts[:-1]}

    async def move_case(
        self,
        case_id: CaseId,
        given: MoveInput,
        request: RequestId,
        who: Annotated[Principal, may("move_case")],
    ) -> Happened:
        """Steps already taken stay taken; those of the new policy that were not follow in their
        order.
        """
        subject = await _subject(self._dunning, case_id, who)
        who.saw(*subject)
        pack = await self._dunning.pack(subject.creditor)
        by = who.acting_for(given.by)

        def runs(account: Account) -> None:
            if account.case is None or account.case.case_id != case_id:
                raise NotFound(f"case {case_id} does not run any more")

        return await self._dunning.run(
            Target(subject, request),
            by,
            lambda seal: FollowPolicy(by=by, note=seal(given.reason)),
            runs,
            pack=pack,
        )


base = "/creditors/{creditor}/policy-versions"


async def _subject(dunning: Dunning, case_id: str, who: Principal) -> Subject:
    row = await dunning.service.pool.fetchrow(CASE, case_id, who.visible(None))
    if row is None or not who.may_see(row["creditor"]):
        raise NotFound(f"there is no case {case_id}")
    return Subject(row["creditor"], row["account"])


def _ref_of(stored: Stored, case_id: str) -> PolicyRef | None:
    """The policy an event gave the case, if it did."""
    event = stored.event
    if isinstance(event, CaseOpened) and event.case_id == case_id:
        return event.policy_ref
    if isinstance(event, CasePolicyChanged) and event.case_id == case_id:
        return event.after
    return None


async def _text(dunning: Dunning, ref: PolicyRef) -> dict[str, Any]:
    return text_shown(ref, await text_of(dunning, ref))


def _note(named: Named, reason: str | None) -> bytes | None:
    """A reason, sealed as the names of the creditor's people are."""
    return None if reason is None else named(reason).sealed


def _shown(stored: Stored, note: Any) -> dict[str, Any]:
    event = stored.event
    return {
        "at": stored.at,
        "what": "proposed" if isinstance(event, PolicyProposed) else event.outcome,
        "proposal_id": event.proposal_id,
        "policy": msgspec.to_builtins(event.policy_ref),
        "by": event.by,
        "reason": note,
    }
