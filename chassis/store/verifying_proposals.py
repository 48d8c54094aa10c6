"""Whether what was proposed and decided is what it was when it was written."""

import hashlib
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from asyncpg import Connection

from chassis.store.access import NOWHERE, End
from chassis.store.verifying import Damage

_LINKS = """
select c.number, c.at as linked_at, c.creditor as whose, c.proposal, c.state as linked, c.digest,
  c.hash, p.*
from proposal_chain c left join proposals p on p.creditor = c.creditor and p.id = c.proposal
where c.lane = $1 and c.number > $2 order by c.number limit $3"""
_UNLINKED = """
select p.lane, p.creditor, p.id, s.state from proposals p
cross join lateral (select unnest(array['waiting', p.state]) as state) s
where not exists (select from proposal_chain c
  where c.creditor = p.creditor and c.proposal = p.id and c.lane = p.lane and c.state = s.state)
group by 1, 2, 3, 4 order by 1, 2, 3, 4"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_AT_ONCE = 1_000
_UNDECIDED: Mapping[str, Any] = {
    "state": "waiting",
    "decided_at": None,
    "decided_by": None,
    "decided_issuer": None,
    "decided_subject": None,
    "decided_reason": None,
}


class Verified(NamedTuple):
    """How many proposals and decisions were compared, what is wrong, and where each lane ends."""

    links: int
    damage: Sequence[Damage]
    ends: Mapping[int, End]


async def verify(
    connection: Connection, lanes: Collection[int], seen: Mapping[int, End]
) -> Verified:
    """Compare all of them in the lanes given with their chains, in one snapshot; `seen` is where
    these ended before.
    """
    damage: list[Damage] = []
    ends: dict[int, End] = {}
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        for lane in lanes:
            last, before = NOWHERE, seen.get(lane, NOWHERE)
            async for row in _links(connection, lane):
                damage += _faults(lane, last, row)
                last = End(row["number"], row["hash"])
                if last.number == before.number and last.hash != before.hash:
                    what = f"link {last.number} of the proposals, seen before, is another one"
                    damage.append(Damage(what, lane))
            if last.number < before.number:
                what = f"link {before.number} of the proposals, seen before, is gone"
                damage.append(Damage(what, lane))
            ends[lane] = last
        for lane, creditor, one, state in await connection.fetch(_UNLINKED):
            damage.append(Damage(f"proposal {one} of {creditor} was never {state}", lane))
    return Verified(sum(end.number for end in ends.values()), damage, ends)


async def _links(connection: Connection, lane: int) -> AsyncIterator[Any]:
    after = 0
    while rows := await connection.fetch(_LINKS, lane, after, _AT_ONCE):
        for row in rows:
            yield row
        after = rows[-1]["number"]


def _faults(lane: int, last: End, row: Any) -> Iterator[Damage]:
    which = f"proposal {row['proposal']} of {row['whose']}"
    if row["number"] != last.number + 1:
        yield Damage(f"link {last.number + 1} of the proposals is gone", lane)
    elif hash_of(lane, row, last.hash) != row["hash"]:
        yield Damage(f"link {row['number']} of the proposals was changed", lane)
    if row["id"] is None:
        yield Damage(f"{which}, which was {row['linked']}, is gone", lane)
    elif digest_of(row, row["linked"]) != row["digest"]:
        yield Damage(f"{which} was changed since it was {row['linked']}", lane)


def hash_of(lane: int, row: Any, before: bytes) -> bytes:
    """The hash of a link behind another, as `link_proposal` of the store makes it."""
    head = f"{lane}\n{row['number']}\n{_micros(row['linked_at'])}"
    return hashlib.sha256(before + head.encode() + row["digest"]).digest()


def digest_of(row: Any, state: str) -> bytes:
    """A proposal's own hash as `link_proposal` makes it: before it was decided (`waiting`), else as
    it is.
    """
    told = {**row, **(_UNDECIDED if state == "waiting" else {})}
    fields = (
        *(told["id"], told["lane"], _micros(told["at"]), told["creditor"], told["account"]),
        *(told["kind"], told["amount"], _hex(told["asked"]), told["by"], told["issuer"]),
        *(told["subject"], told["state"], _micros(told["decided_at"]), told["decided_by"]),
        *(told["decided_issuer"], told["decided_subject"], _hex(told["decided_reason"])),
    )
    parts = ("" if field is None else f"={field}" for field in fields)
    return hashlib.sha256(
        b"".join(hashlib.sha256(part.encode()).digest() for part in parts)
    ).digest()


def _micros(at: datetime | None) -> int | None:
    return None if at is None else (at - _EPOCH) // _MICROSECOND


def _hex(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()
