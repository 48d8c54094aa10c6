"""What people did with a dead letter: who, why and when; texts are sealed with its debtor's key.

A letter that names nobody may be edited into a message that does: what was written then is sealed
with that debtor's key, and so is the letter itself once it had its effect.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from asyncpg import Connection

from chassis.errors import Rejected
from chassis.store.dead_letters import Original, pack_original, unpack_original
from chassis.store.vault import KeyRing
from contracts.words.streams import Subject

Kind = Literal["retried", "edited", "discarded"]
Outcome = Literal["resolved", "refused", "discarded"]
Keys = Callable[[Connection, Sequence[Subject]], Awaitable[KeyRing]]
"""Loads the keys of some subjects."""

_RECORD = """
insert into dead_letter_actions (letter, at, who, action, outcome, said, creditor, account)
values ($1, $2, $3, $4, $5, $6, $7, $8)"""
_OF_LETTER = """
select id, at, who, action, outcome, said, creditor, account
from dead_letter_actions where letter = $1 order by id"""
_LAST_EDIT = """
select said, creditor, account from dead_letter_actions where letter = $1 and action = 'edited'
order by id desc limit 1"""
_SEAL_AGAIN = "update dead_letter_actions set said = $2, creditor = $3, account = $4 where id = $1"
_ATTRIBUTE = "update dead_letters set creditor = $2, account = $3, original = $4 where id = $1"


class Action(NamedTuple):
    """What somebody does with a letter, and why; `edited` is the body they put in its place, and
    `about` whom that names.
    """

    kind: Kind
    who: str
    why: str
    edited: Original | None = None
    about: Subject | None = None


async def record(
    connection: Connection,
    keys: KeyRing,
    now: datetime,
    letter: Mapping[str, Any],
    action: Action,
    outcome: Outcome,
    reason: str = "",
) -> None:
    """Write down what was done; `reason` is why it was refused again. The caller loaded the keys of
    `subjects`, and stores them.
    """
    edited = None if action.edited is None else pack_original(*action.edited)
    said = {"why": action.why, "edited": edited, "reason": reason}
    about = subjects(letter, action)[-1]
    sealed = keys.seal(about, said, "said")
    what = action.who, action.kind, outcome
    await connection.execute(_RECORD, letter["id"], now, *what, sealed, *about)


def subjects(letter: Mapping[str, Any], action: Action | None) -> list[Subject]:
    """Whose keys it takes to record an action; the last one's seals it."""
    about = None if action is None else action.about
    return [subject_of(letter)] if about is None else [subject_of(letter), about]


async def of_letter(
    connection: Connection, keys_of: Keys, letter: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """All that was done with a letter, oldest first; texts are null once they were erased."""
    rows = await connection.fetch(_OF_LETTER, letter["id"])
    keys = await keys_of(connection, [_sealed_for(row, letter) for row in rows])
    found = []
    for row in rows:
        opened = keys.open(_sealed_for(row, letter), row["said"], "said") or {}
        edited = opened.get("edited")
        found.append(
            {
                **{name: row[name] for name in ("at", "who", "action", "outcome")},
                "why": opened.get("why"),
                "text": edited and unpack_original(edited).value.decode("utf-8", "replace"),
                "reason": opened.get("reason") or None,
            }
        )
    return found


async def last_edit(
    connection: Connection, keys_of: Keys, letter: Mapping[str, Any]
) -> Original | None:
    """The body that was put in the place of the original last, if any was; raises `Rejected` when
    that was erased with whom it named.
    """
    row = await connection.fetchrow(_LAST_EDIT, letter["id"])
    if row is None:
        return None
    about = _sealed_for(row, letter)
    opened = (await keys_of(connection, [about])).open(about, row["said"], "said")
    if opened is None:
        raise Rejected(f"the text put in the place of dead letter {letter['id']} was erased")
    return unpack_original(opened["edited"])


async def attribute(
    connection: Connection, keys: KeyRing, letter: Mapping[str, Any], about: Subject
) -> None:
    """A letter that named nobody is this debtor's from now on, with all that was written about it;
    `keys` has both, and the caller stores them.
    """
    nobody = subject_of(letter)
    original = keys.open(nobody, letter["original"] or b"", "letter")
    sealed = None if original is None else keys.seal(about, original, "letter")
    await connection.execute(_ATTRIBUTE, letter["id"], *about, sealed)
    for row in await connection.fetch(_OF_LETTER, letter["id"]):
        if _sealed_for(row, letter) == nobody:
            said = keys.seal(about, keys.open(nobody, row["said"], "said"), "said")
            await connection.execute(_SEAL_AGAIN, row["id"], said, *about)


def subject_of(letter: Mapping[str, Any]) -> Subject:
    """Whom a letter is about."""
    return Subject(letter["creditor"], letter["account"])


def _sealed_for(row: Mapping[str, Any], letter: Mapping[str, Any]) -> Subject:
    """Whose key seals an action's texts: the letter's, unless the row says so."""
    if row["creditor"] is None:
        return subject_of(letter)
    return Subject(row["creditor"], row["account"])
