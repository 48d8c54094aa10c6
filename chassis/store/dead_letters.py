"""What could not be processed: kept with its reason and its sealed original bytes, listed, retried,
published to `<topic>.dlq`.
"""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from asyncpg import Connection

from chassis.bus.base import Record
from chassis.errors import NotFound, Rejected
from chassis.logging import get_logger
from chassis.store.elsewhere import require_here
from chassis.store.vault import UNATTRIBUTED, KeyRing
from contracts.characters import CLEANED, clean, clean_lines
from contracts.envelope import Told
from contracts.words.streams import Subject, subject_of_key

log = get_logger(__name__)

REASON_MAX = 1000
_NAME_MAX = 256
_SEALED_MAX = 700_000  # bytes; base64 and the rest stay below what a message may have
_PARK = """
insert into dead_letters (at, lane, source, source_offset, message_id, message_type,
  creditor, account, error, reason, original, holds_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"""
_UNPUBLISHED = """
select id, at, source, source_offset, message_id, message_type,
  creditor, account, error, reason, original
from dead_letters where lane = $1 and not published order by id limit $2"""
_MARK_PUBLISHED = "update dead_letters set published = true where id = any($1::bigint[])"
_LIST = """
select id, at, lane, source, source_offset, message_id, message_type,
  creditor, account, error, reason, state, stream, version
from dead_letters
where id > $1 and ($2::text is null or state = $2) and ($3::text[] is null or creditor = any($3))
  and ($4::text is null or account = $4)
order by id limit $5"""
_GET = "select * from dead_letters where id = $1"
_GET_LOCKED = "select * from dead_letters where id = $1 for update"
_DISCARD = "update dead_letters set state = 'discarded' where id = $1"
_WAITING = """
select id from dead_letters
where creditor = $1 and lane = $2 and state = 'parked' and error = 'NotFound' order by id"""
_WAITING_ACCOUNT = """
select id from dead_letters
where creditor = $1 and account = $2 and state = 'parked' and error = 'NotFound' order by id"""
_WAITING_IN_LANE = """
select id, creditor, account from dead_letters
where lane = $1 and state = 'parked' and error = 'NotFound' order by id"""
_OPEN_IN = """
select source, count(*) from dead_letters
where state = 'parked' and lane = any($1::int[]) group by source"""
_RESOLVE = "update dead_letters set state = 'resolved' where id = $1 and state = 'parked'"
_REFUSED_AGAIN = "update dead_letters set error = $2, reason = $3 where id = $1"


class Parked(NamedTuple):
    """A message on its way to the dead letters; `holds_id` when its row is in the inbox, although
    it had no effect.
    """

    lane: int
    source: str
    offset: int | None
    message_id: str | None
    message_type: str | None
    subject: Subject
    error: str
    reason: str
    original: "Original"
    holds_id: bool = False

    def plain(self) -> "Parked":
        """The letter with texts that any store takes, whatever was in the message."""
        id_, kind = self.message_id, self.message_type
        creditor, account = self.subject
        return self._replace(
            message_id=None if id_ is None else clean(id_, _NAME_MAX),
            message_type=None if kind is None else clean(kind, _NAME_MAX),
            subject=Subject(clean(creditor, _NAME_MAX), clean(account, _NAME_MAX)),
            reason=clean(self.reason, REASON_MAX),
        )


def about(letter: Parked) -> Any:
    """A logger that says of a dead letter where it came from, and why."""
    return log.bind(
        lane=letter.lane,
        topic=letter.source,
        offset=letter.offset,
        message_id=letter.message_id,
        message_type=letter.message_type,
        reason_class=letter.error,
        reason=letter.reason,
    )


class Original(NamedTuple):
    """The bytes as they came, to be handled again."""

    value: bytes
    headers: tuple[tuple[str, bytes], ...]


def pack_original(value: bytes, headers: Sequence[tuple[str, bytes]]) -> dict[str, Any]:
    """Original bytes and headers as a JSON-able value, ready to be sealed."""
    return {
        "value": base64.b64encode(value).decode(),
        "headers": [[name, base64.b64encode(content or b"").decode()] for name, content in headers],
    }


def unpack_original(packed: dict[str, Any]) -> Original:
    """The reverse of `pack_original`."""
    return Original(
        base64.b64decode(packed["value"]),
        tuple((name, base64.b64decode(content)) for name, content in packed["headers"]),
    )


def subject_of(record: Record, said: Told) -> Subject:
    """Whom a record is about, as far as its envelope tells, or else its key."""
    if said.creditor and said.subject:
        return Subject(said.creditor, said.subject)
    creditor, account = subject_of_key(record.key or b"")
    if creditor and account and said.creditor in (None, creditor):
        return Subject(clean(creditor, _NAME_MAX), clean(account, _NAME_MAX))
    return UNATTRIBUTED


def names_nobody(subject: Subject) -> bool:
    """Whether a letter is about nobody that a message could name: no erasure would reach it."""
    return subject == UNATTRIBUTED or any(CLEANED in name for name in subject)


async def park(connection: Connection, keys: KeyRing, now: datetime, parked: Parked) -> None:
    """Write one dead letter, its original sealed under the debtor's key (whose ring the caller
    stores).
    """
    sealed = keys.seal(
        parked.subject, pack_original(parked.original.value, parked.original.headers), "letter"
    )
    await connection.execute(
        _PARK,
        now,
        parked.lane,
        parked.source,
        parked.offset,
        parked.message_id,
        parked.message_type,
        parked.subject.creditor,
        parked.subject.account,
        parked.error,
        clean_lines(parked.reason),  # whatever an error quotes, the letter is kept
        sealed,
        parked.holds_id,
    )


async def unpublished(connection: Connection, lane: int, limit: int) -> list[Any]:
    """Dead letters not yet on their topic."""
    rows: list[Any] = await connection.fetch(_UNPUBLISHED, lane, limit)
    return rows


async def mark_published(connection: Connection, ids: Sequence[int]) -> None:
    """Remember that these are on their topic."""
    await connection.execute(_MARK_PUBLISHED, ids)


async def listing(
    connection: Connection,
    *,
    after: int = 0,
    state: str | None = None,
    creditors: Sequence[str] | None = None,
    account: str | None = None,
    limit: int = 100,
) -> list[Any]:
    """Dead letters in order of arrival, without their originals; `creditors`, `account` and
    `state` None mean all.
    """
    rows: list[Any] = await connection.fetch(_LIST, after, state, creditors, account, limit)
    return rows


async def get(connection: Connection, letter_id: int) -> Any:
    """One dead letter with everything, or None."""
    return await connection.fetchrow(_GET, letter_id)


async def open_letter(connection: Connection, letter_id: int) -> Any:
    """A letter that is still to be dealt with, locked until the transaction ends; raises `NotFound`
    where there is none, `Rejected` for one that was closed, `Elsewhere` while its lane leaves.
    """
    letter = await connection.fetchrow(_GET_LOCKED, letter_id)
    if letter is None:
        raise NotFound(f"there is no dead letter {letter_id}")
    await require_here(connection, letter["lane"])
    if letter["state"] != "parked":
        raise Rejected(f"dead letter {letter_id} is {letter['state']}")
    return letter


async def discard(connection: Connection, letter_id: int) -> None:
    """Close a letter without an effect."""
    await connection.execute(_DISCARD, letter_id)


async def waiting_for(connection: Connection, creditor: str, lane: int) -> list[int]:
    """The letters parked because something they need was not known yet, oldest first."""
    return [row["id"] for row in await connection.fetch(_WAITING, creditor, lane)]


async def waiting_for_account(connection: Connection, creditor: str, account: str) -> list[int]:
    """The letters of one account parked because something was not known yet, oldest first."""
    return [row["id"] for row in await connection.fetch(_WAITING_ACCOUNT, creditor, account)]


async def waiting_in(connection: Connection, lane: int) -> dict[int, Subject]:
    """The letters of a lane parked because something was not known yet, oldest first, and whose
    each is.
    """
    rows = await connection.fetch(_WAITING_IN_LANE, lane)
    return {letter: Subject(creditor, account) for letter, creditor, account in rows}


async def open_in(connection: Connection, lanes: Sequence[int]) -> dict[str, int]:
    """How many letters of some lanes nobody dealt with yet, by source."""
    return dict(await connection.fetch(_OPEN_IN, lanes))


async def resolve(connection: Connection, letter_id: int) -> bool:
    """Mark as processed after all; False when somebody else did."""
    status: str = await connection.execute(_RESOLVE, letter_id)
    return status == "UPDATE 1"


async def refuse_again(connection: Connection, letter_id: int, error: str, reason: str) -> None:
    """Keep the newest reason of a retried letter."""
    await connection.execute(_REFUSED_AGAIN, letter_id, error, reason)


def dlq_value(letter: Any, service: str) -> bytes:
    """The public form of a dead letter on `<topic>.dlq`: why, and the original sealed under the
    debtor's key. One that is too large for the bus once more, or names nobody whose erasure could
    reach it there, the service alone has.
    """
    sealed = letter["original"] or b""
    nobodys = names_nobody(Subject(letter["creditor"], letter["account"]))
    if nobodys or len(sealed) > _SEALED_MAX:
        sealed = b""
    return msgspec.json.encode(
        {
            "service": service,
            "dead_letter": letter["id"],
            "at": letter["at"],
            "source": letter["source"],
            "offset": letter["source_offset"],
            "message_id": letter["message_id"],
            "message_type": letter["message_type"],
            "error": letter["error"],
            "reason": letter["reason"],
            "sealed_original": base64.b64encode(sealed).decode(),
        }
    )
