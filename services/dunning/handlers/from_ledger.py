"""What the ledger says of money, as commands."""

from datetime import date

from chassis.store.work import Work
from contracts import ledger
from contracts.codec import Message
from contracts.words.late_fee import accrual_of
from contracts.words.streams import Subject, creditor_stream
from services.dunning.domain.case.commands import Reassess
from services.dunning.domain.creditor.commands import CountCash
from services.dunning.domain.creditor.state import Creditor
from services.dunning.domain.money.commands import (
    NoteUnmatched,
    RecordPayment,
    ReversePayment,
    UpdateItems,
)
from services.dunning.domain.money.state import Item, MoneyPart
from services.dunning.person_codes import codes_of

_RELEASED = "money_released"
"""Why a balance changed: money that waited for an invoice nobody knows is free."""


def items_updated(work: Work, who: Subject, message: Message) -> UpdateItems:
    data: ledger.BalanceChanged = message.data
    return UpdateItems(
        ledger_version=data.ledger_version,
        as_of=data.as_of,
        currency=data.currency,
        items=tuple(_item(item) for item in data.items),
        more=data.more,
        prepaid=data.prepaid,
        waiting=data.waiting,
        released=data.reason == _RELEASED,
    )


def _item(state: ledger.ItemState) -> Item:
    return Item(
        item_id=state.item_id,
        item=state.item,
        amount=state.amount,
        principal=state.principal,
        due_on=state.due_on,
        original_due_on=state.original_due_on,
        issued_on=state.issued_on,
        accrual=accrual_of(state.accrual),
        state=state.state,
        in_plan=state.in_plan,
    )


def reassess(work: Work, who: Subject, message: Message) -> Reassess:
    return Reassess()


def paid(work: Work, who: Subject, message: Message) -> RecordPayment:
    data: ledger.PaymentAllocated = message.data
    collector = data.collected_by
    return RecordPayment(
        payment_id=data.payment_id,
        amount=data.amount,
        received_at=data.received_at,
        method=data.method,
        collected_by=None if collector is None else work.seal(who, collector, "collector"),
        parts=tuple(
            MoneyPart(item_id=part.item_id, amount=part.principal + part.late_fee)
            for part in (*data.parts, *data.recovered)
        ),
        collecting_since=_since(work, who.creditor, collector) if collector else None,
        more=bool(data.more),
        part=data.part,
    )


def _since(work: Work, creditor: str, collector: str) -> date | None:
    state: Creditor = work.state(creditor_stream(creditor))
    known = (state.collectors.get(code) for code in codes_of(work.keys, collector))
    return next((since for since in known if since is not None), None)


def reversed_(work: Work, who: Subject, message: Message) -> ReversePayment:
    data: ledger.PaymentReversed = message.data
    return ReversePayment(payment_id=data.payment_id, amount=data.amount)


def unmatched(work: Work, who: Subject, message: Message) -> NoteUnmatched:
    data: ledger.PaymentUnmatched = message.data
    return NoteUnmatched(
        payment_id=data.payment_id,
        amount=data.amount,
        invoices=tuple(data.invoices),
        until=data.until,
    )


def cash_counted(message: Message) -> CountCash:
    data: ledger.CashDifferenceFound = message.data
    return CountCash(
        day=data.day,
        collected=data.collected,
        deposited=data.deposited,
        running=data.running,
    )
