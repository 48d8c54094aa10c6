"""A day of many accounts in the four services as processes, phase by phase: what is told of them,
the midnight after which their bills are overdue, nine o'clock, and their payments.

The clock of the services goes on as the wall's does and is set shortly before each instant. A phase
is over when every service has written what must come of each account, once, and nothing follows; it
lasted until the last event that was written.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path

import asyncpg

from arrears.billing import Event as BillingEvent
from bench.debtors import PARTITIONS, debtor_of_notice
from bench.events import Event
from bench.ingest import fill
from bench.lives import CREDITOR, FEE, POLICY, ZONE, Life, message
from bench.meter import cpu_of_tree
from bench.serving import Serving
from chassis.settings import SERVICES, ServiceName
from tests.faults.clock import ShiftedClock

TODAY = date(2026, 3, 12)
_LEAD_SECONDS = 3.0
_LOOK_SECONDS = 0.25
_STILL_SECONDS = 2.0
_STUCK_SECONDS_MAX = 120.0
_LAST = """
select coalesce(sum(last), 0)::bigint from (
  select (select max(position) from events where events.lane = one.lane) as last
  from generate_series(0, $1 - 1) one (lane)) lanes"""
_COUNTS = "select type, count(*) from events group by type"

Comes = Mapping[ServiceName, Sequence[str]]
"""The types of events of which each account has one more afterwards."""
_KNOWN: Comes = {
    "ledger": ("TermsPublished",),
    "notifier": ("terms_published",),
    "legal": ("terms_published",),
}
"""In each lane, when the creditor was set up."""
_TOLD: Comes = {
    "ledger": ("ItemOpened",),
    "dunning": ("AccountUpdated", "ItemsUpdated"),
    "notifier": ("debtor_upserted", "ledger_seen"),
    "legal": ("debtor_upserted", "ledger_seen"),
}
_OVERDUE: Comes = {
    "ledger": ("DayBegan",),
    "dunning": ("ItemsUpdated", "CaseOpened"),
    "notifier": ("ledger_seen",),
    "legal": ("ledger_seen",),
}
_REMINDED: Comes = {
    "dunning": ("StepTaken", "NoticeRequested", "DeliveryRecorded"),
    "notifier": ("notice_requested", "notice_sent"),
}
_PAID: Comes = {
    "dunning": ("CaseClosed",),
    "notifier": ("ledger_seen",),
    "legal": ("ledger_seen",),
}


@dataclass(frozen=True)
class Phase:
    """How long a phase took, and the processor seconds of each service and of PostgreSQL."""

    seconds: float
    cpu_seconds: Mapping[str, float]


@dataclass(frozen=True)
class Day:
    """The phases of a day of so many accounts; the morning lasts until the last notice lay in the
    outbox.
    """

    accounts: int
    told: Phase
    midnight: Phase
    morning: Phase
    paid: Phase


@dataclass
class Passing:
    """The running services, the clock of them all, and a session in the store of each."""

    services: Serving
    clock: ShiftedClock
    stores: Mapping[ServiceName, asyncpg.Connection]
    bootstrap: str
    outbox: Path
    server_pid: int

    async def day(self, accounts: int) -> Day:
        """Let it pass; raises `RuntimeError` when something else came of an account."""
        lives = [Life(number, TODAY) for number in range(accounts)]
        await self._set_up()
        told = await self._phase(accounts, _TOLD, self._tell(_bills(lives)))
        midnight = await self._phase(accounts, _OVERDUE, self._wait_until(at(1, 0)))
        morning = await self._phase(accounts, _REMINDED, self._wait_until(at(1, 9)))
        sent_after = self._last_notice(accounts) - self._wall(at(1, 9))
        self.clock.set(at(1, 11))
        paid = await self._phase(accounts, _PAID, self._tell(_payments(lives)))
        await self.services.require_nothing_parked()
        return Day(accounts, told, midnight, Phase(sent_after, morning.cpu_seconds), paid)

    async def _set_up(self) -> None:
        body = {"name": "Bench", "time_zone": str(ZONE), "currency": "CNY", "policy": POLICY}
        path = f"/v1/creditors/{CREDITOR}"
        wanted = await self._wanted(PARTITIONS, _KNOWN)
        await self.services.apis.call("dunning", "PUT", path, json=body)
        await self._until_over(wanted)

    async def _wanted(self, each: int, comes: Comes) -> Counter[tuple[str, str]]:
        """How many events there are to be when so many more of each type have come."""
        had = await self._counts()
        keys = [(name, one) for name, types in comes.items() for one in types]
        return Counter({key: had[key] + each for key in keys})

    async def _phase(self, accounts: int, comes: Comes, begin: Awaitable[float]) -> Phase:
        wanted = await self._wanted(accounts, comes)
        before = self._cpu_seconds()
        began = await begin
        ended = await self._until_over(wanted)
        after = self._cpu_seconds()
        return Phase(ended - began, {name: after[name] - before[name] for name in after})

    async def _tell(self, events: Iterator[Event]) -> float:
        """Publish; returns when that began."""
        began = time.time()
        await fill(self.bootstrap, PARTITIONS, events)
        return began

    async def _wait_until(self, instant: datetime) -> float:
        """Set the clock to shortly before an instant and wait for it; returns when it came."""
        self.clock.set(instant - timedelta(seconds=_LEAD_SECONDS))
        await asyncio.sleep(_LEAD_SECONDS)
        return self._wall(instant)

    def _wall(self, instant: datetime) -> float:
        """When an instant of the services' clock is on the wall's."""
        return time.time() + (instant - self.clock.now()).total_seconds()

    async def _until_over(self, wanted: Counter[tuple[str, str]]) -> float:
        """Wait until nothing has been written for a while and there are so many events as wanted;
        returns when the last one was seen.
        """
        seen, changed = await self._last(), time.time()
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self.services.resident_mb()  # raises when one has ended
            last, now = await self._last(), time.time()
            if last != seen:
                seen, changed = last, now
            elif now - changed > _STILL_SECONDS:
                found = await self._counts()
                if all(found[key] == number for key, number in wanted.items()):
                    return changed
                if now - changed > _STUCK_SECONDS_MAX:
                    raise RuntimeError(f"{wanted} are wanted, of these there are others: {found}")

    async def _last(self) -> Sequence[int]:
        """How much each service has written."""
        return [await store.fetchval(_LAST, PARTITIONS) for store in self.stores.values()]

    async def _counts(self) -> Counter[tuple[str, str]]:
        """How many events of each type each service has."""
        return Counter(
            {
                (name, kind): number
                for name, store in self.stores.items()
                for kind, number in await store.fetch(_COUNTS)
            }
        )

    def _cpu_seconds(self) -> Mapping[str, float]:
        found: dict[str, float] = {"postgres": cpu_of_tree(self.server_pid)}
        for name, process in self.services.processes.items():
            found[name] = cpu_of_tree(process.pid)
        return found

    def _last_notice(self, accounts: int) -> float:
        """When the last notice was there; each account must have one, since nine o'clock."""
        files = list(self.outbox.glob("*/*/sms/*.txt"))
        debtors = {debtor_of_notice(path.read_bytes()) for path in files}
        written = [path.stat().st_mtime for path in files]
        if len(files) != accounts or debtors != {*range(accounts)}:
            raise RuntimeError(f"{len(files)} notices to {len(debtors)} debtors, not {accounts}")
        if min(written) < self._wall(at(1, 9)):
            raise RuntimeError("a notice was written before nine")
        return max(written)


@asynccontextmanager
async def sessions(dsn: str) -> AsyncIterator[Mapping[ServiceName, asyncpg.Connection]]:
    """Yield a session in the store of each service."""
    async with contextlib.AsyncExitStack() as exits:
        found: dict[ServiceName, asyncpg.Connection] = {}
        for name in SERVICES:
            found[name] = await asyncpg.connect(dsn, server_settings={"search_path": name})
            exits.push_async_callback(found[name].close)
        yield found


def at(day: int, hour: int) -> datetime:
    """An hour of the first day (0) or the next (1), where the creditor is."""
    return datetime.combine(TODAY + timedelta(days=day), time_of_day(hour), ZONE)


def _bills(lives: Sequence[Life]) -> Iterator[Event]:
    for life in lives:
        for _, said in (life.registered(), life.invoice(0, 0, 0)):
            yield _event(said)


def _payments(lives: Sequence[Life]) -> Iterator[Event]:
    return (_event(life.payment(0, 1, FEE)[1]) for life in lives)


def _event(said: BillingEvent) -> Event:
    sent = message(said, PARTITIONS)
    return Event(sent.key, sent.partition, sent.value)
