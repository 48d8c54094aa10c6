"""How what others tell changes the account: items, direct debits, the account itself."""

from datetime import date

from msgspec.structs import replace

from services.dunning.domain import events as e
from services.dunning.domain.evolve_case import with_case
from services.dunning.domain.owing import past_due
from services.dunning.domain.state import Account
from services.dunning.domain.values import Judgment, RunningDebit

_REMEMBERED_MAX = 64


def items_updated(state: Account, event: e.ItemsUpdated) -> Account:
    items = dict(state.items)
    settled = list(state.settled)
    written_off = state.written_off
    for item in event.items:
        items.pop(item.item_id, None)
        if item.item_id in settled:
            settled.remove(item.item_id)
        if item.state == "open":
            items[item.item_id] = item
        elif item.state == "settled":
            settled.append(item.item_id)
        elif item.state == "written_off":
            written_off = {**written_off, item.item_id: item.due_on}
    return replace(
        state,
        items=items,
        settled=tuple(settled[-_REMEMBERED_MAX:]),
        written_off=written_off,
        ledger_version=event.ledger_version,
        currency=event.currency,
        updating=event.more,
        prepaid=event.prepaid,
        waiting=event.waiting,
        unmatched=_unmatched(state, event) if state.unmatched else {},
    )


def _unmatched(state: Account, event: e.ItemsUpdated) -> dict[str, date]:
    """The payments that wait still, as far as the balance tells."""
    if not event.waiting:
        return {}
    if not event.released:
        return state.unmatched
    return {key: until for key, until in state.unmatched.items() if until > event.as_of}


def account_updated(state: Account, event: e.AccountUpdated) -> Account:
    return replace(
        state,
        segment=event.segment,
        attributes=event.attributes,
        profile=event.profile,
        reachable=event.reachable,
        agreement=event.agreement,
        responsible=event.responsible,
        mandate=event.mandate,
        department=event.department,
        guarantors=event.guarantors,
        people=event.people,
    )


def account_erased(state: Account, event: e.AccountErased) -> Account:
    return replace(
        state,
        segment=None,
        attributes=(),
        profile=b"",
        responsible=None,
        mandate=False,
        guarantors=(),
        people=b"",
    )


def debit_requested(state: Account, event: e.DirectDebitRequested) -> Account:
    asked = RunningDebit(request_id=event.request_id, amount=event.amount, on=event.on)
    return replace(state, debits=(*state.debits, asked))


def debit_ended(state: Account, event: e.DirectDebitEnded) -> Account:
    left = tuple(one for one in state.debits if one.request_id != event.request_id)
    earlier = None if state.debit == event.request_id else state.debit
    return replace(state, debits=left, debit=earlier)


def mandate_withdrawn(state: Account, event: e.MandateWithdrawn) -> Account:
    return replace(state, mandate=False)


def observed(state: Account, event: e.ObservationRecorded) -> Account:
    return replace(state, observed={**state.observed, event.kind: event.on})


def replied(state: Account, event: e.ReplyRecorded) -> Account:
    return with_case(state, replied=True)


def progressed(state: Account, event: e.LegalProgressRecorded) -> Account:
    if not state.case:
        return state
    state = with_case(state, progress={**state.case.progress, event.progress: event.on})
    if event.progress != "judgment":
        return state
    judged = {item.item_id: item.principal for item in past_due(state, event.on)}
    return with_case(state, judgment=Judgment(amount=event.amount, items=judged))
