"""The ledger's stored events as contract messages, made of the event alone.

The order matters to those who follow: what happened, then the account's figures, then what is
overdue or cleared.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from chassis.runtime.outgoing import Outgoing
from chassis.store.stored import Stored
from contracts import ledger
from contracts.base import AMOUNT_MAX, Contract
from contracts.splitting import in_parts
from contracts.words.streams import subject_of
from services.ledger.domain import events as e
from services.ledger.domain.cash.events import CashCounted
from services.ledger.domain.erasure import ErasureEvent
from services.ledger.domain.late_fee import Accrual
from services.ledger.domain.sources import SourcesEvent
from services.ledger.domain.state import Item
from services.ledger.publish_creditors import cash_counted, erasure_moved, sources_changed

_BEYOND_ANY_CAP = Decimal(10**23)
"""What a late fee comes to, or grows by in a day, at the most: a message can tell so much."""


def publish(stored: Stored) -> list[Outgoing]:
    """The messages of one stored event."""
    if isinstance(stored.event, CashCounted):
        return list(cash_counted(stored, stored.event))
    if isinstance(stored.event, SourcesEvent):
        return sources_changed(stored, stored.event)
    if isinstance(stored.event, ErasureEvent):
        return erasure_moved(stored, stored.event)
    if not isinstance(stored.event, e.Event):
        return []
    creditor, account = subject_of(stored.stream)
    return [
        Outgoing(part, creditor, account)
        for data in _Messages(stored, account).all()
        for part in in_parts(data)
    ]


class _Messages:
    """What one event says, with what every message of it carries."""

    def __init__(self, stored: Stored, account: str) -> None:
        self.event = stored.event
        self.effects: e.Effects = stored.event.effects
        self.account = account
        self.version = stored.version
        self.currency = self.effects.balance.currency
        self.items = {item.id: item for item in self.effects.items}
        self.accruals = dict(zip(self.items, self.effects.accruals, strict=False))

    def all(self) -> Iterator[Contract]:
        if isinstance(self.event, e.PaymentAnnounced):
            return
        yield from self._fact()
        yield from self._money()
        yield from self._closed_and_reopened()
        yield self._balance()
        yield from self._overdue()
        if self.effects.cleared:
            yield ledger.AccountCleared(
                account_id=self.account, ledger_version=self.version, as_of=self.day
            )

    @property
    def day(self) -> date:
        return self.effects.day

    def _fact(self) -> Iterator[Contract]:
        match self.event:
            case e.ItemOpened():
                yield self._opened(self.event)
            case e.PaymentReceived():
                yield self._allocated(self.event)
                yield from self._unmatched(self.event)
            case e.PaymentReversed():
                yield ledger.PaymentReversed(
                    account_id=self.account,
                    ledger_version=self.version,
                    as_of=self.day,
                    payment_id=self.event.payment_id,
                    amount=self.event.amount,
                    currency=self.currency,
                )
            case e.ItemsWrittenOff():
                yield from self._written_off(self.event)
            case e.RefundFellDue():
                yield ledger.RefundDue(
                    account_id=self.account,
                    ledger_version=self.version,
                    as_of=self.day,
                    refund_id=self.event.refund_id,
                    amount=self.event.amount,
                    currency=self.currency,
                )

    def _opened(self, event: e.ItemOpened) -> Contract:
        item = self.items[event.item_id]
        return ledger.ItemOpened(
            account_id=self.account,
            ledger_version=self.version,
            as_of=self.day,
            item_id=item.id,
            item=item.item,
            amount=event.amount,
            currency=self.currency,
            issued_on=item.issued_on,
            due_on=item.due_on,
        )

    def _allocated(self, event: e.PaymentReceived) -> Contract:
        parts = self.effects.parts
        spent = sum(part.principal + part.late_fee for part in parts)
        spent += sum(amount for _, amount in self.effects.recovered)
        return ledger.PaymentAllocated(
            account_id=self.account,
            ledger_version=self.version,
            as_of=self.day,
            payment_id=event.payment_id,
            amount=event.amount,
            currency=self.currency,
            method=event.method,
            collected_by=event.collected_by,
            received_at=event.received_at,
            parts=tuple(
                ledger.AllocationPart(
                    item_id=part.item_id, principal=part.principal, late_fee=part.late_fee
                )
                for part in parts
            ),
            recovered=tuple(
                ledger.AllocationPart(item_id=item_id, principal=amount, late_fee=0)
                for item_id, amount in self.effects.recovered
            ),
            prepaid=max(0, event.amount - spent),
        )

    def _unmatched(self, event: e.PaymentReceived) -> Iterator[Contract]:
        for entry in self.effects.waiting:
            if entry.payment_id == event.payment_id and entry.until is not None:
                yield ledger.PaymentUnmatched(
                    account_id=self.account,
                    ledger_version=self.version,
                    as_of=self.day,
                    payment_id=event.payment_id,
                    amount=entry.amount,
                    currency=self.currency,
                    invoices=entry.invoices,
                    until=entry.until,
                )

    def _written_off(self, event: e.ItemsWrittenOff) -> Iterator[Contract]:
        for part in event.written_off:
            yield ledger.ItemWrittenOff(
                account_id=self.account,
                ledger_version=self.version,
                as_of=self.day,
                item_id=part.item_id,
                item=self.items[part.item_id].item,
                principal=part.principal,
                late_fee=part.late_fee,
                currency=self.currency,
            )

    def _money(self) -> Iterator[Contract]:
        for part in self.effects.parts:
            if part.late_fee:
                yield ledger.LateFeeCharged(
                    account_id=self.account,
                    ledger_version=self.version,
                    as_of=self.day,
                    item_id=part.item_id,
                    amount=part.late_fee,
                    currency=self.currency,
                )
        payment = self.event if isinstance(self.event, e.PaymentReceived) else None
        for item_id, amount in self.effects.recovered:
            yield ledger.RecoveryBooked(
                account_id=self.account,
                ledger_version=self.version,
                as_of=self.day,
                item_id=item_id,
                payment_id=payment.payment_id if payment else None,
                amount=amount,
                currency=self.currency,
                collected_by=payment.collected_by if payment else None,
            )

    def _closed_and_reopened(self) -> Iterator[Contract]:
        for item_id in self.effects.settled:
            yield ledger.ItemSettled(
                account_id=self.account,
                ledger_version=self.version,
                as_of=self.day,
                item_id=item_id,
                item=self.items[item_id].item,
            )
        for item_id in self.effects.reopened:
            item = self.items[item_id]
            yield ledger.ItemReopened(
                account_id=self.account,
                ledger_version=self.version,
                as_of=self.day,
                item_id=item_id,
                item=item.item,
                due_on=item.due_on,
                outstanding=self._outstanding(item),
                currency=self.currency,
            )

    def _balance(self) -> Contract:
        balance = self.effects.balance
        return ledger.BalanceChanged(
            account_id=self.account,
            ledger_version=self.version,
            as_of=self.day,
            currency=self.currency,
            principal=balance.principal,
            overdue=balance.overdue,
            late_fee=balance.late_fee,
            prepaid=balance.prepaid,
            waiting=balance.waiting,
            oldest_due_on=balance.oldest_due_on,
            reason=e.name_of(self.event),
            items=tuple(
                item_state(item, self.accruals.get(item.id)) for item in self.items.values()
            ),
        )

    def _overdue(self) -> Iterator[Contract]:
        for item_id in self.effects.overdue:
            item = self.items[item_id]
            yield ledger.ItemOverdue(
                account_id=self.account,
                ledger_version=self.version,
                as_of=self.day,
                item_id=item_id,
                item=item.item,
                due_on=item.due_on,
                outstanding=self._outstanding(item),
                currency=self.currency,
            )

    def _outstanding(self, item: Item) -> int:
        accrual = self.accruals.get(item.id)
        fee = accrual.at(self.day) if accrual else 0
        return min(item.principal + fee, AMOUNT_MAX)


def item_state(item: Item, accrual: Accrual | None) -> ledger.ItemState:
    """An item as others see it."""
    return ledger.ItemState(
        item_id=item.id,
        item=item.item,
        amount=item.amount,
        due_on=item.due_on,
        original_due_on=item.original_due_on,
        issued_on=item.issued_on,
        principal=item.principal,
        accrual=None if accrual is None else _accrual(accrual),
        overdue=item.overdue,
        disputed=bool(item.disputes),
        deferred_until=item.deferred_until,
        in_plan=bool(item.plans),
        state=item.status,
    )


def _accrual(accrual: Accrual) -> ledger.Accrual:
    return ledger.Accrual(
        through=accrual.through,
        accrued=format(min(accrual.accrued, _BEYOND_ANY_CAP), "f"),
        per_day=format(min(accrual.per_day, _BEYOND_ANY_CAP), "f"),
        cap=accrual.cap,
        settled=accrual.settled,
    )
