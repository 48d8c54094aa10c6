"""Reports over all accounts of a creditor, drawn up from their states."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from asyncpg import Connection

from chassis.errors import NotFound
from services.dunning.domain.aggregates import ACCOUNT, CREDITOR
from services.dunning.domain.owing import overdue, owed
from services.dunning.domain.state import Account
from services.dunning.streams import creditor_stream

_CREDITOR = "select data from state where stream = $1"
# A calendar entry runs at most once a day, so reading every account's state then needs no index of
# its own.
_ACCOUNTS = "select data from state where stream >= $1 and stream < $2 order by stream"
_STREAMS = "select stream from state where stream >= $1 and stream < $2 order by stream"

Report = Callable[[Sequence[Account], date], dict[str, Any]]


class Facts(NamedTuple):
    """What a creditor's calendar entries ask about all its accounts."""

    reports: Mapping[str, Mapping[str, Any]]
    any_overdue: bool


def arrears_register(accounts: Sequence[Account], day: date) -> dict[str, Any]:
    """How much is overdue on how many accounts, and how many cases run; amounts in minor units."""
    figures = [
        owed(account, items, day) for account in accounts if (items := overdue(account, day))
    ]
    running = [account.case for account in accounts if account.case is not None]
    oldest = min((f.oldest_due_on for f in figures if f.oldest_due_on), default=None)
    return {
        "as_of": day.isoformat(),
        "overdue": {
            "accounts": len(figures),
            "items": sum(len(f.items) for f in figures),
            "principal": sum(f.principal for f in figures),
            "late_fee": sum(f.late_fee for f in figures),
            "total": sum(f.total for f in figures),
            "oldest_due_on": oldest and oldest.isoformat(),
        },
        "cases": {
            "open": sum(1 for case in running if not case.paused),
            "paused": sum(1 for case in running if case.paused),
        },
    }


REPORTS: dict[str, Report] = {"arrears_register": arrears_register}
"""Reports dunning can draw up, by the name packs use."""


async def creditor_facts(connection: Connection, creditor: str, now: datetime) -> Facts:
    """What the calendar of a creditor needs at an instant."""
    data = await connection.fetchval(_CREDITOR, creditor_stream(creditor))
    if data is None:
        raise NotFound(f"creditor {creditor} is not set up")
    day = now.astimezone(ZoneInfo(CREDITOR.decode_state(data).zone)).date()
    accounts = await accounts_of(connection, creditor)
    reports = {name: draw(accounts, day) for name, draw in REPORTS.items()}
    return Facts(reports, any(overdue(account, day) for account in accounts))


async def accounts_of(connection: Connection, creditor: str) -> list[Account]:
    """All accounts of a creditor as they are now."""
    rows = await connection.fetch(_ACCOUNTS, *_range(creditor))
    return [ACCOUNT.decode_state(row["data"]) for row in rows]


async def streams_of(connection: Connection, creditor: str) -> list[str]:
    """The streams of all accounts of a creditor."""
    return [row["stream"] for row in await connection.fetch(_STREAMS, *_range(creditor))]


def _range(creditor: str) -> tuple[str, str]:
    """Where a creditor's account streams begin and end; `0` follows `/`."""
    return f"account-{creditor}/", f"account-{creditor}0"
