"""Reports over all accounts of a creditor, as they stand, from the read models."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from asyncpg import Connection

from chassis.errors import NotFound
from chassis.views import table_of
from services.dunning.domain.state import Creditor
from services.dunning.streams import creditor_stream
from services.dunning.views import ACCOUNTS, CASES

_ACCOUNTS, _CASES = table_of(ACCOUNTS), table_of(CASES)
_CREDITOR = "select data from state where stream = $1"
# An item is overdue when its due date has passed and it is neither paid nor disputed (rules of all
# packs: overdue).
_OVERDUE_ITEMS = f"""
select a.account, i.key as item_id, (i.value ->> 'principal')::bigint as principal,
       (i.value ->> 'due_on')::date as due_on
from {_ACCOUNTS} a, jsonb_each(coalesce(a.items, '{{}}')) i
where a.creditor = $1 and (i.value ->> 'due_on')::date < $2
  and not exists (
    select 1 from jsonb_each(coalesce(a.disputes, '{{}}')) d where d.value ? i.key)
"""  # noqa: S608 - names of ours
_ANY_OVERDUE = f"select exists ({_OVERDUE_ITEMS})"
_REGISTER = f"""
with overdue as ({_OVERDUE_ITEMS})
select count(distinct account) as accounts, count(*) as items,
       coalesce(sum(principal), 0)::bigint as principal, min(due_on) as oldest_due_on
from overdue
"""  # noqa: S608 - names of ours
_OPEN_CASES = f"""
select count(*) filter (where state = 'open') as open,
       count(*) filter (where state = 'paused') as paused
from {_CASES} where creditor = $1 and state <> 'closed'
"""  # noqa: S608 - names of ours

Report = Callable[[Connection, str, date], Awaitable[dict[str, Any]]]


class Facts(NamedTuple):
    """What a creditor's calendar entries ask about all its accounts."""

    reports: Mapping[str, Mapping[str, Any]]
    any_overdue: bool


async def arrears_register(connection: Connection, creditor: str, day: date) -> dict[str, Any]:
    """How much is overdue on how many accounts, and how many cases run."""
    owed = await connection.fetchrow(_REGISTER, creditor, day)
    cases = await connection.fetchrow(_OPEN_CASES, creditor)
    oldest = owed["oldest_due_on"]
    return {
        "as_of": day.isoformat(),
        "overdue": {
            "accounts": owed["accounts"],
            "items": owed["items"],
            "principal": owed["principal"],
            "oldest_due_on": oldest and oldest.isoformat(),
        },
        "cases": {"open": cases["open"], "paused": cases["paused"]},
    }


REPORTS: dict[str, Report] = {"arrears_register": arrears_register}
"""Reports dunning can draw up, by the name packs use."""


async def creditor_facts(connection: Connection, creditor: str, now: datetime) -> Facts:
    """What the calendar of a creditor needs at an instant."""
    data = await connection.fetchval(_CREDITOR, creditor_stream(creditor))
    if data is None:
        raise NotFound(f"creditor {creditor} is not set up")
    zone = ZoneInfo(msgspec.msgpack.decode(data, type=Creditor).zone)
    day = now.astimezone(zone).date()
    reports = {name: await draw(connection, creditor, day) for name, draw in REPORTS.items()}
    return Facts(reports, await connection.fetchval(_ANY_OVERDUE, creditor, day))
