"""The rows of one lane: carried into another database of the service, and taken away.

Rows travel in PostgreSQL's text form of COPY. Those of views and keys have no lane: they belong to
the debtors whose streams the lane has.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

from asyncpg import Connection

from chassis.store import lane_letters, removal
from chassis.store.wrapping import Master

_OF_LANE = (
    "view_cursors",
    "relay",
    "offsets",
    "backed_up",
    "forget_queue",
    "inbox",
    "proposals",
    "proposal_chain",
    "state",
    "events",
    "event_chain",
)
# What an instance makes for every lane.
_MAKE_ROOM = ("delete from relay where lane = $1", "delete from view_cursors where lane = $1")
_SUBJECTS = """
create temp table moving on commit drop as
select distinct split_part(substr(stream, strpos(stream, '-') + 1), '/', 1) collate "C" as creditor,
  split_part(stream, '/', 2) collate "C" as account, true as has_streams
from state where lane = $1 and strpos(stream, '/') > 0"""
_INDEX_SUBJECTS = "create index on moving (creditor, account)"
_LETTER_SUBJECTS = """
insert into moving (creditor, account, has_streams)
select creditor, account, false from dead_letters where lane = $1
union select a.creditor, a.account, false from dead_letter_actions a
  join dead_letters l on l.id = a.letter where l.lane = $1 and a.creditor is not null
except select creditor, account, false from moving"""
_COLUMNS = """
select attname::text from pg_attribute
where attrelid = to_regclass($1) and attnum > 0 and not attisdropped order by attnum"""
_STAGE = "create temp table arriving (like {table}) on commit drop"
_UNSTAGE = "insert into {table} select * from arriving on conflict do nothing"
_STAGED_OVER = "drop table arriving"
_NO_LETTERS = "delete from dead_letters where lane = $1"
_TRACES = """
select t.* from traces t join events e on e.stream = t.stream and e.version = t.version
where e.lane = $1"""
_NO_TRACES = """
delete from traces t using events e
where e.stream = t.stream and e.version = t.version and e.lane = $1"""
# The key of nobody ('-'), or of a creditor as a whole, seals letters of several lanes.
_NO_KEYS = """
delete from subject_keys k using moving m
where m.creditor = k.creditor and m.account = k.account and k.account not in ('-', '*')
  and not exists (select from state s where s.lane <> $1
    and s.stream = 'account-' || k.creditor || '/' || k.account)
  and not exists (select from dead_letters l where l.lane <> $1
    and l.creditor = k.creditor and l.account = k.account)"""
_LEFT_SHARED = "select * from inbox where lane is null"
_WAITING_MAX = 16
_END = b""


async def carry(
    source: Connection, target: Connection, lane: int, views: Sequence[str], master: Master
) -> None:
    """Write what a store has of a lane into another one; both connections are in transactions, the
    source's in one snapshot, and nobody writes in the lane.

    `views` are the tables of the views, `master` is the key-encryption key. Raises `Misconfigured`
    for a debtor for whom both have a key of their own that seals more than letters.
    """
    await removal.allow(target)  # what is linked there brings its links along
    for statement in _MAKE_ROOM:
        await target.execute(statement, lane)
    await _name_subjects(source, lane)
    for table in _OF_LANE:
        query = f"select * from {table} where lane = $1"  # noqa: S608 - names of ours
        await _copy(source, target, table, query, lane)
    for table in views:
        await _copy(source, target, table, f"{_of_subjects(table)} where has_streams")
    await _copy(source, target, "traces", _TRACES, lane)
    await _copy_new(source, target, "inbox", _LEFT_SHARED)
    await _copy_new(source, target, "idempotency", "select * from idempotency")
    await _stage(source, target, "subject_keys", _of_subjects("subject_keys"))
    keys = await lane_letters.two_keys(source, target, master)
    await _unstage(target, "subject_keys")
    await lane_letters.carry(source, target, lane, keys)


async def remove(connection: Connection, lane: int, views: Sequence[str]) -> None:
    """Take away what a store has of a lane, in a transaction.

    The places of the views go first: whoever brings them up to date holds their rows.
    """
    await removal.allow(connection)
    await _name_subjects(connection, lane)
    await connection.execute("delete from view_cursors where lane = $1", lane)
    for table in views:
        await connection.execute(
            f"delete from {table} t using moving m "  # noqa: S608 - names of ours
            "where t.creditor = m.creditor and t.account = m.account and m.has_streams"
        )
    await connection.execute(_NO_KEYS, lane)
    await connection.execute(_NO_LETTERS, lane)
    await connection.execute(_NO_TRACES, lane)
    for table in _OF_LANE:
        await connection.execute(f"delete from {table} where lane = $1", lane)  # noqa: S608


async def _name_subjects(connection: Connection, lane: int) -> None:
    """Make a table of the debtors whose rows go with a lane, for as long as the transaction."""
    await connection.execute(_SUBJECTS.replace("$1", str(lane)))
    await connection.execute(_LETTER_SUBJECTS, lane)
    await connection.execute(_INDEX_SUBJECTS)
    await connection.execute("analyze moving")


def _of_subjects(table: str) -> str:
    return f"select t.* from {table} t join moving using (creditor, account)"  # noqa: S608


async def _copy_new(source: Connection, target: Connection, table: str, query: str) -> None:
    """Carry rows of which the target may have some."""
    await _stage(source, target, table, query)
    await _unstage(target, table)


async def _stage(source: Connection, target: Connection, table: str, query: str) -> None:
    await target.execute(_STAGE.format(table=table))
    await _copy(source, target, table, query, into="arriving")


async def _unstage(target: Connection, table: str) -> None:
    await target.execute(_UNSTAGE.format(table=table))
    await target.execute(_STAGED_OVER)


async def _copy(
    source: Connection,
    target: Connection,
    table: str,
    query: str,
    *values: object,
    into: str | None = None,
) -> None:
    """Carry the rows of a query over as they come."""
    columns = [row["attname"] for row in await source.fetch(_COLUMNS, table)]
    named = query.replace("t.*", ", ".join(f"t.{name}" for name in columns))
    named = named.replace("select *", f"select {', '.join(columns)}")
    rows: asyncio.Queue[bytes] = asyncio.Queue(_WAITING_MAX)

    async def read() -> None:
        await source.copy_from_query(named, *values, output=rows.put, timeout=None)
        await rows.put(_END)

    async def read_rows() -> AsyncIterator[bytes]:
        while (chunk := await rows.get()) != _END:
            yield chunk

    async with asyncio.TaskGroup() as both:
        both.create_task(read())
        await target.copy_to_table(into or table, source=read_rows(), columns=columns, timeout=None)
