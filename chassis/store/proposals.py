"""What one person asked for and a second has to approve before it is done, as rows. The database
keeps from changing what they say, and links it (`verifying_proposals.py`).

A row is taken by whoever approves it before it is done, so that it is done once. Where that
process ends in the middle, it may be taken again a minute later: what it leads to has its id as
cause, and is found. One that only stood still does nothing any more then: what is done is committed
while the row is held.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from asyncpg import Connection

from chassis.errors import Rejected
from chassis.recorders import Recorder
from chassis.store.vault import KeyRing
from contracts.words.streams import Subject

TAKEN_FOR = timedelta(minutes=1)
_ADD = """
insert into proposals (id, lane, at, creditor, account, kind, amount, asked, by, issuer, subject)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing"""
_GET = """
select id, at, creditor, account, kind, amount, asked, by, issuer, subject, state,
  decided_at, decided_by, decided_subject, decided_reason
from proposals where id = $1 and ($2::text[] is null or creditor = any($2))
order by state = 'waiting' desc, creditor limit 1"""
_LIST = """
select id, at, creditor, account, kind, amount, asked, by, issuer, subject, state,
  decided_at, decided_by, decided_subject, decided_reason
from proposals
where ($1::text[] is null or creditor = any($1)) and ($2::text is null or state = $2)
  and ($3::text is null or coalesce(account, '*') = $3)
  and (at, id) > ($4, $5) order by at, id limit $6"""
_ALIKE = """
select id, at, creditor, account, kind, amount, asked, by, issuer, subject, state,
  decided_at, decided_by, decided_subject, decided_reason
from proposals
where creditor = $1 and coalesce(account, '*') = $2 and kind = $3 and state = 'waiting'
  and subject = $4 order by at, id"""
_TAKE = """
update proposals set taken_at = $2
where id = $1 and creditor = $4 and state = 'waiting'
  and (taken_at is null or taken_at <= $3) returning id"""
_HELD = """
select true from proposals
where id = $1 and creditor = $2 and state = 'waiting' and taken_at = $3 for update"""
_LEAVE = """
update proposals set taken_at = null
where id = $1 and creditor = $2 and state = 'waiting' and taken_at = $3"""
_SETTLE = """
update proposals set state = $2, decided_at = $3, decided_by = $4, decided_issuer = $5,
  decided_subject = $6, decided_reason = $8
where id = $1 and creditor = $7 and state = 'waiting'"""


class Proposal(NamedTuple):
    """Something asked for: of which kind, about whom, how much it is worth, and what exactly
    (sealed, as why it was decided so). `by` is a name, issuer and subject are the token's.
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
    decided_reason: bytes | None = None

    @property
    def whose(self) -> Subject:
        """Under whose key what is asked is sealed."""
        return Subject(self.creditor, self.account or "*")

    def opened(self, keys: KeyRing) -> dict[str, Any] | None:
        """What is asked; None when the debtor was erased."""
        found = keys.open(self.whose, self.asked, "proposal")
        return found if isinstance(found, dict) else None

    def why(self, keys: KeyRing) -> str | None:
        """Why it was decided so; None where nobody said, or the debtor was erased."""
        found = keys.open(self.whose, self.decided_reason or b"", "reason")
        return found if isinstance(found, str) else None


class Decided(NamedTuple):
    """How and when something was decided, by whom and whose token, and why (sealed)."""

    state: str
    at: datetime
    by: str
    who: Recorder
    reason: bytes | None


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


class Wanted(NamedTuple):
    """Which are wanted: of some creditors (None: of all), in a state, about an account (`*`: about
    a creditor as a whole).
    """

    creditors: list[str] | None = None
    state: str | None = None
    account: str | None = None


async def listing(
    connection: Connection, wanted: Wanted, after: tuple[datetime, str], limit: int
) -> list[Proposal]:
    """Those that are wanted, the oldest first."""
    return [Proposal(*row) for row in await connection.fetch(_LIST, *wanted, *after, limit)]


async def alike(connection: Connection, one: Subject, kind: str, subject: str) -> list[Proposal]:
    """What of a kind somebody (a token's subject) asked for about somebody, and waits."""
    return [Proposal(*row) for row in await connection.fetch(_ALIKE, *one, kind, subject)]


async def take(connection: Connection, one: Proposal, now: datetime) -> bool:
    """Be the one who does it; false where it is decided, or somebody else does it."""
    taken = await connection.fetchval(_TAKE, one.id, now, now - TAKEN_FOR, one.creditor)
    return taken is not None


async def hold(connection: Connection, one: Proposal, at: datetime) -> None:
    """Keep it for the transaction; raises `Rejected` where who took it then has it no longer."""
    if not await connection.fetchval(_HELD, one.id, one.creditor, at):
        raise Rejected(f"proposal {one.id} was decided meanwhile, or is being decided")


async def leave(connection: Connection, one: Proposal, at: datetime) -> None:
    """It was not done by who took it then: it waits as before."""
    await connection.execute(_LEAVE, one.id, one.creditor, at)


async def settle(connection: Connection, one: Proposal, decision: Decided) -> None:
    """It is done, or will not be."""
    d = decision
    told = (d.state, d.at, d.by, d.who.issuer, d.who.subject, one.creditor, d.reason)
    await connection.execute(_SETTLE, one.id, *told)
