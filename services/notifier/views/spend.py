"""What each gateway cost on each of its local days: attempts count when they are committed, and no
longer when they led to nothing.

A row for each lane, so that lanes do not wait for one another.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from asyncpg import Connection

from chassis.owed.hearing import HEARD
from chassis.store.stored import Stored
from chassis.store.views import View, by_statement
from services.notifier.domain import events as e
from services.notifier.domain.charges import Charge, NoticeMoved

TABLE = "view_spend"
_SCHEMA = """
create table {table} (
    gateway text not null,
    day date not null,
    lane int not null,
    spent bigint not null,
    primary key (gateway, day, lane)
)
"""
_ADD = """
insert into {table} as known (gateway, day, lane, spent) values ($1, $2, $3, $4)
on conflict (gateway, day, lane) do update set spent = known.spent + excluded.spent
"""
_SPENT = f"""
select coalesce(sum(spent), 0) from {TABLE} where gateway = $1 and day = $2
"""  # noqa: S608 - the table is a constant above


def _change(stored: Stored) -> tuple[str, Sequence[Any]] | None:
    match stored.event:
        case e.NoticeAttempted(charge=Charge() as charge):
            return _ADD, (charge.gateway, charge.day, stored.lane, charge.amount)
        case (
            e.NoticeDeferred(refund=Charge() as refund)
            | NoticeMoved(refund=Charge() as refund)
            | e.NoticeFailed(refund=Charge() as refund)
            | e.NoticeRerouted(refund=Charge() as refund)
        ):
            return _ADD, (refund.gateway, refund.day, stored.lane, -refund.amount)
        case _:
            return None


SPEND = View("spend", _SCHEMA, by_statement(_change), HEARD | {"invoice_detailed"})
"""Money of gateways, of no debtor."""


async def spent(connection: Connection, gateway: str, day: date) -> int:
    """What a gateway cost on a local day, in minor units."""
    return int(await connection.fetchval(_SPENT, gateway, day))
