"""What people record about an account: replies, promises, plans, disputes, applications,
observations, holds, decisions.
"""

from typing import Annotated

from fastapi import APIRouter

from chassis.http import ROLES, Principal
from services.dunning.api import inputs as i
from services.dunning.api.desk import Acting, Desk, Happened
from services.dunning.api.roles import acting_for, may
from services.dunning.domain.account import Account
from services.dunning.domain.agreements.commands import (
    AgreePlan,
    MakeApplication,
    MakePromise,
    OpenDispute,
    ResolveDispute,
)
from services.dunning.domain.agreements.state import Instalment
from services.dunning.domain.case.commands import Decide, PlaceHold, RecordObservation, ReleaseHold
from services.dunning.domain.contact.commands import RecordReply
from services.dunning.policy import Pack

CREATED = 201


def router(desk: Desk) -> APIRouter:
    """The routes under `/v1/accounts/{account}` that change something."""
    routes = APIRouter(prefix="/v1/accounts/{account}", tags=["accounts"])
    _contact(routes, desk)
    _agreements(routes, desk)
    _disputes(routes, desk)
    _applications(routes, desk)
    _holds(routes, desk)
    return routes


def _contact(routes: APIRouter, desk: Desk) -> None:
    @routes.post(
        "/replies", status_code=CREATED, summary="The debtor answered", operation_id="record_reply"
    )
    async def reply(
        target: Acting,
        given: i.ReplyInput,
        who: Annotated[Principal, may("record_reply")],
    ) -> Happened:
        by = acting_for(who, given.by)
        return await desk.act(target, lambda seal: RecordReply(note=seal(by, given.note)))

    @routes.post(
        "/observations",
        status_code=CREATED,
        summary="A fact that somebody saw",
        operation_id="record_observation",
    )
    async def observation(
        target: Acting,
        given: i.ObservationInput,
        who: Annotated[Principal, may("record_observation")],
    ) -> Happened:
        by = acting_for(who, given.by)
        return await desk.act(
            target,
            lambda seal: RecordObservation(kind=given.kind, note=seal(by, given.note)),
        )


def _agreements(routes: APIRouter, desk: Desk) -> None:
    @routes.post(
        "/promises", status_code=CREATED, summary="Promise to pay", operation_id="record_promise"
    )
    async def promise(
        target: Acting,
        given: i.PromiseInput,
        who: Annotated[Principal, may("record_promise")],
    ) -> Happened:
        by = acting_for(who, given.by)
        return await desk.act(
            target,
            lambda seal: MakePromise(
                amount=given.amount, by=given.until, note=seal(by, given.note)
            ),
        )

    @routes.post(
        "/plans", status_code=CREATED, summary="Signed repayment plan", operation_id="agree_plan"
    )
    async def plan(
        target: Acting, given: i.PlanInput, who: Annotated[Principal, may("agree_plan")]
    ) -> Happened:
        instalments = tuple(
            Instalment(due=one.due_on, amount=one.amount) for one in given.instalments
        )
        by = acting_for(who, given.by)
        return await desk.act(
            target,
            lambda seal: AgreePlan(
                instalments=instalments,
                note=seal(by, given.note),
                collateral=None if given.collateral is None else seal(by, given.collateral),
            ),
        )


def _disputes(routes: APIRouter, desk: Desk) -> None:
    @routes.post(
        "/disputes",
        status_code=CREATED,
        summary="Dispute an invoice, or everything",
        operation_id="open_dispute",
    )
    async def dispute(
        target: Acting,
        given: i.DisputeInput,
        who: Annotated[Principal, may("open_dispute")],
    ) -> Happened:
        by = acting_for(who, given.by)
        return await desk.act(
            target,
            lambda seal: OpenDispute(
                kind=given.kind,
                item_id=given.invoice_id,
                reason=seal(by, given.reason),
            ),
        )

    @routes.post(
        "/disputes/resolution",
        status_code=CREATED,
        summary="Decide the open dispute",
        operation_id="resolve_dispute",
    )
    async def resolution(
        target: Acting,
        given: i.ResolutionInput,
        who: Annotated[Principal, may("resolve_dispute")],
    ) -> Happened:
        by = acting_for(who, given.by)
        return await desk.act(
            target,
            lambda seal: ResolveDispute(
                outcome=given.outcome,
                amount=given.amount,
                by=by,
                reason=None if given.reason is None else seal(by, given.reason),
            ),
        )


def _applications(routes: APIRouter, desk: Desk) -> None:
    @routes.post(
        "/applications",
        status_code=CREATED,
        summary="Ask for a decision",
        operation_id="make_application",
    )
    async def application(
        target: Acting,
        given: i.ApplicationInput,
        who: Annotated[Principal, may("make_application")],
    ) -> Happened:
        by = acting_for(who, given.by)
        return await desk.act(
            target,
            lambda seal: MakeApplication(
                for_=given.purpose,
                amount=given.amount,
                until=given.until,
                by=by,
                reason=seal(by, given.reason),
            ),
        )

    @routes.post(
        "/decisions",
        status_code=CREATED,
        summary="Decide an application or approval",
        operation_id="decide",
    )
    async def decision(
        target: Acting, given: i.DecisionInput, who: Annotated[Principal, may("decide")]
    ) -> Happened:
        by = acting_for(who, given.by)
        command = Decide(
            for_=given.purpose,
            outcome=given.outcome,
            by=by,
            amount=given.amount,
            until=given.until,
        )
        creditor = await desk.creditor(target.subject.creditor)

        def allowed(account: Account) -> None:
            pack = desk.decisions.pack_of(account, creditor)
            check_decider(account, given.purpose, who, pack)

        return await desk.act(target, lambda _seal: command, allowed)


def check_decider(account: Account, purpose: str, who: Principal, pack: Pack) -> None:
    """Refuse whoever has not the role that an approval, or the policy for an application, asks for;
    a role no token carries is the manager's.

    Of that name an application is decided first, as the domain does it.
    """
    if any(one.for_ == purpose for one in account.applications):
        if purpose in pack.deciders:
            who.check(pack.deciders[purpose])
        return
    for approval in account.approvals:
        if approval.for_ == purpose:
            who.check(approval.by_role if approval.by_role in ROLES else "manager")
            return


def _holds(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/hold", status_code=CREATED, summary="Stop everything", operation_id="place_hold")
    async def hold(
        target: Acting, given: i.HoldInput, who: Annotated[Principal, may("place_hold")]
    ) -> Happened:
        by = acting_for(who, given.by)
        return await desk.act(target, lambda seal: PlaceHold(reason=seal(by, given.reason), by=by))

    @routes.post("/hold/release", status_code=CREATED, summary="Go on", operation_id="release_hold")
    async def release(
        target: Acting,
        who: Annotated[Principal, may("release_hold")],
        given: i.Deed | None = None,
    ) -> Happened:
        command = ReleaseHold(by=acting_for(who, given.by if given else None))
        return await desk.act(target, lambda _seal: command)

    @routes.delete("/hold", summary="Go on", operation_id="lift_hold")
    async def lift(target: Acting, who: Annotated[Principal, may("release_hold")]) -> Happened:
        return await desk.act(target, lambda _seal: ReleaseHold(by=who.subject))
