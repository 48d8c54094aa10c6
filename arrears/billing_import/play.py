"""Plays an import through the real services on a simulated clock; measures how late was paid."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import groupby
from operator import attrgetter
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import Progress

from arrears.apis import Apis, Refused
from arrears.billing_import.events import Happening, happenings, order
from arrears.billing_import.mapping import ImportMap
from arrears.billing_import.rows import InvoiceRow, Row
from arrears.listening import Listener
from arrears.simulation import Action
from arrears.temporary import temporary_folder
from arrears.upstream import send
from arrears.world import World, one_lane, open_world
from chassis.settings import Settings

_BATCH_MAX = 500
_LISTEN_EVERY = 40
_RETRY_SECONDS = 0.25


@dataclass
class Lateness:
    """What became of the items: fed with the ledger's messages, asked at the end.

    Days late of an item that was ever overdue run from its due date to the day it was settled, or
    to the last day played while it is open.
    """

    until: date
    items: int = 0
    events: int = 0
    disputed: int = 0
    disputed_paid_late: int = 0
    """Those of them paid after their due date or not at all, which do not count as overdue."""
    refused: list[str] = field(default_factory=list)
    _due: dict[str, date] = field(default_factory=dict)
    _settled: dict[str, date] = field(default_factory=dict)

    def hear(self, event: dict[str, Any]) -> None:
        """Take a message of the ledger into account."""
        data = event["data"]
        if event["type"] == "ledger.item.overdue.v1":
            self._due[data["item_id"]] = date.fromisoformat(data["due_on"])
        elif event["type"] == "ledger.item.settled.v1":
            self._settled[data["item_id"]] = date.fromisoformat(data["as_of"])
        elif event["type"] == "ledger.item.reopened.v1":
            self._settled.pop(data["item_id"], None)
        elif event["type"] == "ledger.item.opened.v1":
            self.items += 1

    @property
    def days_late(self) -> list[int]:
        """Per item that was ever overdue, in days."""
        return [(self._settled.get(i, self.until) - due).days for i, due in self._due.items()]

    @property
    def median(self) -> str:
        """The median of the days late, 0 when nothing was."""
        return f"{median(self.days_late):g}" if self._due else "0"

    @property
    def still_overdue(self) -> int:
        """How many of them were not settled by the last day."""
        return len(self._due.keys() - self._settled.keys())


async def play(
    rows: Sequence[Row], mapping: ImportMap, until: date, others: Sequence[Happening] = ()
) -> Lateness:
    """Play everything that happens up to the end of `until` and return how late items were.

    `others` happen beside what the rows tell.
    """
    zone = ZoneInfo(mapping.time_zone)
    end = datetime.combine(until + timedelta(days=1), time(), zone) - timedelta(microseconds=1)
    told = sorted([*happenings(rows, mapping), *others], key=order)
    played = [happening for happening in told if happening.at <= end]
    disputed = {h.disputes for h in played if h.disputes}
    invoices = [row for row in rows if isinstance(row, InvoiceRow)]
    late = {row.invoice for row in invoices if row.due < min(row.settled or until, until)}
    lateness = Lateness(until, disputed=len(disputed), disputed_paid_late=len(disputed & late))
    with temporary_folder() as folder:
        async with open_world(one_lane(Settings()), folder) as world:
            await _play(world, mapping, played, end, lateness)
    return lateness


async def _play(
    world: World, mapping: ImportMap, played: Sequence[Happening], end: datetime, told: Lateness
) -> None:
    if not played:
        return
    await world.begin(played[0].at - timedelta(days=1))
    listener = Listener(world.bus, ["ledger"])
    await listener.begin()
    await set_up_creditor(world.apis, mapping)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("playing", total=len(played))
        playing = _Playing(world, mapping, told, lambda number: bar.advance(task, number))
        await world.simulation().play(playing.inputs(played, listener), end)
    await _listen(listener, told)


@dataclass(frozen=True)
class _Playing:
    world: World
    mapping: ImportMap
    told: Lateness
    advance: Callable[[int], None]

    def inputs(
        self, played: Sequence[Happening], listener: Listener
    ) -> Iterator[tuple[datetime, Action]]:
        """The messages of each instant, then its disputes; now and then a look at what came."""
        for number, (at, together) in enumerate(groupby(played, key=attrgetter("at"))):
            for part in in_batches(list(together)):
                yield at, partial(self._messages, part)
                if any(happening.disputes for happening in part):
                    yield at, partial(self._disputes, part)
            if number % _LISTEN_EVERY == 0:
                yield at, partial(_listen, listener, self.told)

    async def _messages(self, part: Sequence[Happening]) -> None:
        self.told.refused += await send_messages(self.world.apis, part)
        self.told.events += sum(h.event is not None for h in part)
        self.advance(len(part))

    async def _disputes(self, part: Sequence[Happening]) -> None:
        self.told.refused += await open_disputes(self.world.apis, self.mapping.creditor, part)


async def _listen(listener: Listener, told: Lateness) -> None:
    async for event in listener.messages():
        told.hear(event)


async def set_up_creditor(apis: Apis, mapping: ImportMap) -> None:
    """Set the map's creditor up."""
    days = mapping.calendar
    body = {
        "name": mapping.creditor,
        "time_zone": mapping.time_zone,
        "currency": mapping.currency,
        "policy": mapping.policy,
        "calendar": [str(day) for day in days] if isinstance(days, list) else days,
    }
    await apis.call("dunning", "PUT", f"/v1/creditors/{mapping.creditor}", json=body)


def in_batches(played: Sequence[Happening]) -> Iterator[list[Happening]]:
    """Cut into requests of a size."""
    part: list[Happening] = []
    for happening in played:
        part.append(happening)
        if len(part) >= _BATCH_MAX:
            yield part
            part = []
    if part:
        yield part


async def send_messages(apis: Apis, part: Sequence[Happening]) -> list[str]:
    """Send the billing messages of a batch; return a sentence for each that was refused."""
    events = [h.event for h in part if h.event is not None]
    if not events:
        return []
    return [f"{events[place]['id']}: {reason}" for place, reason in await send(apis, events)]


async def open_disputes(
    apis: Apis, creditor: str, part: Sequence[Happening], attempts: int = 1
) -> list[str]:
    """Open the disputes of a batch; return a sentence for each that was refused.

    On a running system an invoice takes a moment to get to where disputes are opened: with more
    than one of the `attempts` a refusal is tried again a little later.
    """
    refused = []
    for happening in part:
        if happening.disputes:
            reason = await _open_dispute(apis, creditor, happening, attempts)
            if reason is not None:
                refused.append(f"dispute of {happening.disputes}: {reason}")
    return refused


async def _open_dispute(
    apis: Apis, creditor: str, happening: Happening, attempts: int
) -> str | None:
    path = f"/v1/accounts/{happening.account}/disputes"
    reason = None
    for attempt in range(attempts):
        if attempt:
            await asyncio.sleep(_RETRY_SECONDS)
        try:
            body = {"invoice_id": happening.disputes}
            await apis.post("dunning", path, body, creditor=creditor)
        except Refused as error:
            reason = error.reason
        else:
            return None
    return reason
