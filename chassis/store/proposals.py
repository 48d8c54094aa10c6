"""What one person asked for and a second has to approve before it is done, as rows.

A row is taken by whoever approves it before it is done, so that it is done once. Where that
process ends in the middle, it may be taken again a minute later: what it leads to has its id as
cause, and is found.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from asyncpg import Connection

from chassis.recorders import Recorder
from chassis.store.vault import KeyRing
from contracts.words.streams import Subject

TAKEN_FOR = timedelta(minutes=1)
_ADD = """
insert into proposals (id, lane, at, creditor, account, kind, amount, asked, by, issuer, subject)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing"""
_GET = """
select id, at, creditor, account, kind, amount, asked, by, issuer, subject, state,
  decided_at, decided_by, decided_subject
from proposals where id = $1 and ($2::text[] is null or creditor = any($2))"""
_LIST = """
select id, at, creditor, account, kind, amount, asked, by, issuer, subject, state,
  decided_at, decided_by, decided_subject
from proposals
where ($1::text[] is null or creditor = any($1)) and ($2::text is null or state = $2)
  and (at, id) > ($3, $4) order by at, id limit $5"""
_TAKE = """
update proposals set taken_at = $2
where id = $1 and creditor = $4 and state = 'waiting'
  and (taken_at is null or taken_at <= $3) returning id"""
_LEAVE = """
update proposals set taken_at = null where id = $1 and creditor = $2 and state = 'waiting'"""
_SETTLE = """
update proposals set state = $2, decided_at = $3, decided_by = $4, decided_issuer = $5,
  decided_subject = $6 where id = $1 and creditor = $7 and state = 'waiting'"""


class Proposal(NamedTuple):
    """Something asked for: of which kind, about whom, how much it is worth, and what exactly
    (sealed). `by` is a name, issuer and subject are the token's.
    """

    id: str
    at: datetime
    creditor: str
    account: str | None
    kind: str
    amount: int | None
    asked: bytes
    by: str
    issuer: str
    subject: str
    state: str = "waiting"
    decided_at: datetime | None = None
    decided_by: str | None = None
    decided_subject: str | None = None

    @property
    def whose(self) -> Subject:
        """Under whose key what is asked is sealed."""
        return Subject(self.creditor, self.account or "*")

    def opened(self, keys: KeyRing) -> dict[str, Any] | None:
        """What is asked; None when the debtor was erased."""
        found = keys.open(self.whose, self.asked, "proposal")
        return found if isinstance(found, dict) else None


async def add(connection: Connection, proposal: Proposal, lane: int) -> None:
    """Let something wait; the same again changes nothing."""
    p = proposal
    told = (p.creditor, p.account, p.kind, p.amount, p.asked, p.by, p.issuer, p.subject)
    await connection.execute(_ADD, p.id, lane, p.at, *told)


async def get(
    connection: Connection, proposal_id: str, creditors: list[str] | None
) -> Proposal | None:
    """One of some creditors (None: of any), decided or not."""
    row = await connection.fetchrow(_GET, proposal_id, creditors)
    return None if row is None else Proposal(*row)


async def listing(
    connection: Connection,
    creditors: list[str] | None,
    state: str | None,
    after: tuple[datetime, str],
    limit: int,
) -> list[Proposal]:
    """Those of some creditors (None: of all), the oldest first."""
    return [
        Proposal(*row) for row in await connection.fetch(_LIST, creditors, state, *after, limit)
    ]


async def take(connection: Connection, one: Proposal, now: datetime) -> bool:
    """Be the one who does it; false where it is decided, or somebody else does it."""
    taken = await connection.fetchval(_TAKE, one.id, now, now - TAKEN_FOR, one.creditor)
    return taken is not None


async def leave(connection: Connection, one: Proposal) -> None:
    """It was not done: it waits as before."""
    await connection.execute(_LEAVE, one.id, one.creditor)


async def settle(
    connection: Connection, one: Proposal, state: str, now: datetime, by: str, who: Recorder
) -> None:
    """It is done, or will not be."""
    await connection.execute(_SETTLE, one.id, state, now, by, who.issuer, who.subject, one.creditor)
