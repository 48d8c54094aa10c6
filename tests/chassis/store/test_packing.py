"""Events are kept packed once every instance can read that, and are read as they were kept."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from chassis.bus.embedded import EmbeddedBus
from chassis.settings import SERVICES
from chassis.store.packing import FOLDER, NEWEST, Packing, unpacked
from chassis.store.rebuild import Rebuilt
from chassis.store.vault import KeyRing
from chassis.store.wrapping import master_key
from contracts.words.streams import Subject
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.support.damage import as_administrator

SAMPLES = Path(__file__).parents[2] / "stored" / "samples.jsonl"
PUBLISHED = {
    "1-ledger": "b2d0ab3acb92b5b154069c3d72ccc672cdf0f328e11728b138f5c3b341d7deb2",
    "2-dunning": "99f495247d9f61d158fa1dd5d6e1ec12d367969248398e3748fdd1b0c6f5e291",
    "3-notifier": "b418974c3cb732eef537c3b109a52ee22c65eb0960458f2995c6b78ec1aa51f1",
    "4-legal": "30879406e1a50ac67e5bda574830ac52dfef0a189f3553d6d684cd0ca121321d",
}
"""What each dictionary is: events are kept with it, so it is the same for ever."""


@pytest.fixture(scope="module")
def samples() -> Mapping[str, Sequence[bytes]]:
    found: defaultdict[str, list[bytes]] = defaultdict(list)
    for line in SAMPLES.read_text().splitlines():
        sample = json.loads(line)
        found[sample["service"]].append(msgspec.json.encode(sample["data"]))
    return found


def packing(service: str) -> Packing:
    made = Packing(service)
    made.limit(NEWEST)
    return made


def test_a_dictionary_never_changes() -> None:
    found = {
        file.stem: hashlib.sha256(file.read_bytes()).hexdigest() for file in FOLDER.glob("*.zdict")
    }
    assert found == PUBLISHED


@pytest.mark.parametrize("service", SERVICES)
def test_events_of_every_form_come_back_from_less_than_half(
    samples: Mapping[str, Sequence[bytes]], service: str
) -> None:
    pack = packing(service).pack
    packed = [pack(data) for data in samples[service]]
    assert [unpacked(each) for each in packed] == samples[service]
    assert 2 * sum(map(len, packed)) < sum(map(len, samples[service]))


def test_what_the_dictionary_makes_no_smaller_stays_as_it_is() -> None:
    assert packing("ledger").pack(b"{}") == b"{}"


@pytest.mark.parametrize("service", ["toy", *SERVICES])
def test_nothing_is_packed_before_it_is_known_who_reads(service: str) -> None:
    data = b'{"type":"Added"}' * 20
    made = Packing(service)
    assert made.pack(data) == data
    made.limit(0)
    assert made.pack(data) == data


@pytest.mark.parametrize("spoil", [lambda d: b"\x1f" + d[1:], lambda d: d[:-1], lambda d: d[:1]])
def test_spoilt_and_unknown_data_are_told_as_such(spoil: object) -> None:
    packed = packing("ledger").pack(b'{"type":"ItemOpened","effects":{"day":"2026-04-11"}}' * 3)
    assert callable(spoil)
    with pytest.raises(msgspec.DecodeError):
        unpacked(spoil(packed))


def test_what_is_sealed_is_packed_before_and_opens_whoever_packs() -> None:
    who, value = Subject("acme", "1"), {"name": "Zhang", "phones": ["+8613800000000"] * 5}
    plain = KeyRing(master_key(b"k" * 32), {})
    sealed = plain.seal(who, value, "note")
    ring = KeyRing(master_key(b"k" * 32), plain.fresh, pack=packing("dunning").pack)
    smaller = ring.seal(who, value, "note")
    assert len(smaller) < len(sealed)
    assert [keys.open(who, one, "note") for keys in (plain, ring) for one in (sealed, smaller)] == [
        value
    ] * 4


async def test_packed_events_are_read_and_folded_like_others(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    await toy.send(bus, "a1", toy.payment(1, "a1", 1_000))
    await service.step()
    (before,) = [one async for one in service.each("account-acme/a1")]
    data = await service.pool.fetchval("select data from events")
    other = packing("ledger").pack(data + b" " * 200)
    await as_administrator(service.pool, "update events set data = $1", other)
    assert [one async for one in service.each("account-acme/a1")] == [before]
    rebuilt = await service.rebuild(lambda _done, _all: None)
    assert rebuilt == Rebuilt(1, 1, ())


async def test_instances_pack_when_the_last_that_cannot_read_it_is_gone(open_toy: OpenToy) -> None:
    service = await open_toy()
    made = service.leases.packing = Packing("ledger")
    data = b'{"type":"ItemOpened","effects":{}}' * 5
    await service.pool.execute("insert into members values ('older', clock_timestamp())")
    await service.leases.refresh()
    assert made.pack(data) == data
    await service.pool.execute("delete from members where instance = 'older'")
    await service.leases.refresh()
    assert len(made.pack(data)) < len(data)
