"""What the API shows of an account's matters, made of the events they are kept in."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from chassis.store.stored import Stored
from chassis.store.vault import KeyRing
from contracts.words.streams import Subject
from services.legal.api.models import CostRow, Milestone, ProgressRow
from services.legal.domain import events as e


def progress_of(
    stored: Sequence[Stored], subject: Subject, keys: KeyRing | None
) -> list[ProgressRow]:
    """What happened in court or with the debtor; without `keys` no note is shown."""
    return [
        _progress(one.event, one.at, subject, keys)
        for one in stored
        if isinstance(one.event, e.MatterProgressed)
    ]


def costs_of(stored: Sequence[Stored], subject: Subject, keys: KeyRing | None) -> list[CostRow]:
    """What pursuing the debt cost; without `keys` no note is shown."""
    return [
        _cost(one.event, subject, keys) for one in stored if isinstance(one.event, e.CostIncurred)
    ]


def milestone(stored: Stored, zone: ZoneInfo) -> Milestone | None:
    """The milestone an event is, if it is one; a matter closes on the creditor's local day."""
    event = stored.event
    match event:
        case e.MatterOpened():
            return Milestone(
                matter_id=event.matter_id, milestone="referred", day=event.day, at=stored.at
            )
        case e.MatterProgressed():
            return Milestone(
                matter_id=event.matter_id,
                milestone=event.step,
                day=event.day,
                at=stored.at,
                by=event.by,
            )
        case e.MatterClosed():
            return Milestone(
                matter_id=event.matter_id,
                milestone="closed",
                day=stored.at.astimezone(zone).date(),
                at=stored.at,
                by=event.by,
                reason=event.reason,
            )
        case _:
            return None


def _cost(event: e.CostIncurred, subject: Subject, keys: KeyRing | None) -> CostRow:
    return CostRow(
        number=event.number,
        matter_id=event.matter_id,
        item_id=event.item_id,
        item=event.item,
        amount=event.amount,
        currency=event.currency,
        day=event.day,
        due_on=event.due_on,
        by=event.by,
        note=keys.open(subject, event.note, "note") if keys is not None else None,
    )


def _progress(
    event: e.MatterProgressed, at: datetime, subject: Subject, keys: KeyRing | None
) -> ProgressRow:
    return ProgressRow(
        matter_id=event.matter_id,
        step=event.step,
        day=event.day,
        amount=event.amount,
        pay_by=event.pay_by,
        by=event.by,
        at=at,
        note=keys.open(subject, event.note, "note") if keys is not None else None,
    )
