"""Bodies are known by hashes with a key, and those that versions before kept are still known."""

import hashlib
from dataclasses import dataclass

from chassis.store.bodies import Bodies
from chassis.store.wrapping import Master, master_key
from contracts.codec import BARE, decode
from tests.chassis import toy

MESSAGE = decode(toy.payment(1, "a", 1), ())
OTHER = decode(toy.payment(1, "a", 2), ())
ASKED = b"lives with Rumpelstiltskin"


@dataclass
class Store:
    """A store's hashes, and what says whether all its instances know those with a key."""

    master: Master
    bodies: Bodies

    @classmethod
    def of(cls, key: bytes) -> "Store":
        master = master_key(bytes(32))
        return cls(master, Bodies(key, master))


def test_beside_a_version_that_knows_no_key_hashes_are_as_before() -> None:
    store = Store.of(b"k" * 32)
    assert store.bodies.now.of(MESSAGE) == BARE.of(MESSAGE)
    told = store.bodies.request(ASKED)
    assert told.kept == told.bare == hashlib.sha256(ASKED).digest()


def test_hashes_have_the_stores_key_and_both_forms_are_known() -> None:
    store, others = Store.of(b"k" * 32), Store.of(b"o" * 32)
    before = store.bodies.now.of(MESSAGE), store.bodies.request(ASKED).kept
    for one in (store, others):
        one.master.agree(is_naming=True)
    now = store.bodies.now.of(MESSAGE)
    told = store.bodies.request(ASKED)
    assert len({before[0], now, others.bodies.now.of(MESSAGE)}) == 3
    assert len({before[1], told.kept, others.bodies.request(ASKED).kept}) == 3
    assert all(store.bodies.is_message(one, MESSAGE) for one in (before[0], now))
    assert all(told.is_of(one) for one in (before[1], told.kept))
    assert not store.bodies.is_message(now, OTHER)
    assert not store.bodies.request(b"another").is_of(told.kept)
