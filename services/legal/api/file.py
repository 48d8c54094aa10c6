"""An account's file: costs, inventories of abandoned goods, write-offs and what came of them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path
from pydantic import BaseModel

from chassis.errors import Rejected
from chassis.http.auth import Principal
from chassis.owed.terms import Terms
from chassis.runtime.service import Service
from chassis.store.work import Work
from contracts.base import Identifier
from contracts.words.streams import Subject, key_of, matter_stream, terms_stream
from services.legal.api.file_rows import inventories_of, write_offs_of
from services.legal.api.models import (
    Closing,
    Cost,
    Inventories,
    Inventory,
    Movement,
    Number,
    WriteOffs,
)
from services.legal.api.roles import may
from services.legal.domain.commands import (
    CloseMatter,
    Command,
    IncurCost,
    MoveGoods,
    TakeInventory,
)
from services.legal.domain.decide import decide

CREATED = 201
READERS = ("legal", "manager", "auditor")
"""Who may read lists and records, which name people."""

Reader = Annotated[Principal, may("see_files")]
Keeper = Annotated[Principal, may("keep_inventory")]
Lawyer = Annotated[Principal, may("close_matter")]
Bookkeeper = Annotated[Principal, may("book_cost")]
AccountPath = Annotated[Identifier, Path(description="the account")]
CreditorQuery = str | None
CommandOf = Callable[[Work, Terms, date], Command]


class Done(BaseModel):
    """What was recorded; names and notes are not repeated."""

    account: str
    number: str
    recorded: bool


def router(service: Service) -> APIRouter:
    """The routes of the file, under `/v1/accounts/{account}`."""
    routes = APIRouter(prefix="/v1/accounts/{account}", tags=["file"])
    file = File(service)
    routes.post(
        "/matter/costs",
        status_code=CREATED,
        summary="Book a cost of the matter",
        operation_id="book_cost",
    )(file.cost)
    routes.post(
        "/matter/closing",
        status_code=CREATED,
        summary="Close the matter",
        operation_id="close_matter",
    )(file.closing)
    routes.post(
        "/inventories",
        status_code=CREATED,
        summary="Keep an inventory",
        operation_id="take_inventory",
    )(file.take)
    routes.post(
        "/inventories/{number}/movements",
        status_code=CREATED,
        summary="Record storage",
        operation_id="move_goods",
    )(file.move)
    routes.get(
        "/inventories", summary="Inventories of abandoned goods", operation_id="list_inventories"
    )(file.inventories)
    routes.get(
        "/write-offs",
        summary="What was written off, with its evidence, and recovered",
        operation_id="list_write_offs",
    )(file.write_offs)
    return routes


@dataclass(frozen=True)
class File:
    """The routes of the file, on a service."""

    service: Service

    async def cost(
        self, who: Bookkeeper, account: AccountPath, body: Cost, creditor: CreditorQuery = None
    ) -> Done:
        """The ledger adds it to what the debtor owes. The number is the receipt's: the same again
        changes nothing.
        """
        subject = Subject(who.scope(creditor), account)

        def command(work: Work, terms: Terms, today: date) -> IncurCost:
            day = body.day or today
            return IncurCost(
                number=body.number,
                item=body.item,
                amount=body.amount,
                currency=terms.currency,
                day=day,
                due_on=body.due_on or day,
                by=who.subject,
                note=work.seal(subject, body.note, "note") if body.note else b"",
            )

        return await self._record(subject, body.number, command)

    async def closing(
        self, who: Lawyer, account: AccountPath, body: Closing, creditor: CreditorQuery = None
    ) -> Done:
        """Ends the matter by decision; a later document opens the account's next one."""
        subject = Subject(who.scope(creditor), account)

        def command(work: Work, terms: Terms, today: date) -> CloseMatter:
            note = work.seal(subject, body.note, "note") if body.note else b""
            return CloseMatter(body.reason, who.subject, note)

        return await self._record(subject, body.reason, command)

    async def take(
        self, who: Keeper, account: AccountPath, body: Inventory, creditor: CreditorQuery = None
    ) -> Done:
        """The list of what an absent debtor left behind stays with the account's file, sealed; its
        hash, which has a key, is told.
        """
        subject = Subject(who.scope(creditor), account)
        record = body.model_dump(mode="json")
        said = msgspec.json.encode(record, order="deterministic").decode()

        def command(work: Work, terms: Terms, today: date) -> TakeInventory:
            return TakeInventory(
                number=body.number,
                day=body.day or today,
                entries=len(body.entries),
                sha256=work.keys.proof(said),
                bare_sha256=hashlib.sha256(said.encode()).hexdigest(),
                content=work.seal(subject, record, "content"),
                by=who.subject,
            )

        return await self._record(subject, body.number, command)

    async def move(
        self,
        who: Keeper,
        account: AccountPath,
        number: Number,
        body: Movement,
        creditor: CreditorQuery = None,
    ) -> Done:
        """Listed goods were put into storage, or given out."""
        subject = Subject(who.scope(creditor), account)

        def command(work: Work, terms: Terms, today: date) -> MoveGoods:
            sealed = work.seal(subject, body.model_dump(mode="json"), "content")
            return MoveGoods(number, body.day or today, body.what, sealed, who.subject)

        return await self._record(subject, number, command)

    async def inventories(
        self, who: Reader, account: AccountPath, creditor: CreditorQuery = None
    ) -> Inventories:
        """With what became of the goods, and the tasks they came from."""
        subject = Subject(who.scope(creditor), account)
        stored = await self.service.events(matter_stream(*subject))
        keys = await self.service.keys([subject]) if who.has(*READERS) else None
        return inventories_of(stored, subject, keys)

    async def write_offs(
        self, who: Reader, account: AccountPath, creditor: CreditorQuery = None
    ) -> WriteOffs:
        subject = Subject(who.scope(creditor), account)
        return write_offs_of(await self.service.events(matter_stream(*subject)), subject)

    async def _record(self, subject: Subject, number: str, command_of: CommandOf) -> Done:
        """Run a command on the account's file; `recorded` is false when it was there already."""
        stream = matter_stream(*subject)
        known = terms_stream(subject.creditor, self.service.lane_of(*subject))

        def run(work: Work) -> bool:
            terms: Terms = work.state(known)
            if not terms.time_zone:
                raise Rejected(f"creditor {subject.creditor} has no terms yet")
            if work.is_erased(subject):
                raise Rejected("the debtor was erased: nothing more is kept of them")
            today = work.now.astimezone(terms.zone).date()
            events = decide(work.state(stream), command_of(work, terms, today))
            work.append(stream, events)
            return bool(events)

        key = key_of(*subject)
        recorded = await self.service.execute(key, [stream, known], run, subjects=[subject])
        return Done(account=subject.account, number=number, recorded=recorded)
