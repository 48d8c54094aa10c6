"""The key-encryption key of a ledger on two servers is changed on both, or on none."""

import pytest

from arrears import rotating_keys
from arrears.rotating_keys import Held
from chassis import kek
from chassis.errors import Misconfigured
from chassis.store.wrapping import Master, key_id
from contracts.words.streams import Subject
from tests.apart import mover
from tests.apart.conftest import CREDITOR, Apart, accounts_in
from tests.support.databases import execute

KEEP = """
insert into ledger.subject_keys (creditor, account, wrapped) values ('{}', '{}', '\\x{}')"""


async def test_no_database_is_left_with_the_old_key(apart: Apart) -> None:
    await apart.move(1)
    await apart.stop()
    settings = mover.settings_for(apart.dsns[0], apart.folder)
    old = kek.present(settings, make=False)
    assert old is not None
    master = Master([old], service="ledger")
    for where, lane in ((0, 0), (1, 1)):
        one = Subject(CREDITOR, accounts_in(lane, 1)[0])
        statement = KEEP.format(*one, master.wrap(one, b"k" * 32).hex())
        await execute(apart.dsns[where], statement)
    rotating_keys.make_next(settings)
    with pytest.raises(Misconfigured, match=r"lanes 1 of ledger are in .*: give its URL too"):
        await rotating_keys.rotate(settings, ["ledger"])
    also = [apart.dsns[1], apart.dsns[0]]  # and whoever names the first one twice waits for nobody
    assert [one.id for one in await rotating_keys.listed(settings, ["ledger"], also)] == ["", ""]
    for number in (2, 0):
        assert await rotating_keys.rotate(settings, ["ledger"], also=also) == {"ledger": number}
    new = kek.following(settings)
    assert new is not None
    found = await rotating_keys.listed(settings, ["ledger"], also)
    assert found == [Held("ledger", key_id(new).hex(), 1)] * 2
