"""Inputs that a billing platform would report, as its messages."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from arrears.billing import Event, cloud_event
from arrears.errors import UsageError
from arrears.scenario.inputs import (
    Account,
    Adjust,
    Cancel,
    Deposit,
    Invoice,
    Observe,
    Payment,
    Reverse,
    When,
)

SOURCE = "scenario"
_Made = tuple[str, str | None, dict[str, Any]]


class Upstream:
    """The billing platform of one scenario: knows whose the invoices and payments are."""

    def __init__(self, creditor: str, currency: str) -> None:
        self._creditor = creditor
        self._currency = currency
        self._owner_of_invoice: dict[str, str] = {}
        self._owner_of_payment: dict[str, str] = {}
        self._sent = 0
        self._makers: dict[str, Callable[[Any, datetime], _Made]] = {
            "account": self._account,
            "invoice": self._invoice,
            "adjust": self._adjust,
            "cancel": self._cancel,
            "payment": self._payment,
            "reverse": self._reverse,
            "observe": self._observe,
            "deposit": self._deposit,
        }

    def tells(self, kind: str) -> bool:
        """Whether an input of this kind comes from upstream."""
        return kind in self._makers

    def event(self, entry: When, at: datetime) -> Event:
        """Return the message of an input at an aware instant."""
        return self._cloud_event(*self._makers[entry.kind](entry.what, at), at)

    def account_event(self, account: Account, at: datetime) -> Event:
        """Return the message that makes an account known."""
        return self._cloud_event(*self._account(account, at), at)

    def _cloud_event(
        self, kind: str, account: str | None, data: dict[str, Any], at: datetime
    ) -> Event:
        self._sent += 1
        return cloud_event(
            kind,
            creditor=self._creditor,
            account=account,
            id=f"{self._sent}",
            at=at,
            data=data,
            source=SOURCE,
        )

    def _account(self, account: Account, _at: datetime) -> _Made:
        given = account.model_dump(by_alias=True, exclude_unset=True, mode="json")
        data = {"account_id": given.pop("id"), **given}
        return "account.upserted.v1", account.id, data

    def _invoice(self, invoice: Invoice, at: datetime) -> _Made:
        self._owner_of_invoice[invoice.id] = invoice.account
        data = {
            "invoice_id": invoice.id,
            "account_id": invoice.account,
            "item": invoice.item,
            "amount": invoice.amount,
            "currency": self._currency,
            "issued_on": invoice.issued or at.date(),
            "due_on": invoice.due,
            "period": invoice.period,
            "contract": invoice.contract,
            "attributes": invoice.attributes,
        }
        return "invoice.issued.v1", invoice.account, data

    def _adjust(self, adjust: Adjust, _at: datetime) -> _Made:
        number = f"adjustment-{self._sent + 1}"
        if adjust.invoice is None:
            credit = {
                "account_id": adjust.account,
                "credit_id": number,
                "amount": -adjust.amount,
                "currency": self._currency,
                "reason": adjust.reason,
            }
            return "credit.granted.v1", adjust.account, credit
        account = self._owner(self._owner_of_invoice, "invoice", adjust.invoice)
        data = {
            "invoice_id": adjust.invoice,
            "account_id": account,
            "adjustment_id": number,
            "change": adjust.amount,
            "reason": adjust.reason,
        }
        return "invoice.adjusted.v1", account, data

    def _cancel(self, cancel: Cancel, _at: datetime) -> _Made:
        account = self._owner(self._owner_of_invoice, "invoice", cancel.invoice)
        data = {"invoice_id": cancel.invoice, "account_id": account, "reason": cancel.reason}
        return "invoice.cancelled.v1", account, data

    def _payment(self, payment: Payment, at: datetime) -> _Made:
        self._owner_of_payment[payment.id] = payment.account
        data = {
            "payment_id": payment.id,
            "account_id": payment.account,
            "amount": payment.amount,
            "currency": self._currency,
            "received_at": at
            if payment.received is None
            else payment.received.replace(tzinfo=at.tzinfo),
            "method": payment.method,
            "invoices": payment.invoices,
            "collected_by": payment.collected_by,
        }
        return "payment.received.v1", payment.account, data

    def _reverse(self, reverse: Reverse, _at: datetime) -> _Made:
        account = self._owner(self._owner_of_payment, "payment", reverse.payment)
        data = {
            "payment_id": reverse.payment,
            "account_id": account,
            "amount": reverse.amount,
            "reason": reverse.reason,
        }
        return "payment.reversed.v1", account, data

    def _observe(self, observe: Observe, _at: datetime) -> _Made:
        data = {"account_id": observe.account, "kind": observe.kind, "note": observe.note}
        return "observation.recorded.v1", observe.account, data

    def _deposit(self, deposit: Deposit, at: datetime) -> _Made:
        data = {
            "collected_by": deposit.collected_by,
            "amount": deposit.amount,
            "deposited_at": at,
            "currency": self._currency,
        }
        return "deposit.made.v1", None, data

    def _owner(self, owners: dict[str, str], what: str, name: str) -> str:
        if name not in owners:
            raise UsageError(f"no {what} '{name}' came in before")
        return owners[name]
