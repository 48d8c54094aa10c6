"""Deciding applications and approvals: one that lets a debt be written off waits for a second
person, where no first one applied for it.
"""

from collections.abc import Callable

from chassis.errors import Conflict
from chassis.http import ROLES, Principal
from chassis.runtime.proposals import Asked, Kind
from services.dunning.api import inputs as i
from services.dunning.api.dunning import Dunning, Happened, Seal, Target
from services.dunning.api.roles import ROLES_OF
from services.dunning.domain.account import Account
from services.dunning.domain.case.approvals import decided_under, gives_up
from services.dunning.domain.case.commands import Decide
from services.dunning.domain.creditor.state import Creditor
from services.dunning.domain.money.owing import overdue_principal
from services.dunning.policy.model import Pack

WRITE_OFF = "write_off"
APPROVED = "approved"


class Deciding:
    """Decisions on an account, at once or by a second person."""

    def __init__(self, dunning: Dunning) -> None:
        self._dunning = dunning
        dunning.waiting.add(WRITE_OFF, Kind(ROLES_OF["decide"], self._approved))

    async def decide(self, target: Target, given: i.DecisionInput, who: Principal) -> Happened:
        """Decide, or let a write-off wait."""
        by = who.acting_for(given.by)
        subject = target.subject
        account = await self._dunning.account(subject)
        creditor = await self._dunning.creditor(subject.creditor)
        pack = self._dunning.decisions.pack_of(account, creditor)
        if self._waits(account, pack, given) and not await self._dunning.done_to(target):
            check_decider(account, given.purpose, who, pack)
            body = given.model_dump(mode="json", exclude={"by"})
            amount = overdue_principal(account, self._dunning.today(creditor))
            asked = Asked(target.request, subject, by, body, amount)
            waits = await self._dunning.waiting.propose(WRITE_OFF, asked, who)
            return Happened(
                creditor=subject.creditor, account=subject.account, happened=[], proposal=waits
            )

        def allowed(account: Account, pack: Pack) -> None:
            if self._waits(account, pack, given):
                raise Conflict("what is asked for changed meanwhile: ask again")

        return await self._run(target, creditor, by, given, who, allowed)

    async def _approved(self, asked: Asked, who: Principal) -> None:
        given = i.DecisionInput.model_validate(asked.body)
        creditor = await self._dunning.creditor(asked.subject.creditor)
        day = self._dunning.today(creditor)

        def allowed(account: Account, _pack: Pack) -> None:
            if asked.amount is not None and overdue_principal(account, day) > asked.amount:
                raise Conflict(
                    "more is overdue than when this was proposed: reject it, and ask again"
                )

        target = Target(asked.subject, asked.id)
        await self._run(target, creditor, asked.by, given, who, allowed)

    async def _run(
        self,
        target: Target,
        creditor: Creditor,
        by: str,
        given: i.DecisionInput,
        who: Principal,
        fits: Callable[[Account, Pack], None],
    ) -> Happened:
        def allowed(account: Account) -> None:
            pack = self._dunning.decisions.pack_of(account, creditor)
            check_decider(account, given.purpose, who, pack)
            fits(account, pack)

        def decide(seal: Seal) -> Decide:
            return Decide(
                for_=given.purpose,
                outcome=given.outcome,
                by=by,
                subject=who.subject,
                codes=frozenset((*seal.codes(by), *seal.codes(who.subject))),
                amount=given.amount,
                until=given.until,
            )

        return await self._dunning.run(target, by, decide, allowed)

    @staticmethod
    def _waits(account: Account, pack: Pack, given: i.DecisionInput) -> bool:
        return given.outcome == APPROVED and gives_up(account, given.purpose, pack)


def check_decider(account: Account, purpose: str, who: Principal, pack: Pack) -> None:
    """Refuse whoever has not the roles that the approvals of that name, or the policy for an
    application, ask for; a role no token carries is the manager's.
    """
    if purpose in pack.deciders and any(one.for_ == purpose for one in account.applications):
        who.check(pack.deciders[purpose])
    for approval in decided_under(account, purpose):
        who.check(approval.by_role if approval.by_role in ROLES else "manager")
