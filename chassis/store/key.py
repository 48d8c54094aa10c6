"""A store knows its key-encryption key: an instance with another one does not start.

It would seal with it, and nobody else could read those debtors again. What the store keeps is a
keyed hash, which tells nothing of the key. While the key is being changed (`chassis.store.
rotating`) the store knows two, and an instance wants both.
"""

import asyncio
import hmac
from typing import NamedTuple

from asyncpg import Connection

from chassis import kek
from chassis.errors import Misconfigured
from chassis.settings import Settings
from chassis.store.vault import KeyRing, pseudonym_key
from chassis.store.wrapping import Master, check_value
from contracts.words.streams import Subject

_META = """
select epoch, key_check, next_key_check, pseudonyms,
  exists (select from events) or exists (select from subject_keys) as used
from store_meta"""
_FIX = "update store_meta set key_check = $1 where key_check is null"
_CHECK = "select key_check from store_meta"
_ANY_KEY = "select creditor, account, wrapped from subject_keys where wrapped is not null limit 1"
PSEUDONYMS = Subject("-", "pseudonyms")
"""Whose key the one of pseudonyms is, where it is kept wrapped."""


class StoreKeys(NamedTuple):
    """What a store's data keys are wrapped with, and the key of its pseudonyms."""

    master: Master
    pseudonyms: bytes


async def keys_of_store(connection: Connection, settings: Settings, service: str) -> StoreKeys:
    """The settings' keys, of which one is the store's; made when both are new.

    The first instance with a key makes it the store's, however many start at once. Raises
    `Misconfigured` when there is none for a store with data, or another than the store's.
    """
    epoch, known, following, frozen, used = await connection.fetchrow(_META)
    # A service that opens keys is asked in a thread: the loop goes on.
    key = await asyncio.to_thread(kek.present, settings, make=not used and known is None)
    if key is None:
        raise Misconfigured(
            f"the {service} store has data that are sealed, and there is no key-encryption key: "
            f"neither ARREARS_KEK nor the file {settings.kek_file}. A new one would not open "
            "them: bring the store's own back, which its other instances have"
        )
    if known is None:
        await _require_opens(connection, key, settings, service)
        await connection.execute(_FIX, check_value(key, epoch))
        known = await connection.fetchval(_CHECK)
    given = [key, await asyncio.to_thread(kek.following, settings)]
    keys = list(dict.fromkeys(one for one in given if one is not None))
    checks = [check_value(one, epoch) for one in keys]
    own = _place(known, checks)
    if own is None:
        raise _another(settings, service)
    if following is not None and _place(following, checks) is None:
        raise Misconfigured(
            f"the key-encryption key of the {service} store is being changed: start this instance "
            f"with the next one too, in ARREARS_KEK_NEXT or as the file {settings.kek_next_file}"
        )
    master = Master(keys, checks, service)
    master.agree(False, following or known)
    if frozen is None:
        return StoreKeys(master, pseudonym_key(keys[own]))
    return StoreKeys(master, master.unwrap(PSEUDONYMS, frozen))


def _place(check: bytes, checks: list[bytes]) -> int | None:
    return next((n for n, one in enumerate(checks) if hmac.compare_digest(one, check)), None)


async def _require_opens(
    connection: Connection, key: bytes, settings: Settings, service: str
) -> None:
    """Of a store from before there were check values: whether the key opens what is there."""
    row = await connection.fetchrow(_ANY_KEY)
    if row is None:
        return
    master = Master([key], service=service)
    try:
        KeyRing(master, {Subject(row["creditor"], row["account"]): row["wrapped"]})
    except Misconfigured:
        raise _another(settings, service) from None


def _another(settings: Settings, service: str) -> Misconfigured:
    return Misconfigured(
        f"the key-encryption key in {settings.kek_source} is not the one the {service} store is "
        "sealed with: nothing was changed. Start this instance with the key that the store's "
        "other instances have, in ARREARS_KEK or as that file"
    )
