"""A store knows its key-encryption key: an instance with another one does not start.

It would seal with it, and nobody else could read those debtors again. What the store keeps is a
keyed hash, which tells nothing of the key.
"""

import hmac
from hashlib import sha256

from asyncpg import Connection

from chassis.errors import Misconfigured
from chassis.settings import Settings
from chassis.store.vault import KeyRing, master_key
from contracts.words.streams import Subject

_META = """
select epoch, key_check, exists (select from events) or exists (select from subject_keys) as used
from store_meta"""
_FIX = "update store_meta set key_check = $1 where key_check is null"
_CHECK = "select key_check from store_meta"
_ANY_KEY = "select creditor, account, wrapped from subject_keys where wrapped is not null limit 1"
_PURPOSE = b"arrears key-encryption key of store "


async def key_of_store(connection: Connection, settings: Settings, service: str) -> bytes:
    """The settings' key, which is the store's; made when both are new.

    The first instance with a key makes it the store's, however many start at once. Raises
    `Misconfigured` when there is none for a store with data, or another than the store's.
    """
    epoch, known, used = await connection.fetchrow(_META)
    key = settings.key_encryption_key(make=not used and known is None)
    if key is None:
        raise Misconfigured(
            f"the {service} store has data that are sealed, and there is no key-encryption key: "
            f"neither ARREARS_KEK nor the file {settings.kek_file}. A new one would not open "
            "them: bring the store's own back, which its other instances have"
        )
    check = check_value(key, epoch)
    if known is None:
        await _require_opens(connection, key, settings, service)
        await connection.execute(_FIX, check)
        known = await connection.fetchval(_CHECK)
    if not hmac.compare_digest(known, check):
        raise _another(settings, service)
    return key


def check_value(key: bytes, epoch: str) -> bytes:
    """By what a store whose first epoch this is knows its key."""
    return hmac.digest(key, _PURPOSE + epoch.encode(), sha256)


async def _require_opens(
    connection: Connection, key: bytes, settings: Settings, service: str
) -> None:
    """Of a store from before there were check values: whether the key opens what is there."""
    row = await connection.fetchrow(_ANY_KEY)
    if row is None:
        return
    try:
        KeyRing(master_key(key), {Subject(row["creditor"], row["account"]): row["wrapped"]})
    except Misconfigured:
        raise _another(settings, service) from None


def _another(settings: Settings, service: str) -> Misconfigured:
    return Misconfigured(
        f"the key-encryption key in {settings.kek_source} is not the one the {service} store is "
        "sealed with: nothing was changed. Start this instance with the key that the store's "
        "other instances have, in ARREARS_KEK or as that file"
    )
