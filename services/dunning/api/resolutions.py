"""Deciding a dispute: what takes more off the debt than one person may waits for another."""

from functools import partial

from chassis.errors import Conflict
from chassis.http import Principal
from chassis.runtime.proposals import Asked, Kind, decided_alone
from contracts.words.streams import account_stream
from services.dunning.api import inputs as i
from services.dunning.api.dunning import Dunning, Happened, Seal, Target
from services.dunning.api.roles import ROLES_OF
from services.dunning.domain.account import Account
from services.dunning.domain.agreements.commands import ResolveDispute
from services.dunning.domain.agreements.disputes import check_resolution, given_up, worth
from services.dunning.domain.agreements.events import DisputeResolved

RESOLUTION = "resolve_dispute"


class Resolutions:
    """Resolutions of disputes, at once or by a second person."""

    def __init__(self, dunning: Dunning) -> None:
        self._dunning = dunning
        dunning.waiting.add(RESOLUTION, Kind(ROLES_OF["resolve_dispute"], self._approved))

    async def resolve(self, target: Target, given: i.ResolutionInput, who: Principal) -> Happened:
        """Decide the oldest dispute, or let that wait."""
        by = who.acting_for(given.by)
        subject = target.subject
        creditor = await self._dunning.creditor(subject.creditor)
        limit = creditor.second_person_above
        day = self._dunning.today(creditor)
        state = await self._dunning.account(subject)
        wanted = ResolveDispute(outcome=given.outcome, amount=given.amount)
        if not await self._dunning.done_to(target):
            dispute = check_resolution(state, wanted)
            counts = worth(state, dispute, wanted, day)
            if counts is None or counts > limit or await self._has_given_up(target, counts):
                amount = given_up(state, dispute, wanted)
                body = given.model_dump(mode="json", exclude={"by"})
                body |= {"dispute": dispute.dispute_id}
                if counts is not None and amount is not None:
                    body |= {"late_fee": counts - amount}  # shown; by then it is another
                asked = Asked(target.request, subject, by, body, amount)
                waits = await self._dunning.waiting.propose(RESOLUTION, asked, who)
                return Happened(
                    creditor=subject.creditor, account=subject.account, happened=[], proposal=waits
                )

        def allowed(account: Account) -> None:
            now = worth(account, check_resolution(account, wanted), wanted, day)
            if now is None or now > limit or account.disputes != state.disputes:
                raise Conflict("what is disputed changed meanwhile: ask again")

        return await self._dunning.run(target, by, partial(_command, given, by, None), allowed)

    async def _approved(self, asked: Asked, _who: Principal) -> None:
        body = dict(asked.body)
        dispute, _ = body.pop("dispute"), body.pop("late_fee", None)
        given = i.ResolutionInput.model_validate(body)
        wanted = ResolveDispute(outcome=given.outcome, amount=given.amount, dispute_id=dispute)

        def allowed(account: Account) -> None:
            if given_up(account, check_resolution(account, wanted), wanted) != asked.amount:
                raise Conflict(
                    "what is disputed changed since this was proposed: reject it, and ask again"
                )

        command = partial(_command, given, asked.by, dispute)
        await self._dunning.run(Target(asked.subject, asked.id), asked.by, command, allowed)

    async def _has_given_up(self, target: Target, amount: int) -> bool:
        """Whether one person took something off the account's debt within a day: how much is no
        longer known, so that the next one waits.
        """
        if not amount:
            return False
        stream = account_stream(*target.subject)
        before = await decided_alone(self._dunning.service, stream, DisputeResolved)
        return any(one.outcome != "rejected" for one in before)


def _command(
    given: i.ResolutionInput, by: str, dispute_id: str | None, seal: Seal
) -> ResolveDispute:
    return ResolveDispute(
        outcome=given.outcome,
        amount=given.amount,
        dispute_id=dispute_id,
        by=by,
        reason=seal.if_given(given.reason),
    )
