"""What people ask of an account: a refund of prepaid money; above the creditor's limit it waits for
a second person.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends

from chassis.errors import BrokenInvariant, Conflict, NotFound
from chassis.http.auth import Principal
from chassis.http.idempotency import request_id
from chassis.runtime.proposals import Asked, Kind, Proposals, decided_alone
from chassis.runtime.service import Service
from chassis.store.reads import Selection
from chassis.store.work import Work
from contracts.words.streams import Subject, account_stream, key_of, terms_stream
from services.ledger.api.models import RefundIn, RefundOut
from services.ledger.api.roles import ROLES_OF, may
from services.ledger.api.snapshot import AccountId, Creditor
from services.ledger.domain.commands import Refund
from services.ledger.domain.decide import decide
from services.ledger.domain.events import RefundFellDue
from services.ledger.domain.state import Account
from services.ledger.domain.terms import CreditorTerms

REFUND = "refund"
RequestId = Annotated[str, Depends(request_id)]


def router(service: Service, waiting: Proposals) -> APIRouter:
    """The routes under `/v1/accounts` that change something."""
    routes = APIRouter(prefix="/v1/accounts", tags=["accounts"])
    requests = Requests(service, waiting)
    waiting.add(REFUND, Kind(ROLES_OF["decide_proposal"], requests.approved))
    routes.post("/{account_id}/refunds", status_code=201, operation_id="pay_back")(requests.refund)
    return routes


@dataclass(frozen=True)
class Requests:
    """The routes of what is asked of an account, on a service."""

    service: Service
    waiting: Proposals

    async def refund(
        self,
        who: Annotated[Principal, may("pay_back")],
        account_id: AccountId,
        wanted: RefundIn,
        refund_id: RequestId,
        creditor: Creditor = None,
    ) -> RefundOut:
        """Let prepaid money be paid back; 409 when there is not as much. More than the creditor
        lets one person decide in a day waits for a second one (`proposal`).
        """
        subject = Subject(who.scope(creditor), account_id)
        limit = await self._limit(subject)
        amount, account, version = await self._amount(subject, wanted.amount)
        event = await self._done(subject, refund_id)  # its answer was lost
        if event is None and amount + await self._paid_alone(subject, limit) > limit:
            decide(account, Refund("", amount), self.service.clock.now(), None)
            body = wanted.model_dump(mode="json")
            asked = Asked(refund_id, subject, who.subject, body, amount)
            waits = await self.waiting.propose(REFUND, asked, who)
            return RefundOut(
                refund_id=refund_id,
                account_id=account_id,
                amount=amount,
                currency=account.balance.currency,
                prepaid=account.prepaid,
                proposal=waits,
            )
        if event is None:
            command = Refund(refund_id, amount)
            event = await self._refund(subject, command, refund_id, version=version)
        return RefundOut(
            refund_id=refund_id,
            account_id=account_id,
            amount=event.amount,
            currency=event.effects.balance.currency,
            prepaid=event.effects.balance.prepaid,
        )

    async def approved(self, asked: Asked, _who: Principal) -> None:
        """Let it be paid back, as two people want it."""
        if await self._done(asked.subject, asked.id) is None:
            # all of it is what there is when it is paid, and no more than the second person saw
            command = Refund(asked.id, asked.body["amount"])
            await self._refund(asked.subject, command, asked.id, at_most=asked.amount)

    async def _done(self, subject: Subject, cause: str) -> RefundFellDue | None:
        """What a request or a proposal led to before."""
        wanted = Selection(cause=cause, type=RefundFellDue.__name__)
        found = [one.event async for one in self.service.each(account_stream(*subject), wanted)]
        return found[0] if found else None

    async def _refund(
        self,
        subject: Subject,
        command: Refund,
        cause: str,
        *,
        at_most: int | None = None,
        version: int | None = None,
    ) -> RefundFellDue:
        def run(work: Work) -> RefundFellDue:
            if version is not None and work.version(account_stream(*subject)) != version:
                raise Conflict("the account changed meanwhile: ask again")
            return _refund(work, subject, command, at_most)

        streams = [account_stream(*subject)]
        return await self.service.execute(key_of(*subject), streams, run, cause=cause)

    async def _limit(self, subject: Subject) -> int:
        lane = self.service.lane_of(*subject)
        terms, _ = await self.service.read(terms_stream(subject.creditor, lane))
        return terms.second_person_above if isinstance(terms, CreditorTerms) else 0

    async def _paid_alone(self, subject: Subject, limit: int) -> int:
        """What one person let be paid back before, as far as the limit is for it too."""
        if not limit:
            return 0
        before = await decided_alone(self.service, account_stream(*subject), RefundFellDue)
        return sum(one.amount for one in before)

    async def _amount(self, subject: Subject, wanted: int | None) -> tuple[int, Account, int]:
        """How much it is, of which account in which version."""
        account, version = await self.service.read(account_stream(*subject))
        if not isinstance(account, Account) or account.terms is None:
            raise NotFound(f"creditor {subject.creditor} has no account {subject.account}")
        return account.prepaid if wanted is None else wanted, account, version


def _refund(
    work: Work, subject: Subject, command: Refund, at_most: int | None = None
) -> RefundFellDue:
    stream = account_stream(*subject)
    account: Account = work.state(stream)
    if account.terms is None:
        raise NotFound(f"creditor {subject.creditor} has no account {subject.account}")
    if command.amount is None and at_most is not None and at_most < account.prepaid:
        command = Refund(command.refund_id, at_most)
    events = decide(account, command, work.now, None)
    work.append(stream, events)
    if not isinstance(events[-1], RefundFellDue):
        raise BrokenInvariant("a refund was decided without falling due")
    return events[-1]
