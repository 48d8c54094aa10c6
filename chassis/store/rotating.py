"""Bringing a new key-encryption key in, while instances work on.

1. Every instance has both keys, or it is refused.
2. The key of pseudonyms, which follows from the first key there was, is kept wrapped from now on:
   what is found by a pseudonym stays found.
3. The store says that the new key is to follow. Instances learn it when they next look at the
   lanes, wrap with it, and say so; none starts any more that has not both.
4. What the old one wraps is wrapped again, a portion at a time, each only if nobody changed it
   meanwhile: a debtor who is erased stays erased.
5. When nothing is left, the new key is the store's.

Whoever was cut off begins anew, and finds less to do.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from asyncpg import Connection

from chassis.errors import Misconfigured, Transient
from chassis.store.key import PSEUDONYMS
from chassis.store.vault import pseudonym_key
from chassis.store.wrapping import Master, begins, check_value, key_id
from contracts.words.streams import Subject

_META = "select epoch, key_check, next_key_check, pseudonyms, restoring from store_meta"
_WITHOUT = """
select instance from members
where seen_at > clock_timestamp() - make_interval(secs => $1)
  and not coalesce($2 = any(key_ids), false) limit 1"""
_NOT_YET = """
select instance from members
where seen_at > clock_timestamp() - make_interval(secs => $1)
  and wraps_with is distinct from $2 limit 1"""
_FREEZE = "update store_meta set pseudonyms = $1 where pseudonyms is not distinct from $2"
_FOLLOW = "update store_meta set next_key_check = $1 where key_check = $2"
_DONE = """
update store_meta set key_check = next_key_check, next_key_check = null
where next_key_check = $1"""
_OLD = """
select creditor, account, wrapped from subject_keys
where wrapped is not null and substr(wrapped, 1, $1) <> $2
  and (creditor, account) > ($3, $4)
order by creditor, account limit $5"""
_AGAIN = """
update subject_keys k set wrapped = n.wrapped
from unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[]) n (creditor, account, was, wrapped)
where k.creditor = n.creditor and k.account = n.account and k.wrapped = n.was
returning k.account"""
_COUNT = """
select substr(wrapped, 2, 8) as name, length(wrapped) > 60 as is_named, count(*) as number
from subject_keys where wrapped is not null group by 1, 2 order by 3 desc"""
_LOOK_SECONDS = 0.2
_PORTION = 500
_PASSES_MAX = 100


@dataclass(frozen=True)
class Rotation:
    """From one key to the next, in one store; `probe` is called between the steps."""

    connection: Connection
    service: str
    old: bytes
    new: bytes
    lease_seconds: float
    probe: Callable[[str], None]

    async def run(self) -> int:
        """Do what is left of it; answers how many keys were wrapped again.

        Raises `Misconfigured` where an instance lacks the new key, or the store has another one.
        """
        meta = await self.connection.fetchrow(_META)
        if meta["restoring"]:
            raise Misconfigured(f"the {self.service} store is being restored")
        before, after = (check_value(one, meta["epoch"]) for one in (self.old, self.new))
        master = Master([self.new, self.old], service=self.service)
        master.agree(is_naming=True)
        if meta["key_check"] != after:
            await self._begin(meta["key_check"], meta["next_key_check"], before, after)
            await self._freeze(master, meta["pseudonyms"])
            await self.connection.execute(_FOLLOW, after, before)
            self.probe("rotate.follows")
            await self._until_all_wrap()
        number = await self._wrap_again(master)
        await self.connection.execute(_DONE, after)
        self.probe("rotate.done")
        return number

    async def _begin(
        self, known: bytes | None, following: bytes | None, before: bytes, after: bytes
    ) -> None:
        if known is None:
            raise Misconfigured(f"the {self.service} store was never started: it has no key yet")
        if known != before:
            raise Misconfigured(f"the {self.service} store has another key-encryption key")
        if following not in {None, after}:
            raise Misconfigured(
                f"the {self.service} store's key is being changed to another one: give that as the "
                "next, and let it end first"
            )
        without = await self.connection.fetchval(_WITHOUT, self.lease_seconds, key_id(self.new))
        if without is not None:
            raise Misconfigured(
                f"instance {without} of {self.service} does not have the next key: start every "
                "instance with ARREARS_KEK_NEXT (or the file kek.next) first"
            )

    async def _freeze(self, master: Master, kept: bytes | None) -> None:
        raw = pseudonym_key(self.old) if kept is None else master.unwrap(PSEUDONYMS, kept)
        await self.connection.execute(_FREEZE, master.wrap(PSEUDONYMS, raw), kept)
        self.probe("rotate.frozen")

    async def _until_all_wrap(self) -> None:
        name, late = key_id(self.new), None
        for _ in range(int(3 * self.lease_seconds / _LOOK_SECONDS) + 1):
            late = await self.connection.fetchval(_NOT_YET, self.lease_seconds, name)
            if late is None:
                return
            await asyncio.sleep(_LOOK_SECONDS)
        raise Transient(f"instance {late} of {self.service} does not wrap with the next key yet")

    async def _wrap_again(self, master: Master) -> int:
        """Until none is left: no instance wraps with the old key any more."""
        number = 0
        for _ in range(_PASSES_MAX):
            found, done = await self._pass(master)
            number += done
            if not found:
                return number
            if not done:  # others write these at this moment
                await asyncio.sleep(_LOOK_SECONDS)
        raise Transient(f"somebody writes the keys of {self.service} all the time: call this again")

    async def _pass(self, master: Master) -> tuple[int, int]:
        """How many were found that the old key wraps, and how many of them were wrapped again."""
        head = begins(key_id(self.new))
        found, done, last = 0, 0, ("", "")
        while rows := await self.connection.fetch(_OLD, len(head), head, *last, _PORTION):
            subjects = [Subject(row["creditor"], row["account"]) for row in rows]
            was = [row["wrapped"] for row in rows]
            fresh = [
                master.wrap(one, master.unwrap(one, wrapped))
                for one, wrapped in zip(subjects, was, strict=True)
            ]
            changed = await self.connection.fetch(
                _AGAIN, [one.creditor for one in subjects], [one.account for one in subjects],
                was, fresh,
            )  # fmt: skip
            found, done, last = found + len(rows), done + len(changed), subjects[-1]
            self.probe("rotate.portion")
        return found, done


async def counted(connection: Connection) -> dict[str, int]:
    """How many data keys each key-encryption key wraps, by its id; no id: those that name none."""
    found: dict[str, int] = {}
    for row in await connection.fetch(_COUNT):
        name = row["name"].hex() if row["is_named"] else ""
        found[name] = found.get(name, 0) + row["number"]
    return found
