"""Which of the legal service's events others are told of."""

from collections.abc import Mapping
from typing import Any

from chassis.runtime.outgoing import Make, Publish, publisher
from chassis.store.stored import Stored
from contracts import legal
from contracts.base import Contract
from services.legal.domain import events as e


def _opened(stored: Stored, account: str) -> Contract:
    event: e.MatterOpened = stored.event
    return legal.MatterOpened(
        account_id=account, case_id=event.case_id, matter_id=event.matter_id, opened_on=event.day
    )


def _issued(stored: Stored, account: str) -> Contract:
    event: e.DocumentIssued = stored.event
    return legal.DocumentIssued.model_validate(
        {
            "account_id": account,
            "case_id": event.case_id,
            "document_id": event.document_id,
            "request_id": event.document_id,
            "matter_id": event.matter_id,
            "document": event.document,
            "issued_on": event.day,
            "ledger_version": event.ledger_version,
            "currency": event.currency,
            "principal": event.principal,
            "late_fee": event.late_fee,
            "total": event.total,
            "content_hash": event.sha256,
            "step": event.step,
        }
    )


def _progressed(stored: Stored, account: str) -> Contract:
    event: e.MatterProgressed = stored.event
    return legal.MatterProgressed.model_validate(
        {
            "account_id": account,
            "case_id": event.case_id,
            "matter_id": event.matter_id,
            "step": event.step,
            "day": event.day,
            "amount": event.amount,
            "pay_by": event.pay_by,
        }
    )


def _written_off(stored: Stored, account: str) -> Contract:
    event: e.DebtWrittenOff = stored.event
    return legal.DebtWrittenOff(
        account_id=account,
        case_id=event.case_id,
        approval_id=event.approval_id,
        item_ids=event.item_ids,
        amount=event.amount,
        reason=event.reason,
        part=event.part,
    )


def _limitation(stored: Stored, account: str) -> Contract:
    event: e.LimitationReached = stored.event
    message = legal.LimitationNear if event.stage == "near" else legal.LimitationExpired
    return message(
        account_id=account,
        case_id=event.case_id,
        item_id=event.item_id,
        expires_on=event.ends_on,
    )


def _cost(stored: Stored, account: str) -> Contract:
    event: e.CostIncurred = stored.event
    return legal.CostIncurred(
        account_id=account,
        case_id=event.case_id,
        matter_id=event.matter_id,
        item_id=event.item_id,
        item=event.item,
        amount=event.amount,
        currency=event.currency,
        incurred_on=event.day,
        due_on=event.due_on,
    )


def _inventory(stored: Stored, account: str) -> Contract:
    event: e.InventoryTaken = stored.event
    return legal.InventoryTaken(
        account_id=account,
        case_id=event.case_id,
        inventory_id=event.number,
        taken_on=event.day,
        entries=event.entries,
        content_hash=event.sha256,
    )


def _closed(stored: Stored, account: str) -> Contract:
    event: e.MatterClosed = stored.event
    return legal.MatterClosed(
        account_id=account, case_id=event.case_id, matter_id=event.matter_id, reason=event.reason
    )


def _correlation(event: Any) -> str | None:
    match event:
        case e.DocumentIssued() | e.DebtWrittenOff() | e.LimitationReached():
            return event.correlation or event.case_id
        case _:
            case_id: str | None = event.case_id
            return case_id


_PUBLIC: Mapping[type, Make] = {
    e.MatterOpened: _opened,
    e.DocumentIssued: _issued,
    e.MatterProgressed: _progressed,
    e.DebtWrittenOff: _written_off,
    e.CostIncurred: _cost,
    e.InventoryTaken: _inventory,
    e.LimitationReached: _limitation,
    e.MatterClosed: _closed,
}

publish: Publish = publisher(_PUBLIC, _correlation)
