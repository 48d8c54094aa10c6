"""What is decided about a creditor as a whole, and about the people who work for it."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path

from chassis.http import ROLES, Principal
from services.dunning.api import inputs as i
from services.dunning.api.dunning import (
    CreditorInScope,
    Dunning,
    Happened,
    RequestId,
)
from services.dunning.api.roles import may
from services.dunning.domain.case.commands import Decide
from services.dunning.domain.creditor.commands import CertifyClearance, StartCollector
from services.dunning.domain.creditor.staff import SHOWN_MAX
from services.dunning.domain.creditor.state import Creditor
from services.dunning.domain.money.credit import owes
from services.dunning.person_codes import codes_of
from services.dunning.reports import accounts_of

CREATED = 201
Name = Annotated[str, Path(min_length=1, max_length=128)]


def router(dunning: Dunning) -> APIRouter:
    """Decisions, collectors and clearances under `/v1/creditors/{creditor}`."""
    api = Staff(dunning)
    routes = APIRouter(prefix="/v1/creditors/{creditor}", tags=["creditors"])
    routes.post("/decisions", status_code=CREATED, summary="Decide an approval of the creditor")(
        api.decide_for_creditor
    )
    routes.put("/collectors/{name}", summary="Since when somebody collects")(api.set_up_collector)
    routes.post("/clearances", status_code=CREATED, summary="Certify that nothing is owed")(
        api.certify_clearance
    )
    return routes


class Staff:
    def __init__(self, dunning: Dunning) -> None:
        self._dunning = dunning

    async def decide_for_creditor(
        self,
        creditor: CreditorInScope,
        given: i.DecisionInput,
        request: RequestId,
        who: Annotated[Principal, may("decide")],
    ) -> Happened:
        """Decides the oldest approval of that name that concerns no single account."""
        command = Decide(
            for_=given.purpose,
            outcome=given.outcome,
            by=who.acting_for(given.by),
            amount=given.amount,
        )
        return await self._dunning.run_on_creditor(
            creditor, request, command, lambda state: _check_decider(state, given.purpose, who)
        )

    async def set_up_collector(
        self,
        creditor: CreditorInScope,
        name: Name,
        given: i.CollectorInput,
        request: RequestId,
        who: Annotated[Principal, may("set_up_collector")],
    ) -> Happened:
        """Where a policy pays no commission in a collector's first months they count from here; a
        collector whose start is not known is past them.
        """
        by = who.acting_for(given.by)
        return await self._dunning.run_on_creditor(
            creditor,
            request,
            lambda person: StartCollector(
                collector=person(name), started_on=given.started_on, by=by
            ),
        )

    async def certify_clearance(
        self,
        creditor: CreditorInScope,
        given: i.ClearanceInput,
        request: RequestId,
        who: Annotated[Principal, may("certify_clearance")],
    ) -> Happened:
        """A clearance certificate for a person responsible for accounts; refused with the accounts
        that owe.
        """
        by = who.acting_for(given.by)
        mine, owing = await _accounts(self._dunning, creditor, given.responsible)
        for account in owing[:SHOWN_MAX]:  # the refusal names them
            who.saw(creditor, account)
        return await self._dunning.run_on_creditor(
            creditor,
            request,
            lambda person: CertifyClearance(
                person=person(given.responsible), accounts=mine, owing=owing, by=by
            ),
        )


async def _accounts(dunning: Dunning, creditor: str, name: str) -> tuple[int, tuple[str, ...]]:
    """How many accounts a person answers for, and which of them owe."""
    today = await _today(dunning, creditor)
    codes = codes_of(await dunning.service.keys([]), name)
    mine, owing = 0, []
    async with dunning.service.pool.acquire(timeout=10) as connection:
        async for one in accounts_of(connection, creditor):
            if one.responsible and one.responsible.code in codes:
                mine += 1
                if owes(one, today):
                    owing.append(one.account)
    return mine, tuple(owing)


async def _today(dunning: Dunning, creditor: str) -> date:
    return dunning.service.clock.now().astimezone(await dunning.zone(creditor)).date()


def _check_decider(state: Creditor, purpose: str, who: Principal) -> Any:
    for approval in state.approvals:
        if approval.for_ == purpose:
            return who.check(approval.by_role if approval.by_role in ROLES else "manager")
    return None
