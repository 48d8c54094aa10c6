"""A key-encryption key that got out opens nothing of a store once it was changed."""

import base64
from pathlib import Path

import asyncpg
import pytest

from arrears import rotating_keys
from arrears.stack import open_stack
from chassis.errors import Misconfigured
from chassis.settings import Settings
from chassis.store.wrapping import Master
from contracts.words.streams import Subject
from tests.support.processes import System

STOLEN = bytes(range(32))
DEBTOR = Subject("acme", "a")
_KEEP = "insert into ledger.subject_keys (creditor, account, wrapped) values ($1, $2, $3)"
_WRAPPED = "select wrapped from ledger.subject_keys where account = 'a'"


async def test_whoever_stole_the_key_opens_nothing_once_it_was_changed(
    database: str, tmp_path: Path
) -> None:
    kek = base64.b64encode(STOLEN).decode()
    settings = Settings(data_dir=tmp_path / "data", database_url=database, kek=kek)
    async with open_stack(settings, ["ledger"], durable=False, migrate=True):
        pass
    thief = Master([STOLEN], service="ledger")
    system = System(tmp_path, database_url=database, kek=kek)
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(_KEEP, *DEBTOR, thief.wrap(DEBTOR, b"k" * 32))
        with pytest.raises(Misconfigured, match="the present one and the next"):
            await rotating_keys.rotate(settings, ["ledger"])
        rotating_keys.make_next(settings)
        for number in (1, 0):
            assert await rotating_keys.rotate(settings, ["ledger"]) == {"ledger": number}
        with pytest.raises(Misconfigured, match="does not open"):
            thief.unwrap(DEBTOR, await connection.fetchval(_WRAPPED))
        following = base64.b64decode((tmp_path / "data/kek.next").read_text())
        owner = Master([following], service="ledger")
        wrapped = await connection.fetchval(_WRAPPED)
        assert owner.unwrap(DEBTOR, wrapped) == b"k" * 32
        with pytest.raises(Misconfigured):  # nor does it open for another service's store
            Master([following], service="legal").unwrap(DEBTOR, wrapped)
        assert owner.writes.hex() in system.arrears("keys", "list", "ledger").stdout
    finally:
        await connection.close()
    with pytest.raises(Misconfigured, match="is not the one the ledger store is sealed with"):
        async with open_stack(settings.model_copy(update={"data_dir": tmp_path}), ["ledger"]):
            pass
