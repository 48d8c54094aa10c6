"""What people did with a dead letter: who, why and when; texts are sealed with its debtor's key."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from asyncpg import Connection

from chassis.store.dead_letters import Original, pack_original, unpack_original
from chassis.store.vault import KeyRing
from contracts.words.streams import Subject

Kind = Literal["retried", "edited", "discarded"]
Outcome = Literal["resolved", "refused", "discarded"]

_RECORD = """
insert into dead_letter_actions (letter, at, who, action, outcome, said)
values ($1, $2, $3, $4, $5, $6)"""
_OF_LETTER = """
select at, who, action, outcome, said from dead_letter_actions where letter = $1 order by id"""
_LAST_EDIT = """
select said from dead_letter_actions where letter = $1 and action = 'edited'
order by id desc limit 1"""


class Action(NamedTuple):
    """What somebody does with a letter, and why; `edited` is the body they put in its place."""

    kind: Kind
    who: str
    why: str
    edited: Original | None = None


async def record(
    connection: Connection,
    keys: KeyRing,
    now: datetime,
    letter: Mapping[str, Any],
    action: Action,
    outcome: Outcome,
    reason: str = "",
) -> None:
    """Write down what was done; `reason` is why it was refused again. The caller stores the ring of
    keys.
    """
    edited = None if action.edited is None else pack_original(*action.edited)
    said = {"why": action.why, "edited": edited, "reason": reason}
    sealed = keys.seal(_subject(letter), said)
    await connection.execute(_RECORD, letter["id"], now, action.who, action.kind, outcome, sealed)


async def of_letter(
    connection: Connection, keys: KeyRing, letter: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """All that was done with a letter, oldest first; texts are null once they were erased."""
    found = []
    for at, who, action, outcome, said in await connection.fetch(_OF_LETTER, letter["id"]):
        opened = keys.open(_subject(letter), said) or {}
        edited = opened.get("edited")
        found.append(
            {
                "at": at,
                "who": who,
                "action": action,
                "outcome": outcome,
                "why": opened.get("why"),
                "text": edited and unpack_original(edited).value.decode("utf-8", "replace"),
                "reason": opened.get("reason") or None,
            }
        )
    return found


async def last_edit(
    connection: Connection, keys: KeyRing, letter: Mapping[str, Any]
) -> Original | None:
    """The body that was put in the place of the original last."""
    said = await connection.fetchval(_LAST_EDIT, letter["id"])
    opened = None if said is None else keys.open(_subject(letter), said)
    return None if opened is None else unpack_original(opened["edited"])


def _subject(letter: Mapping[str, Any]) -> Subject:
    return Subject(letter["creditor"], letter["account"])
