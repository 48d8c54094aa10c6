"""Who is on a creditor's published list."""

from collections.abc import Sequence
from typing import Any

from asyncpg import Connection

from chassis.owed.debtor import DebtorErased
from chassis.owed.hearing import HEARD
from chassis.store.stored import Stored
from chassis.store.views import View, by_statement, page_after
from contracts.words.streams import subject_of
from services.notifier.domain import events as e
from services.notifier.domain.destinations import PUBLIC_ADDRESS
from services.notifier.domain.entries import EntryRemoved, EntryRestored, EntryWithheld

TABLE = "view_listed"

_SCHEMA = """
create table {table} (
    creditor text not null,
    account text not null,
    listed_at timestamptz not null,
    shown boolean not null default true,
    primary key (creditor, account)
);
create index on {table} (creditor, listed_at, account) where shown
"""
_INSERT = """
insert into {table} (creditor, account, listed_at) values ($1, $2, $3)
on conflict (creditor, account) do nothing"""
_SHOW = "update {table} set shown = $3 where creditor = $1 and account = $2"
_DELETE = "delete from {table} where creditor = $1 and account = $2"
_PAGE = f"""
select creditor, account, listed_at from {TABLE}
where shown and creditor = $1
  and ($2::timestamptz is null or (listed_at, account) > ($2, $3::text))
order by listed_at, account limit $4
"""  # noqa: S608 - a constant


def _change(stored: Stored) -> tuple[str, Sequence[Any]] | None:
    event, subject = stored.event, subject_of(stored.stream)
    match event:
        case e.NoticeSent() if event.about.channel == PUBLIC_ADDRESS:
            return _INSERT, (*subject, event.at)
        case EntryWithheld():
            return _SHOW, (*subject, False)
        case EntryRestored():
            return _SHOW, (*subject, event.shown)
        case EntryRemoved() | DebtorErased():
            return _DELETE, subject
        case _:
            return None


LISTED = View("listed", _SCHEMA, by_statement(_change), HEARD | {"invoice_detailed"})


async def page(
    connection: Connection, creditor: str, after: Sequence[Any] | None, limit: int
) -> list[Any]:
    """The accounts whose entries are shown, those that were published first before the others."""
    return await page_after(connection, _PAGE, [creditor], after, limit, key_columns=2)
