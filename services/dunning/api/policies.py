"""Policies of a creditor: those proposed and decided, the text a case follows, moving a case."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path
from pydantic import Field

from chassis.errors import NotFound
from chassis.http import Principal
from chassis.store.stored import Stored
from contracts.words.streams import Subject, account_stream, creditor_stream
from services.dunning.api import inputs as i
from services.dunning.api.desk import (
    CreditorInScope,
    Desk,
    Happened,
    Named,
    RequestId,
    Target,
    staff_of,
)
from services.dunning.api.models import policies as m
from services.dunning.api.queries import CASE
from services.dunning.api.roles import acting_for, may
from services.dunning.domain.account import Account
from services.dunning.domain.case.commands import FollowPolicy
from services.dunning.domain.case.events import CaseOpened, CasePolicyChanged
from services.dunning.domain.case.state import PolicyRef
from services.dunning.domain.creditor.commands import DecidePolicy, ProposePolicy
from services.dunning.domain.creditor.events import PolicyDecided, PolicyProposed
from services.dunning.domain.creditor.policy_changes import check_decision
from services.dunning.domain.creditor.state import Creditor
from services.dunning.library import chosen_text
from services.dunning.policy import Pack, PackError, validate

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


def router(desk: Desk) -> APIRouter:
    """Policy versions under `/v1/creditors/{creditor}`, and a case's own policy."""
    routes = APIRouter(prefix="/v1", tags=["policies"])
    _versions(routes, desk)
    _cases(routes, desk)
    return routes


def _versions(routes: APIRouter, desk: Desk) -> None:
    base = "/creditors/{creditor}/policy-versions"

    @routes.get(
        base,
        summary="Policies in force, proposed and decided",
        operation_id="list_policy_versions",
        response_model=m.PolicyVersions,
    )
    async def versions(
        creditor: CreditorInScope, who: Annotated[Principal, may("see_cases")]
    ) -> dict[str, Any]:
        state = await desk.creditor(creditor)
        events = await desk.service.events(creditor_stream(creditor))
        keys = await desk.service.keys([staff_of(creditor)])
        shown = [
            _shown(stored, keys.open(staff_of(creditor), stored.event.note or b""))
            for stored in events
            if isinstance(stored.event, PolicyProposed | PolicyDecided)
        ]
        return {
            "creditor": creditor,
            "in_force": msgspec.to_builtins(state.policy),
            "waiting": msgspec.to_builtins(state.proposals),
            "history": shown,
        }

    @routes.get(
        "/creditors/{creditor}/policy",
        summary="The policy in force, with its full text",
        operation_id="get_policy",
        response_model=m.PolicyText,
    )
    async def in_force(
        creditor: CreditorInScope, who: Annotated[Principal, may("see_cases")]
    ) -> dict[str, Any]:
        ref = (await desk.creditor(creditor)).policy
        if ref is None:
            raise NotFound(f"creditor {creditor} is not set up")
        return await _text(desk, ref)

    @routes.post(
        base,
        status_code=CREATED,
        summary="Propose a policy for the cases to come",
        operation_id="propose_policy",
    )
    async def propose(
        creditor: CreditorInScope,
        given: ProposalInput,
        request: RequestId,
        who: Annotated[Principal, may("propose_policy")],
    ) -> Happened:
        """Refused with file, line and field of everything that is wrong with it. The answer names
        the proposal, which waits for a second person.
        """
        source = chosen_text(
            given.policy, given.policy_version, given.policy_document, given.parameters
        )
        if problems := validate(source.pack):
            raise PackError(problems)
        await desk.creditor(creditor)
        await desk.decisions.library.keep(desk.service.pool, source)
        by = acting_for(who, given.by)
        return await desk.act_on_creditor(
            creditor,
            request,
            lambda named: ProposePolicy(by=by, note=_note(named, given.reason)),
            pack=lambda _state: source.pack,
        )

    @routes.post(
        base + "/{proposal_id}/decision",
        status_code=CREATED,
        summary="Approve or reject a policy",
        operation_id="decide_policy",
    )
    async def decide(
        creditor: CreditorInScope,
        proposal_id: ProposalId,
        given: ProposalDecision,
        request: RequestId,
        who: Annotated[Principal, may("decide_policy")],
    ) -> Happened:
        """Who proposed may not approve. Cases opened from now on follow an approved policy; open
        ones keep theirs.
        """
        by = acting_for(who, given.by)
        asked = DecidePolicy(proposal_id=proposal_id, outcome=given.outcome, by=by)

        def wanted(state: Creditor) -> Pack:
            return desk.decisions.library.get(check_decision(state, asked).policy)

        return await desk.act_on_creditor(
            creditor,
            request,
            lambda named: DecidePolicy(
                proposal_id=proposal_id,
                outcome=given.outcome,
                by=by,
                note=_note(named, given.reason),
            ),
            pack=wanted,
        )


def _cases(routes: APIRouter, desk: Desk) -> None:
    @routes.get(
        "/cases/{case_id}/policy",
        summary="The policy a case follows, with its full text",
        operation_id="get_case_policy",
        response_model=m.CasePolicy,
    )
    async def policy(
        case_id: CaseId, who: Annotated[Principal, may("see_cases")]
    ) -> dict[str, Any]:
        subject = await _subject(desk, case_id, who)
        events = await desk.service.events(account_stream(*subject))
        refs = [ref for stored in events if (ref := _ref_of(stored, case_id)) is not None]
        if not refs:
            raise NotFound(f"there is no case {case_id}")
        texts = [await _text(desk, ref) for ref in refs]
        return {**texts[-1], "before": texts[:-1]}

    @routes.post(
        "/cases/{case_id}/policy",
        status_code=CREATED,
        summary="Move a case to the policy in force",
        operation_id="move_case",
    )
    async def move(
        case_id: CaseId,
        given: MoveInput,
        request: RequestId,
        who: Annotated[Principal, may("move_case")],
    ) -> Happened:
        """Steps already taken stay taken; those of the new policy that were not follow in their
        order.
        """
        subject = await _subject(desk, case_id, who)
        pack = await desk.pack(subject.creditor)
        by = acting_for(who, given.by)

        def runs(account: Account) -> None:
            if account.case is None or account.case.case_id != case_id:
                raise NotFound(f"case {case_id} does not run any more")

        return await desk.act(
            Target(subject, request),
            lambda seal: FollowPolicy(by=by, note=seal(by, given.reason)),
            runs,
            pack=pack,
        )


async def _subject(desk: Desk, case_id: str, who: Principal) -> Subject:
    row = await desk.service.pool.fetchrow(CASE, case_id)
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


async def _text(desk: Desk, ref: PolicyRef) -> dict[str, Any]:
    text = await desk.decisions.library.text(desk.service.pool, ref)
    return {**msgspec.to_builtins(ref), "parameters": dict(ref.parameters), "document": text}


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
