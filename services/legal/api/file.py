"""An account's file: costs, inventories of abandoned goods, write-offs and what came of them."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel

from chassis.bus.base import lane_of
from chassis.errors import Rejected
from chassis.http.auth import Caller, Principal, require
from chassis.runtime.service import Service
from chassis.store.stored import Stored
from chassis.store.vault import KeyRing
from chassis.store.work import Work
from contracts.base import Identifier
from contracts.words.streams import Subject, matter_stream, terms_stream
from services.legal.api.models import (
    Closing,
    Cost,
    FileTask,
    Inventories,
    Inventory,
    InventoryRow,
    Movement,
    MovementRow,
    Number,
    Recovery,
    WriteOffRow,
    WriteOffs,
)
from services.legal.domain import events as e
from services.legal.domain import file
from services.legal.domain.commands import CloseMatter, IncurCost, MoveGoods, TakeInventory
from services.legal.domain.state import Matter
from services.legal.domain.terms import Terms

CREATED = 201
READERS = ("legal", "manager", "auditor")
"""Who may read lists and records, which name people."""
_KEEPERS = ("administration", "property", "operations", "legal", "manager")
_LAWYERS = ("legal", "manager")

Keeper = Annotated[Principal, Depends(require(*_KEEPERS))]
Lawyer = Annotated[Principal, Depends(require(*_LAWYERS))]
Bookkeeper = Annotated[Principal, Depends(require("finance", *_LAWYERS))]
AccountPath = Annotated[Identifier, Path(description="the account")]
CreditorQuery = str | None
Decide = Callable[[Work, Matter, Terms, date], Sequence[e.Event]]


class Done(BaseModel):
    """What was recorded; names and notes are not repeated."""

    account: str
    number: str
    recorded: bool


def router(service: Service) -> APIRouter:
    """The routes of the file, under `/v1/accounts/{account}`."""
    routes = APIRouter(prefix="/v1/accounts/{account}", tags=["file"])
    _costs(routes, service)
    _goods(routes, service)
    _write_offs(routes, service)
    return routes


def _costs(routes: APIRouter, service: Service) -> None:
    @routes.post(
        "/matter/costs",
        status_code=CREATED,
        summary="Book a cost of the matter",
        operation_id="book_cost",
    )
    async def cost(
        who: Bookkeeper, account: AccountPath, body: Cost, creditor: CreditorQuery = None
    ) -> Done:
        """The ledger adds it to what the debtor owes. The number is the receipt's: the same again
        changes nothing.
        """
        subject = Subject(who.scope(creditor), account)

        def decide(work: Work, state: Matter, terms: Terms, today: date) -> Sequence[e.Event]:
            day = body.day or today
            command = IncurCost(
                number=body.number,
                item=body.item,
                amount=body.amount,
                day=day,
                due_on=body.due_on or day,
                by=who.subject,
                note=work.seal(subject, body.note) if body.note else b"",
            )
            return file.incur_cost(state, command, terms.currency)

        return await _record(service, subject, body.number, decide)

    @routes.post(
        "/matter/closing",
        status_code=CREATED,
        summary="Close the matter",
        operation_id="close_matter",
    )
    async def closing(
        who: Lawyer, account: AccountPath, body: Closing, creditor: CreditorQuery = None
    ) -> Done:
        """Ends the matter by decision; a later document opens the account's next one."""
        subject = Subject(who.scope(creditor), account)

        def decide(work: Work, state: Matter, terms: Terms, today: date) -> Sequence[e.Event]:
            note = work.seal(subject, body.note) if body.note else b""
            return file.close_matter(state, CloseMatter(body.reason, who.subject, note))

        return await _record(service, subject, body.reason, decide)


def _goods(routes: APIRouter, service: Service) -> None:
    @routes.post(
        "/inventories",
        status_code=CREATED,
        summary="Keep an inventory",
        operation_id="take_inventory",
    )
    async def take(
        who: Keeper, account: AccountPath, body: Inventory, creditor: CreditorQuery = None
    ) -> Done:
        """The list of what an absent debtor left behind stays with the account's file, sealed; its
        hash is told.
        """
        subject = Subject(who.scope(creditor), account)
        record = body.model_dump(mode="json")
        digest = hashlib.sha256(msgspec.json.encode(record, order="deterministic")).hexdigest()

        def decide(work: Work, state: Matter, terms: Terms, today: date) -> Sequence[e.Event]:
            command = TakeInventory(
                number=body.number,
                day=body.day or today,
                entries=len(body.entries),
                sha256=digest,
                content=work.seal(subject, record),
                by=who.subject,
            )
            return file.take_inventory(state, command)

        return await _record(service, subject, body.number, decide)

    @routes.post(
        "/inventories/{number}/movements",
        status_code=CREATED,
        summary="Record storage",
        operation_id="move_goods",
    )
    async def move(
        who: Keeper,
        account: AccountPath,
        number: Number,
        body: Movement,
        creditor: CreditorQuery = None,
    ) -> Done:
        """Listed goods were put into storage, or given out."""
        subject = Subject(who.scope(creditor), account)

        def decide(work: Work, state: Matter, terms: Terms, today: date) -> Sequence[e.Event]:
            sealed = work.seal(subject, body.model_dump(mode="json"))
            command = MoveGoods(number, body.day or today, body.what, sealed, who.subject)
            return file.move_goods(state, command)

        return await _record(service, subject, number, decide)

    @routes.get(
        "/inventories", summary="Inventories of abandoned goods", operation_id="list_inventories"
    )
    async def inventories(
        who: Caller, account: AccountPath, creditor: CreditorQuery = None
    ) -> Inventories:
        """With what became of the goods, and the tasks they came from."""
        subject = Subject(who.scope(creditor), account)
        stored = await service.events(matter_stream(*subject))
        keys = await service.keys([subject]) if who.has(*READERS) else None
        return Inventories(
            account=account,
            inventories=[
                _inventory(one, stored, keys, subject)
                for one in stored
                if isinstance(one.event, e.InventoryTaken)
            ],
            tasks=[
                FileTask(
                    task_id=one.event.task_id,
                    kind=one.event.kind,
                    result=one.event.result,
                    at=one.event.at,
                )
                for one in stored
                if isinstance(one.event, e.TaskReported)
            ],
        )


def _write_offs(routes: APIRouter, service: Service) -> None:
    @routes.get(
        "/write-offs",
        summary="What was written off, with its evidence, and recovered",
        operation_id="list_write_offs",
    )
    async def write_offs(
        who: Caller, account: AccountPath, creditor: CreditorQuery = None
    ) -> WriteOffs:
        subject = Subject(who.scope(creditor), account)
        stored = await service.events(matter_stream(*subject))
        recoveries = [_recovery(s.event) for s in stored if isinstance(s.event, e.RecoverySeen)]
        return WriteOffs(
            account=account,
            write_offs=[_written_off(s) for s in stored if isinstance(s.event, e.DebtWrittenOff)],
            recoveries=recoveries,
            recovered=sum(one.amount for one in recoveries),
        )


async def _record(service: Service, subject: Subject, number: str, decide: Decide) -> Done:
    """Run a decision on the account's file; `recorded` is false when it was there already."""
    stream = matter_stream(*subject)
    key = f"{subject.creditor}/{subject.account}"
    known = terms_stream(subject.creditor, lane_of(key.encode(), service.bus.partitions))

    def run(work: Work) -> bool:
        terms: Terms = work.state(known)
        if not terms.time_zone:
            raise Rejected(f"creditor {subject.creditor} has no terms yet")
        if work.is_erased(subject):
            raise Rejected("the debtor was erased: nothing more is kept of them")
        today = work.now.astimezone(terms.zone).date()
        events = decide(work, work.state(stream), terms, today)
        work.append(stream, events)
        return bool(events)

    recorded = await service.execute(key, [stream, known], run, subjects=[subject])
    return Done(account=subject.account, number=number, recorded=recorded)


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
    opened = keys.open(subject, sealed) if keys is not None else None
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
