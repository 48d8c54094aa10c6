"""The dead letters of a lane, carried into another database of the service.

They get numbers of the target. Letters that name nobody, or a creditor as a whole, come in every
lane, so both databases may have made a key for them: what is sealed with the source's is sealed
with the target's instead.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from asyncpg import Connection

from chassis.errors import Misconfigured
from chassis.store.vault import Field, KeyRing
from chassis.store.wrapping import Master
from contracts.words.streams import Subject

_LETTERS = "select * from dead_letters where lane = $1 order by id"
_ACTIONS = "select * from dead_letter_actions where letter = $1 order by id"
_OTHER_KEYS = """
select a.creditor, a.account, a.wrapped, k.wrapped as ours
from arriving a join subject_keys k using (creditor, account)
where a.wrapped is distinct from k.wrapped"""
_HAVE_STREAMS = """
select creditor, account from moving
where has_streams and (creditor, account) in (select * from unnest($1::text[], $2::text[]))"""


class TwoKeys:
    """The debtors for whom both databases have a key of their own."""

    def __init__(self, master: Master, rows: Sequence[Any] = ()) -> None:
        subjects = [Subject(row["creditor"], row["account"]) for row in rows]
        pairs = zip(subjects, rows, strict=True)
        self._subjects = frozenset(subjects)
        self._theirs = KeyRing(master, {one: row["wrapped"] for one, row in pairs})
        pairs = zip(subjects, rows, strict=True)
        self._ours = KeyRing(master, {one: row["ours"] for one, row in pairs})

    def sealed(self, subject: Subject, sealed: bytes | None, field: Field) -> bytes | None:
        """What was sealed in the source, so that the target opens it."""
        if sealed is None or subject not in self._subjects:
            return sealed
        opened = self._theirs.open(subject, sealed, field)
        return None if opened is None else self._ours.seal(subject, opened, field)


async def two_keys(source: Connection, target: Connection, master: Master) -> TwoKeys:
    """Compare the keys that arrive with the target's; raises `Misconfigured` where both seal more
    than letters.
    """
    rows = await target.fetch(_OTHER_KEYS)
    columns = [row["creditor"] for row in rows], [row["account"] for row in rows]
    both = await source.fetchrow(_HAVE_STREAMS, *columns)
    if both is not None:
        raise Misconfigured(
            f"both databases have a key of their own for {both['creditor']}/{both['account']}, of "
            "whom a message came in a lane that is not the account's: discard its letter there"
        )
    return TwoKeys(master, rows)


async def carry(source: Connection, target: Connection, lane: int, keys: TwoKeys) -> None:
    """Write the letters of a lane, and what people did with them, into the target."""
    for letter in await source.fetch(_LETTERS, lane):
        about = Subject(letter["creditor"], letter["account"])
        original = keys.sealed(about, letter["original"], "letter")
        number = await _insert(target, "dead_letters", dict(letter) | {"original": original})
        for action in await source.fetch(_ACTIONS, letter["id"]):
            named = action["creditor"] is not None
            whose = Subject(action["creditor"], action["account"]) if named else about
            said = keys.sealed(whose, action["said"], "said") or b""
            changed = {"letter": number, "said": said}
            await _insert(target, "dead_letter_actions", dict(action) | changed)


async def _insert(target: Connection, table: str, row: Mapping[str, object]) -> int:
    values = {name: value for name, value in row.items() if name != "id"}
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    number: int = await target.fetchval(
        f"insert into {table} ({', '.join(values)}) values ({places}) returning id",  # noqa: S608
        *values.values(),
    )
    return number
