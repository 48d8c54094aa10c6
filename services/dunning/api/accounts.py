"""What people record about an account: replies, promises, plans, disputes, applications,
observations, holds, decisions.
"""

from typing import Annotated

from fastapi import APIRouter

from chassis.http import Principal
from contracts.words.vocabulary import STAFF
from services.dunning.api import inputs as i
from services.dunning.api.dunning import Acting, Dunning, Happened
from services.dunning.api.resolutions import Resolutions
from services.dunning.api.roles import may
from services.dunning.api.write_offs import Deciding
from services.dunning.domain.agreements.commands import (
    AgreePlan,
    MakeApplication,
    MakePromise,
    OpenDispute,
)
from services.dunning.domain.agreements.state import Instalment
from services.dunning.domain.case.commands import PlaceHold, RecordObservation, ReleaseHold
from services.dunning.domain.contact.commands import RecordContact, RecordReply

CREATED = 201


def router(dunning: Dunning) -> APIRouter:
    """The routes under `/v1/accounts/{account}` that change something."""
    api = Accounts(dunning)
    routes = APIRouter(prefix="/v1/accounts/{account}", tags=["accounts"])
    routes.post("/replies", status_code=CREATED, summary="The debtor answered")(api.record_reply)
    routes.post("/observations", status_code=CREATED, summary="A fact that somebody saw")(
        api.record_observation
    )
    routes.post("/contacts", status_code=CREATED, summary="An agency contacted the debtor")(
        api.record_contact
    )
    routes.post("/promises", status_code=CREATED, summary="Promise to pay")(api.record_promise)
    routes.post("/plans", status_code=CREATED, summary="Signed repayment plan")(api.agree_plan)
    routes.post("/disputes", status_code=CREATED, summary="Dispute an invoice, or everything")(
        api.open_dispute
    )
    routes.post("/disputes/resolution", status_code=CREATED, summary="Decide the open dispute")(
        api.resolve_dispute
    )
    routes.post("/applications", status_code=CREATED, summary="Ask for a decision")(
        api.make_application
    )
    routes.post("/decisions", status_code=CREATED, summary="Decide an application or approval")(
        api.decide
    )
    routes.post("/hold", status_code=CREATED, summary="Stop everything")(api.place_hold)
    routes.post("/hold/release", status_code=CREATED, summary="Go on")(api.release_hold)
    routes.delete("/hold", summary="Go on")(api.lift_hold)
    return routes


class Accounts:
    def __init__(self, dunning: Dunning) -> None:
        self._dunning = dunning
        self._resolutions = Resolutions(dunning)
        self._deciding = Deciding(dunning)

    async def record_reply(
        self,
        target: Acting,
        given: i.ReplyInput,
        who: Annotated[Principal, may("record_reply")],
    ) -> Happened:
        by = who.acting_for(given.by)
        return await self._dunning.run(target, by, lambda seal: RecordReply(note=seal(given.note)))

    async def record_observation(
        self,
        target: Acting,
        given: i.ObservationInput,
        who: Annotated[Principal, may("record_observation")],
    ) -> Happened:
        """Upstream is told that it is recorded, and not what followed."""
        told = await self._dunning.run(
            target,
            who.acting_for(given.by),
            lambda seal: RecordObservation(kind=given.kind, note=seal(given.note)),
        )
        return _to(who, told)

    async def record_contact(
        self,
        target: Acting,
        given: i.ContactInput,
        who: Annotated[Principal, may("record_contact")],
    ) -> Happened:
        """Upstream is told that it is recorded, and not what followed."""
        told = await self._dunning.run(
            target,
            who.acting_for(given.by),
            lambda _seal: RecordContact(
                agency=given.agency, reference=given.reference, channel=given.channel, at=given.at
            ),
        )
        return _to(who, told)

    async def record_promise(
        self,
        target: Acting,
        given: i.PromiseInput,
        who: Annotated[Principal, may("record_promise")],
    ) -> Happened:
        return await self._dunning.run(
            target,
            who.acting_for(given.by),
            lambda seal: MakePromise(amount=given.amount, by=given.until, note=seal(given.note)),
        )

    async def agree_plan(
        self,
        target: Acting,
        given: i.PlanInput,
        who: Annotated[Principal, may("agree_plan")],
    ) -> Happened:
        instalments = tuple(
            Instalment(due=one.due_on, amount=one.amount) for one in given.instalments
        )
        return await self._dunning.run(
            target,
            who.acting_for(given.by),
            lambda seal: AgreePlan(
                instalments=instalments,
                note=seal(given.note),
                collateral=seal.if_given(given.collateral),
            ),
        )

    async def open_dispute(
        self,
        target: Acting,
        given: i.DisputeInput,
        who: Annotated[Principal, may("open_dispute")],
    ) -> Happened:
        return await self._dunning.run(
            target,
            who.acting_for(given.by),
            lambda seal: OpenDispute(
                kind=given.kind, item_id=given.invoice_id, reason=seal(given.reason)
            ),
        )

    async def resolve_dispute(
        self,
        target: Acting,
        given: i.ResolutionInput,
        who: Annotated[Principal, may("resolve_dispute")],
    ) -> Happened:
        """What takes more off the debt than the creditor lets one person decide waits for a second
        one (`proposal`).
        """
        return await self._resolutions.resolve(target, given, who)

    async def make_application(
        self,
        target: Acting,
        given: i.ApplicationInput,
        who: Annotated[Principal, may("make_application")],
    ) -> Happened:
        by = who.acting_for(given.by)
        return await self._dunning.run(
            target,
            by,
            lambda seal: MakeApplication(
                for_=given.purpose,
                amount=given.amount,
                until=given.until,
                by_code=seal.code(by),
                subject_code=seal.code(who.subject),
                reason=seal(given.reason),
            ),
        )

    async def decide(
        self,
        target: Acting,
        given: i.DecisionInput,
        who: Annotated[Principal, may("decide")],
    ) -> Happened:
        """Letting a debt be written off that nobody applied for waits for a second person
        (`proposal`).
        """
        return await self._deciding.decide(target, given, who)

    async def place_hold(
        self,
        target: Acting,
        given: i.HoldInput,
        who: Annotated[Principal, may("place_hold")],
    ) -> Happened:
        by = who.acting_for(given.by)
        return await self._dunning.run(
            target,
            by,
            lambda seal: PlaceHold(reason=seal(given.reason), by=by, ground=given.ground or ""),
        )

    async def release_hold(
        self,
        target: Acting,
        who: Annotated[Principal, may("release_hold")],
        given: i.ReleaseInput | None = None,
    ) -> Happened:
        given = given or i.ReleaseInput()
        by = who.acting_for(given.by)
        command = ReleaseHold(by=by, ground=given.ground or "")
        return await self._dunning.run(target, by, lambda _seal: command)

    async def lift_hold(
        self, target: Acting, who: Annotated[Principal, may("release_hold")]
    ) -> Happened:
        by = who.subject
        return await self._dunning.run(target, by, lambda _seal: ReleaseHold(by=by))


def _to(who: Principal, told: Happened) -> Happened:
    """What somebody is answered: what followed says what is owed, which upstream does not read."""
    return told if who.has(*STAFF) else told.model_copy(update={"happened": []})
