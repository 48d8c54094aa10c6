"""What people ask of an account: a refund of prepaid money."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends

from chassis.errors import BrokenInvariant, NotFound
from chassis.http.auth import Principal
from chassis.http.idempotency import request_id
from chassis.runtime.service import Service
from chassis.store.work import Work
from contracts.words.streams import Subject, account_stream, key_of
from services.ledger.api.models import RefundIn, RefundOut
from services.ledger.api.roles import may
from services.ledger.api.snapshot import AccountId, Creditor
from services.ledger.domain.commands import Refund
from services.ledger.domain.decide import decide
from services.ledger.domain.events import RefundFellDue
from services.ledger.domain.state import Account

RequestId = Annotated[str, Depends(request_id)]


def router(service: Service) -> APIRouter:
    """The routes under `/v1/accounts` that change something."""
    routes = APIRouter(prefix="/v1/accounts", tags=["accounts"])
    requests = Requests(service)
    routes.post("/{account_id}/refunds", status_code=201, operation_id="pay_back")(requests.refund)
    return routes


@dataclass(frozen=True)
class Requests:
    """The routes of what is asked of an account, on a service."""

    service: Service

    async def refund(
        self,
        who: Annotated[Principal, may("pay_back")],
        account_id: AccountId,
        wanted: RefundIn,
        refund_id: RequestId,
        creditor: Creditor = None,
    ) -> RefundOut:
        """Let prepaid money be paid back; 409 when there is not as much."""
        owner = who.scope(creditor)
        command = Refund(refund_id, wanted.amount)

        def run(work: Work) -> RefundFellDue:
            return _refund(work, Subject(owner, account_id), command)

        stream = account_stream(owner, account_id)
        event = await self.service.execute(key_of(owner, account_id), [stream], run)
        return RefundOut(
            refund_id=refund_id,
            account_id=account_id,
            amount=event.amount,
            currency=event.effects.balance.currency,
            prepaid=event.effects.balance.prepaid,
        )


def _refund(work: Work, subject: Subject, command: Refund) -> RefundFellDue:
    stream = account_stream(*subject)
    account: Account = work.state(stream)
    if account.terms is None:
        raise NotFound(f"creditor {subject.creditor} has no account {subject.account}")
    events = decide(account, command, work.now, None)
    work.append(stream, events)
    if not isinstance(events[-1], RefundFellDue):
        raise BrokenInvariant("a refund was decided without falling due")
    return events[-1]
