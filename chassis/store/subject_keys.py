"""The data keys of debtors as the store keeps them: wrapped, or the mark that one was erased."""

from collections.abc import Sequence
from datetime import datetime

from asyncpg import Connection

from chassis.errors import Conflict
from chassis.store.proposals import TAKEN_FOR
from chassis.store.vault import KeyRing
from contracts.words.streams import Subject, account_stream

_WRAPPED = """
select creditor, account, wrapped from subject_keys
where (creditor, account) in (select * from unnest($1::text[], $2::text[]))"""
_ADD = """
insert into subject_keys (creditor, account, wrapped)
select * from unnest($1::text[], $2::text[], $3::bytea[])
on conflict do nothing"""
_ERASE = """
insert into subject_keys (creditor, account, erased_at) values ($1, $2, $3)
on conflict (creditor, account) do update set wrapped = null, erased_at = excluded.erased_at"""
_ERASE_LETTERS = """
update dead_letters set original = null, state = 'erased'
where creditor = $1 and account = $2 and stream is null"""
# One that is being done, or is done, is not: whoever does it, or decides next, says so.
_END_PROPOSALS = """
update proposals set state = 'rejected', decided_at = $3, decided_by = 'arrears',
  decided_subject = 'arrears/' || current_schema()
where creditor = $1 and account = $2 and state = 'waiting'
  and (taken_at is null or taken_at <= $4)
  and not exists (select from events where stream = $5 and cause = proposals.id)"""


async def wrapped(
    connection: Connection, subjects: Sequence[Subject]
) -> dict[Subject, bytes | None]:
    """The keys of some subjects; `None` stands for one that was erased."""
    rows = await connection.fetch(
        _WRAPPED, [one.creditor for one in subjects], [one.account for one in subjects]
    )
    return {Subject(creditor, account): key for creditor, account, key in rows}


async def save(connection: Connection, keys: KeyRing, now: datetime) -> None:
    """Write the keys a unit of work made and erased; raises `Conflict` when another writer made one
    of them first.
    """
    fresh = keys.fresh
    if fresh:
        status = await connection.execute(
            _ADD,
            [subject.creditor for subject in fresh],
            [subject.account for subject in fresh],
            list(fresh.values()),
        )
        if status != f"INSERT 0 {len(fresh)}":
            raise Conflict("another writer made a key for one of these debtors first")
    for subject in keys.erased:
        await connection.execute(_ERASE, subject.creditor, subject.account, now)
        await connection.execute(_ERASE_LETTERS, subject.creditor, subject.account)
        stream = account_stream(*subject)
        await connection.execute(_END_PROPOSALS, *subject, now, now - TAKEN_FOR, stream)
