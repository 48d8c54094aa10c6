"""Reads the books of a creditor's accounts, and what its calendar asks about all of them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from asyncpg import Connection

from chassis.aside import aside
from chassis.errors import NotFound
from chassis.store.reads import History, batches_of, each_state_of, states
from chassis.store.views import table_of
from contracts.words import streams
from contracts.words.streams import creditor_stream
from services.dunning.domain.account import Account, initial_account
from services.dunning.domain.aggregates import ACCOUNT, CREDITOR
from services.dunning.domain.creditor.state import Creditor
from services.dunning.domain.localtime import next_monthly
from services.dunning.domain.money.commission import due_for_month
from services.dunning.domain.money.credit import owes
from services.dunning.domain.money.owing import overdue, overdue_principal
from services.dunning.domain.money.state import Earned
from services.dunning.policy.actions import Report
from services.dunning.policy.model import Pack
from services.dunning.reports.book import Book, write
from services.dunning.reports.table import REPORTS
from services.dunning.views import INVOICED

_INVOICED = f"""
select coalesce(sum(amount), 0) from {table_of(INVOICED)}
where creditor = $1 and issued_on between $2 and $3"""  # noqa: S608 - names of ours


class Facts(NamedTuple):
    """What a creditor's calendar entries ask about all its accounts.

    `segments` are those with open items ("" for accounts that name none), `arrears` the overdue
    principal, `invoiced` everything invoiced since the first of January, `commission` what the
    month before earned.
    """

    reports: Mapping[str, Mapping[str, Any]]
    any_overdue: bool
    segments: tuple[str, ...] = ()
    arrears: int = 0
    invoiced: int = 0
    commission: int | None = None


async def creditor_state(connection: Connection, creditor: str) -> Creditor:
    """A creditor's state; raises `NotFound`."""
    stream = creditor_stream(creditor)
    found = await states(connection, CREDITOR, [stream])
    if stream not in found:
        raise NotFound(f"creditor {creditor} is not set up")
    return found[stream]


async def creditor_facts(
    connection: Connection, creditor: str, now: datetime, pack: Pack | None = None
) -> Facts:
    """What the calendar of a creditor needs at an instant: the reports due that day are drawn up,
    and no others.
    """
    state = await creditor_state(connection, creditor)
    zone = ZoneInfo(state.zone)
    day = now.astimezone(zone).date()
    names = _due(pack, state, zone) if pack else set()
    books = await books_of(connection, creditor, now, zone) if names and pack else []
    told = _Told(day)
    async for account in accounts_of(connection, creditor):
        told.add(account)
    reports = {
        name: await aside(REPORTS[name].draw, books, day, pack) for name in sorted(names) if pack
    }
    return Facts(
        reports,
        told.any_overdue,
        tuple(sorted(told.segments)),
        told.arrears,
        await _invoiced(connection, creditor, day, pack),
        _commission(told.earned, pack, day),
    )


@dataclass
class _Told:
    """What accounts, of which none is kept, say together on a day."""

    day: date
    any_overdue: bool = False
    segments: set[str] = field(default_factory=set)
    arrears: int = 0
    earned: list[Earned] = field(default_factory=list)

    def add(self, account: Account) -> None:
        self.any_overdue = self.any_overdue or bool(overdue(account, self.day))
        if owes(account, self.day):
            self.segments.add(account.segment or "")
        self.arrears += overdue_principal(account, self.day)
        self.earned += account.commissions.values()


async def _invoiced(connection: Connection, creditor: str, day: date, pack: Pack | None) -> int:
    if pack is None or pack.credit is None or pack.credit.arrears_ratio_max is None:
        return 0
    return int(await connection.fetchval(_INVOICED, creditor, day.replace(month=1, day=1), day))


def _commission(earned: Sequence[Earned], pack: Pack | None, day: date) -> int | None:
    entries = pack.calendar if pack else ()
    monthly = next((e.monthly[0] for e in entries if e.if_ == "commission_earned"), None)
    return None if monthly is None else due_for_month(earned, day, monthly)


def _due(pack: Pack, state: Creditor, zone: ZoneInfo) -> set[str]:
    """The reports of the entries whose day the wake-up is for."""
    if state.wake is None:
        return set()
    day = state.wake.astimezone(zone).date()
    return {
        action.name
        for entry in pack.calendar
        if next_monthly(day, *entry.monthly) == day
        for action in entry.do
        if isinstance(action, Report)
    }


def accounts_of(connection: Connection, creditor: str) -> AsyncIterator[Account]:
    """All accounts of a creditor as they are now, some at a time."""
    return each_state_of(connection, ACCOUNT, streams.accounts_of(creditor))


async def books_of(
    connection: Connection, creditor: str, until: datetime, zone: ZoneInfo
) -> Sequence[Book]:
    """The books of all accounts from their events up to an instant, by account.

    Events are read as they are written down, some accounts at a time: none is kept.
    """
    year = until.astimezone(zone).year
    prefix = streams.accounts_of(creditor)
    books: list[Book] = []
    async with connection.transaction():
        async for batch in batches_of(connection, ACCOUNT, prefix, until):
            books += await aside(_written, batch, zone, year)
    return books


def _written(histories: Sequence[History], zone: ZoneInfo, year: int) -> list[Book]:
    return [write(initial_account(stream), events, zone, year) for stream, events in histories]
