"""Erasures that neither the backup nor the bus knows, from the list that is kept apart."""

import uuid
from datetime import datetime
from pathlib import Path

from arrears.databases import open_databases
from chassis.errors import Misconfigured
from chassis.runtime import erasure_journal
from chassis.runtime.forgetting import erased_keys
from chassis.settings import Settings
from chassis.store.pool import connected
from contracts import ledger
from contracts.codec import Message, decode, encode
from contracts.words.streams import Subject

_SOURCE = "arrears/restore"


def listed(settings: Settings, more: Path | None) -> list[Subject] | None:
    """Who was erased, after the file of the settings and another one; None where there is none.

    Raises `Misconfigured` for one that was named and is not there, or is no such list.
    """
    if more is not None and not more.is_file():
        raise Misconfigured(f"there is no list of erasures {more}")
    files = [one for one in (settings.erasures, more) if one is not None and one.is_file()]
    found = [who for one in files for who in erasure_journal.read(one)]
    return list(dict.fromkeys(found)) if files else None


async def export(settings: Settings, to: Path, now: datetime) -> int:
    """Note in a file whom the ledger's store knows to be erased; answers how many were added."""
    async with (
        open_databases(settings, ["ledger"], bus=False) as databases,
        connected(databases.services["ledger"], "ledger") as connection,
    ):
        erased = await erased_keys(connection)
    return erasure_journal.add(to, erased, now)


def confirmed(who: Subject, at: datetime) -> Message:
    """What the ledger would say of an erasure that a person confirmed."""
    data = ledger.AccountErasureConfirmed(account_id=who.account)
    value = encode(
        data,
        id=uuid.uuid4().hex,
        source=_SOURCE,
        time=at,
        creditor=who.creditor,
        subject=who.account,
    )
    return decode(value, ())
