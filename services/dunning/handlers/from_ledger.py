"""What the ledger says of money, as commands."""

from datetime import date

from chassis.store.work import Work
from contracts import ledger
from contracts.codec import Message
from contracts.words.collectors import is_coded
from contracts.words.late_fee import accrual_of
from contracts.words.streams import Subject, account_stream, creditor_stream
from services.dunning.domain.account import Account
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
    sealed, name = _collector(work, who, data)
    return RecordPayment(
        payment_id=data.payment_id,
        amount=data.amount,
        received_at=data.received_at,
        method=data.method,
        collected_by=sealed,
        unnamed=sealed is None and data.collected_by is not None,
        parts=tuple(
            MoneyPart(item_id=part.item_id, amount=part.principal + part.late_fee)
            for part in (*data.parts, *data.recovered)
        ),
        collecting_since=collecting_since(work, who.creditor, name) if name else None,
        more=bool(data.more),
        part=data.part,
    )


def _collector(
    work: Work, who: Subject, data: ledger.PaymentAllocated
) -> tuple[bytes | None, str | None]:
    """Who collected a payment, sealed and by name, as far as it is known: the ledger says only that
    somebody did, `billing` who.
    """
    told = data.collected_by
    if told is None:
        return None, None
    if not is_coded(told):
        return work.seal(who, told, "collector"), told
    state: Account = work.state(account_stream(*who))
    sealed = state.brought_by.get(data.payment_id)
    return sealed, work.open(who, sealed, "collector") if sealed else None


def collecting_since(work: Work, creditor: str, collector: str) -> date | None:
    """Since when somebody collects for a creditor."""
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
