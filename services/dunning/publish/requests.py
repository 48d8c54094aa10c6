"""What dunning asks of others."""

from collections.abc import Mapping

from chassis.store.stored import Stored
from contracts import dunning as m
from contracts.base import Contract
from services.dunning.domain.case.events import (
    LegalRequested,
    ReferralMade,
    RestorationRequested,
    RestrictionRequested,
    TaskCompleted,
    TaskRequested,
    TaskWithdrawn,
)
from services.dunning.domain.contact.events import (
    ContactReported,
    DeliveryRecorded,
    NoticeRequested,
)
from services.dunning.domain.event import Event
from services.dunning.domain.money.events import DirectDebitRequested
from services.dunning.domain.money.state import Owed, OwedItem
from services.dunning.publish.parts import Make, about, decided, own_id


def _notice(stored: Stored, account: str | None) -> Contract:
    event: NoticeRequested = stored.event
    return m.NoticeRequested(
        **about(stored, account),
        **decided(event),
        notice_id=event.notice_id,
        purpose=event.purpose,
        channel=event.channel,
        recipients=event.recipients,
        template=event.template,
        variables=_variables(event.variables),
        respond_by=event.respond_by,
        ledger_version=event.ledger_version,
        needs_overdue=event.needs_overdue,
        fallback=event.fallback,
        choose=event.choose,
        mask=event.mask,
    )


def _call_planned(stored: Stored, account: str | None) -> Contract | None:
    """Of what became of a notice others hear only when the debtor may be called again."""
    event: DeliveryRecorded = stored.event
    if account is None or event.notice_id is None or event.not_before is None:
        return None
    return m.CallPlanned(
        notice_id=event.notice_id,
        account_id=account,
        call=(event.call or 1) + 1,
        not_before=event.not_before,
    )


def _variables(owed: Owed) -> dict[str, str | int | bool]:
    figures: dict[str, str | int | bool] = {
        "as_of": owed.as_of.isoformat(),
        "currency": owed.currency,
        "principal": owed.principal,
        "late_fee": owed.late_fee,
        "total": owed.total,
        "items": len(owed.items),
    }
    if owed.oldest_due_on is not None:
        figures["due_on"] = owed.oldest_due_on.isoformat()
    return figures


def _task(stored: Stored, account: str | None) -> Contract:
    event: TaskRequested = stored.event
    return m.TaskRequested(
        **about(stored, account),
        **decided(event),
        task_id=event.task_id,
        kind=event.kind,
        owner=event.owner,
        with_owners=event.with_owners,
        day=event.on,
    )


def _contact_reported(stored: Stored, account: str | None) -> Contract:
    event: ContactReported = stored.event
    return m.ContactReported(
        account_id=account or "",
        case_id=event.case_id,
        contact_id=event.contact_id,
        agency=event.agency,
        channel=event.channel,
        day=event.on,
        at=event.at,
    )


def _task_completed(stored: Stored, account: str | None) -> Contract:
    event: TaskCompleted = stored.event
    return m.TaskCompleted(
        **about(stored, account),
        task_id=event.task_id,
        kind=event.kind,
        result=event.result or None,
    )


def _task_withdrawn(stored: Stored, account: str | None) -> Contract:
    event: TaskWithdrawn = stored.event
    return m.TaskWithdrawn(
        **about(stored, account),
        task_id=event.task_id,
        kind=event.kind,
        reason="case_closed",
    )


def _restriction(stored: Stored, account: str | None) -> Contract:
    event: RestrictionRequested = stored.event
    return m.RestrictionRequested(
        **about(stored, account),
        **decided(event),
        request_id=own_id(stored),
        service=event.service,
        ledger_version=event.ledger_version,
    )


def _restoration(stored: Stored, account: str | None) -> Contract:
    event: RestorationRequested = stored.event
    return m.RestorationRequested(
        **about(stored, account),
        **decided(event),
        request_id=own_id(stored),
        service=event.service,
        ledger_version=event.ledger_version,
    )


def _referral(stored: Stored, account: str | None) -> Contract:
    event: ReferralMade = stored.event
    return m.ReferralMade(
        **about(stored, account),
        **decided(event),
        referral_id=own_id(stored),
        to=event.to,
        ledger_version=event.ledger_version,
        overdue=event.overdue,
        currency=event.currency,
    )


def _legal(stored: Stored, account: str | None) -> Contract:
    event: LegalRequested = stored.event
    return m.LegalRequested(
        **about(stored, account),
        **decided(event),
        request_id=event.request_id,
        document=event.document,
        ledger_version=event.ledger_version,
        currency=event.currency,
        principal=event.principal,
        late_fee=event.late_fee,
        total=event.total,
        items=_claimed(event.items),
    )


def _claimed(items: tuple[OwedItem, ...]) -> tuple[m.ClaimItem, ...]:
    return tuple(
        m.ClaimItem(
            item_id=item.item_id,
            item=item.item,
            due_on=item.due_on,
            principal=item.principal,
            late_fee=item.late_fee,
        )
        for item in items
    )


def _direct_debit(stored: Stored, account: str | None) -> Contract:
    event: DirectDebitRequested = stored.event
    return m.DirectDebitRequested(
        **about(stored, account),
        **decided(event),
        request_id=event.request_id,
        day=event.on,
        amount=event.amount,
        currency=event.currency,
        items=_claimed(event.items),
        ledger_version=event.ledger_version,
    )


MESSAGES: Mapping[type[Event], Make] = {
    NoticeRequested: _notice,
    DeliveryRecorded: _call_planned,
    TaskRequested: _task,
    ContactReported: _contact_reported,
    DirectDebitRequested: _direct_debit,
    TaskCompleted: _task_completed,
    TaskWithdrawn: _task_withdrawn,
    RestrictionRequested: _restriction,
    RestorationRequested: _restoration,
    ReferralMade: _referral,
    LegalRequested: _legal,
}
