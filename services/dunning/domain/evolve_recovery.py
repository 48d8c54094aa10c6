"""How limitation periods and commissions change the account."""

from msgspec.structs import replace

from services.dunning.domain import events as e
from services.dunning.domain.clocks import restarted
from services.dunning.domain.state import Account
from services.dunning.domain.values import Clock, Earned, Restart, Taken


def limitation_restarted(state: Account, event: e.LimitationRestarted) -> Account:
    restart = Restart(on=event.on, cause=event.cause, amount=event.amount)
    return replace(state, clocks=restarted(state.clocks, event.item_ids, restart))


def limitation_reached(state: Account, event: e.LimitationReached) -> Account:
    clock = state.clocks.get(event.item_id, Clock())
    told = replace(clock, told={**clock.told, event.stage: event.ends_on})
    return replace(state, clocks={**state.clocks, event.item_id: told})


def commission_earned(state: Account, event: e.CommissionEarned) -> Account:
    if event.on is None:
        return state
    earned = Earned(
        amount=event.amount,
        on=event.on,
        collected_by=event.collected_by,
        paid=event.paid,
        parts=event.parts,
    )
    return replace(state, commissions={**state.commissions, event.payment_id: earned})


def commission_reversed(state: Account, event: e.CommissionReversed) -> Account:
    earned = state.commissions.get(event.payment_id)
    if earned is None:
        return state
    taken = (*earned.taken, Taken(on=event.on, amount=-event.amount))
    less: Earned = replace(earned, taken=taken, reversed_on=None if event.left else event.on)
    return replace(state, commissions={**state.commissions, event.payment_id: less})
