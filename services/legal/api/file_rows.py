"""What the API shows of an account's file, made of the events it is kept in."""

from collections.abc import Sequence
from typing import Any

import msgspec
from pydantic import BaseModel

from chassis.store.stored import Stored
from chassis.store.vault import KeyRing
from contracts.words.streams import Subject
from services.legal.api.models import (
    FileTask,
    Inventories,
    Inventory,
    InventoryRow,
    Movement,
    MovementRow,
    Recovery,
    WriteOffRow,
    WriteOffs,
)
from services.legal.domain import events as e


def inventories_of(stored: Sequence[Stored], subject: Subject, keys: KeyRing | None) -> Inventories:
    """The inventories of an account; without `keys` nobody is named."""
    return Inventories(
        account=subject.account,
        inventories=[
            _inventory(one, stored, keys, subject)
            for one in stored
            if isinstance(one.event, e.InventoryTaken)
        ],
        tasks=[_task(one.event) for one in stored if isinstance(one.event, e.TaskReported)],
    )


def write_offs_of(stored: Sequence[Stored], subject: Subject) -> WriteOffs:
    """What was written off of an account, and what of it came in all the same."""
    recoveries = [_recovery(s.event) for s in stored if isinstance(s.event, e.RecoverySeen)]
    return WriteOffs(
        account=subject.account,
        write_offs=[_written_off(s) for s in stored if isinstance(s.event, e.DebtWrittenOff)],
        recoveries=recoveries,
        recovered=sum(one.amount for one in recoveries),
    )


def _task(event: e.TaskReported) -> FileTask:
    return FileTask(task_id=event.task_id, kind=event.kind, result=event.result, at=event.at)


def _inventory(
    one: Stored, stored: Sequence[Stored], keys: KeyRing | None, subject: Subject
) -> InventoryRow:
    event: e.InventoryTaken = one.event
    return InventoryRow(
        number=event.number,
        day=event.day,
        at=one.at,
        by=event.by,
        entries=event.entries,
        content_hash=event.sha256,
        record=_opened(Inventory, event.content, keys, subject),
        movements=[
            MovementRow(
                what=moved.event.what,
                day=moved.event.day,
                at=moved.at,
                by=moved.event.by,
                record=_opened(Movement, moved.event.content, keys, subject),
            )
            for moved in stored
            if isinstance(moved.event, e.GoodsStored) and moved.event.number == event.number
        ],
    )


def _opened(model: type[BaseModel], sealed: bytes, keys: KeyRing | None, subject: Subject) -> Any:
    opened = keys.open(subject, sealed, "content") if keys is not None else None
    return None if opened is None else model.model_validate(opened)


def _written_off(stored: Stored) -> WriteOffRow:
    event: e.DebtWrittenOff = stored.event
    return WriteOffRow(
        approval_id=event.approval_id,
        at=stored.at,
        case_id=event.case_id,
        item_ids=list(event.item_ids),
        amount=event.amount,
        evidence=list(event.evidence),
    )


def _recovery(event: e.RecoverySeen) -> Recovery:
    return Recovery(**msgspec.structs.asdict(event))
