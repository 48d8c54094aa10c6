"""How disputes, applications and holds change the account."""

from msgspec.structs import replace

from services.dunning.domain import events as e
from services.dunning.domain.evolve_case import with_case
from services.dunning.domain.state import Account
from services.dunning.domain.values import Application, Dispute, Item

_REMEMBERED_MAX = 64


def dispute_opened(state: Account, event: e.DisputeOpened) -> Account:
    dispute = Dispute(dispute_id=event.dispute_id, kind=event.kind, item_ids=event.item_ids)
    contested = tuple(dict.fromkeys([*state.contested, *event.item_ids]))[-_REMEMBERED_MAX:]
    state = replace(
        state, disputes=(*state.disputes, dispute), disputed_ever=True, contested=contested
    )
    return with_case(state, disputed=True)


def dispute_resolved(state: Account, event: e.DisputeResolved) -> Account:
    left = tuple(d for d in state.disputes if d.dispute_id != event.dispute_id)
    state = replace(state, disputes=left)
    if event.outcome == "upheld":
        items = {k: v for k, v in state.items.items() if k not in event.item_ids}
        return replace(state, items=items)
    if event.outcome == "reduced" and event.amount is not None and len(event.item_ids) == 1:
        return _reduced(state, event.item_ids[0], event.amount)
    return state


def _reduced(state: Account, item_id: str, amount: int) -> Account:
    item = state.items.get(item_id)
    if item is None:
        return state
    paid = item.amount - item.principal
    less: Item = replace(item, amount=amount, principal=max(0, amount - paid))
    return replace(state, items={**state.items, item_id: less})


def applied(state: Account, event: e.ApplicationMade) -> Account:
    application = Application(
        application_id=event.application_id,
        for_=event.for_,
        made_on=event.on,
        by_code=event.by_code,
        amount=event.amount,
        until=event.until,
    )
    return replace(state, applications=(*state.applications, application))


def application_decided(state: Account, event: e.ApplicationDecided) -> Account:
    left = tuple(a for a in state.applications if a.application_id != event.application_id)
    return replace(state, applications=left)


def deferred(state: Account, event: e.ItemDeferred) -> Account:
    items = {
        key: replace(item, due_on=event.until) if key in event.item_ids else item
        for key, item in state.items.items()
    }
    return replace(state, items=items)


def held(state: Account, event: e.HoldPlaced) -> Account:
    return replace(state, hold=event.hold_id)


def released(state: Account, event: e.HoldReleased) -> Account:
    return replace(state, hold=None)


def scheduled(state: Account, event: e.WakeScheduled) -> Account:
    return replace(state, wake=event.at, turn_on=event.turn_on, put_off=event.put_off)
