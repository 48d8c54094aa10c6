"""What the ledger and the notifier must know of the policy and its decisions."""

from collections.abc import Mapping

from chassis.store.stored import Stored
from contracts import dunning as m
from contracts.base import Contract
from services.dunning.domain.agreements.events import ItemDeferred
from services.dunning.domain.creditor.events import CreditorConfigured
from services.dunning.domain.creditor.state import ContactTerms
from services.dunning.domain.event import Event
from services.dunning.domain.money.events import (
    FeeCharged,
    LateFeeStarted,
    LateFeeWaived,
    WriteOffApproved,
)
from services.dunning.publish.parts import Make, about, late_fee_terms, own_id
from services.dunning.views.rows import owner_of

_LAST_MINUTE = "23:59"


def _terms(stored: Stored, account: str | None) -> Contract:
    event: CreditorConfigured = stored.event
    creditor, _ = owner_of(stored)
    return m.TermsPublished(
        creditor=creditor,
        name=event.name,
        time_zone=event.zone,
        currency=event.currency,
        due_days=event.terms.due_days,
        allocation=event.terms.allocation,
        late_fee=late_fee_terms(event.terms.late_fee),
        contact=_contact(event.terms.contact),
        policy=event.policy_ref.policy,
        version=event.policy_ref.version,
        languages=event.languages,
        cash_desk=event.terms.cash_desk,
        minimum_overdue=event.terms.minimum_overdue,
        unmatched_days=event.terms.unmatched_days,
        home_lane=stored.lane,
        calendar=event.calendar or None,
        closed_days=event.closed_days,
        second_person_above=event.second_person_above,
    )


def _contact(contact: ContactTerms | None) -> m.ContactTerms | None:
    if contact is None:
        return None
    return m.ContactTerms(
        from_hour=contact.from_hour,
        # A contract's time of day ends before midnight.
        until_hour=_LAST_MINUTE if contact.until_hour == "24:00" else contact.until_hour,
        per_seven_days=contact.per_seven_days,
    )


def _deferred(stored: Stored, account: str | None) -> Contract:
    event: ItemDeferred = stored.event
    return m.ItemDeferred(account_id=account, item_ids=event.item_ids, until=event.until)


def _late_fee_started(stored: Stored, account: str | None) -> Contract:
    return m.LateFeeStarted(**about(stored, account), from_day=stored.event.from_day)


def _late_fee_waived(stored: Stored, account: str | None) -> Contract:
    return m.LateFeeWaived(**about(stored, account), amount=stored.event.amount)


def _fee_charged(stored: Stored, account: str | None) -> Contract:
    event: FeeCharged = stored.event
    return m.FeeCharged(
        **about(stored, account),
        item_id=event.item_id,
        item=event.item,
        amount=event.amount,
        currency=event.currency,
        issued_on=event.on or stored.at.date(),
        due_on=event.due_on,
    )


def _write_off(stored: Stored, account: str | None) -> Contract:
    event: WriteOffApproved = stored.event
    return m.WriteOffApproved(
        **about(stored, account),
        approval_id=event.approval_id or own_id(stored),
        item_ids=event.item_ids,
    )


MESSAGES: Mapping[type[Event], Make] = {
    CreditorConfigured: _terms,
    ItemDeferred: _deferred,
    LateFeeStarted: _late_fee_started,
    LateFeeWaived: _late_fee_waived,
    FeeCharged: _fee_charged,
    WriteOffApproved: _write_off,
}
