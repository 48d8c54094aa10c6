"""How the money owed changes."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from msgspec.structs import replace

from services.dunning.domain.account import Account, Change, unchanged
from services.dunning.domain.money.clocks import restarted, reversed_payment
from services.dunning.domain.money.events import (
    AllocationTold,
    CommissionEarned,
    CommissionReversed,
    DirectDebitEnded,
    DirectDebitRequested,
    FeeCharged,
    InvoiceCounted,
    InvoiceMarked,
    ItemsUpdated,
    LateFeeStarted,
    LateFeeWaived,
    LimitationReached,
    LimitationRestarted,
    MandateWithdrawn,
    PaymentRecorded,
    PaymentReversed,
    PaymentUnmatched,
    WriteOffApproved,
)
from services.dunning.domain.money.state import (
    Clock,
    Earned,
    Restart,
    RunningDebit,
    Taken,
    Unclaimed,
)

_REMEMBERED_MAX = 64


def items_updated(state: Account, event: ItemsUpdated) -> Account:
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


def _unmatched(state: Account, event: ItemsUpdated) -> dict[str, date]:
    """The payments that wait still, as far as the balance tells."""
    if not event.waiting:
        return {}
    if not event.released:
        return state.unmatched
    return {key: until for key, until in state.unmatched.items() if until > event.as_of}


def debit_requested(state: Account, event: DirectDebitRequested) -> Account:
    asked = RunningDebit(request_id=event.request_id, amount=event.amount, on=event.on)
    return replace(state, debits=(*state.debits, asked))


def debit_ended(state: Account, event: DirectDebitEnded) -> Account:
    left = tuple(one for one in state.debits if one.request_id != event.request_id)
    earlier = None if state.debit == event.request_id else state.debit
    return replace(state, debits=left, debit=earlier)


def mandate_withdrawn(state: Account, event: MandateWithdrawn) -> Account:
    return replace(state, mandate=False)


def allocation_told(state: Account, event: AllocationTold) -> Account:
    if event.collected_by is not None:
        return _collector_told(state, event.payment_id, event.collected_by)
    allocating = dict(state.allocating)
    told = allocating.pop(event.payment_id, ())
    if event.shares:
        allocating[event.payment_id] = (*told[: event.part], event.shares)
    return replace(state, allocating=allocating)


def _collector_told(state: Account, payment_id: str, sealed: bytes) -> Account:
    """Whose commission waits is known now; else it is kept for when the payment is recorded."""
    if payment_id in state.unclaimed:
        return replace(state, unclaimed=_without(state.unclaimed, payment_id))
    latest = list({**state.brought_by, payment_id: sealed}.items())[-_REMEMBERED_MAX:]
    return replace(state, brought_by=dict(latest))


def _without(known: Mapping[str, Any], payment_id: str) -> dict[str, Any]:
    return {one: value for one, value in known.items() if one != payment_id}


def payment_recorded(state: Account, event: PaymentRecorded) -> Account:
    payments = (*state.payments, event.payment_id)[-_REMEMBERED_MAX:]
    if event.payment_id in state.brought_by:
        state = replace(state, brought_by=_without(state.brought_by, event.payment_id))
    if event.unclaimed:
        waits = Unclaimed(paid=event.amount, received_at=event.received_at, parts=event.unclaimed)
        state = replace(state, unclaimed={**state.unclaimed, event.payment_id: waits})
    return replace(state, payments=payments)


def unmatched(state: Account, event: PaymentUnmatched) -> Account:
    return replace(state, unmatched={**state.unmatched, event.payment_id: event.until})


def payment_reversed(state: Account, event: PaymentReversed) -> Account:
    if state.clocks:
        state = replace(
            state, clocks=reversed_payment(state.clocks, event.payment_id, event.amount)
        )
    earned = state.commissions.get(event.payment_id)
    if earned is not None and event.amount is not None:
        less: Earned = replace(earned, paid=max(0, earned.paid - event.amount))
        state = replace(state, commissions={**state.commissions, event.payment_id: less})
    waits = state.unclaimed.get(event.payment_id)
    if waits is not None:
        paid = 0 if event.amount is None else max(0, waits.paid - event.amount)
        left = replace(waits, paid=paid)
        state = replace(state, unclaimed={**state.unclaimed, event.payment_id: left})
    if event.amount is not None:
        return state
    return replace(state, payments=tuple(p for p in state.payments if p != event.payment_id))


def limitation_restarted(state: Account, event: LimitationRestarted) -> Account:
    restart = Restart(on=event.on, cause=event.cause, amount=event.amount)
    return replace(state, clocks=restarted(state.clocks, event.item_ids, restart))


def limitation_reached(state: Account, event: LimitationReached) -> Account:
    clock = state.clocks.get(event.item_id, Clock())
    told = replace(clock, told={**clock.told, event.stage: event.ends_on})
    return replace(state, clocks={**state.clocks, event.item_id: told})


def commission_earned(state: Account, event: CommissionEarned) -> Account:
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


def commission_reversed(state: Account, event: CommissionReversed) -> Account:
    earned = state.commissions.get(event.payment_id)
    if earned is None:
        return state
    taken = (*earned.taken, Taken(on=event.on, amount=-event.amount))
    less: Earned = replace(earned, taken=taken, reversed_on=None if event.left else event.on)
    return replace(state, commissions={**state.commissions, event.payment_id: less})


CHANGES: dict[type, Change] = {
    ItemsUpdated: items_updated,
    InvoiceCounted: unchanged,
    InvoiceMarked: unchanged,
    AllocationTold: allocation_told,
    PaymentRecorded: payment_recorded,
    PaymentUnmatched: unmatched,
    PaymentReversed: payment_reversed,
    DirectDebitRequested: debit_requested,
    DirectDebitEnded: debit_ended,
    MandateWithdrawn: mandate_withdrawn,
    LimitationRestarted: limitation_restarted,
    LimitationReached: limitation_reached,
    CommissionEarned: commission_earned,
    CommissionReversed: commission_reversed,
    FeeCharged: unchanged,
    LateFeeStarted: unchanged,
    LateFeeWaived: unchanged,
    WriteOffApproved: unchanged,
}
