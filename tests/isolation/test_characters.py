"""Characters that stores refuse come in nowhere: each is refused with the name of its place, and
what came with it goes on.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.bus.base import Outgoing as BusMessage
from chassis.bus.base import lane_of
from chassis.bus.embedded import EmbeddedBus
from contracts.codec import decode
from contracts.errors import MalformedMessage, UnknownType
from services.dunning.policy.load import loads
from services.dunning.policy.problem import PackError
from tests.chassis.conftest import OpenToy
from tests.chassis.toy import parked
from tests.isolation.test_inbox import paid, paid_to

SAMPLES = sorted((Path(__file__).parents[2] / "contracts" / "samples").glob("*.json"))
BAD = ("\0", "\x1b", "\x7f", "\x85", "\ud800")
NEW = "extension"
Place = tuple[Any, ...]


def texts(value: Any, at: Place = ()) -> Iterator[Place]:
    """Where a message has texts."""
    if isinstance(value, str):
        yield at
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from texts(one, (*at, name))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from texts(one, (*at, number))


def maps(value: Any, at: Place = ()) -> Iterator[Place]:
    """Where a message has names."""
    if isinstance(value, dict):
        yield at
        for name, one in value.items():
            yield from maps(one, (*at, name))


def changed(message: Any, at: Place, name: str, text: str) -> Any:
    """The message with another text at a name of a place."""
    copy = json.loads(json.dumps(message))
    inner = copy
    for step in at:
        inner = inner[step]
    inner[name] = text
    return copy


def spoilt(message: Any, bad: str) -> Iterator[tuple[str, Any]]:
    """The message with a bad character in each of its texts, in a text nobody reads and in a name
    of each of its maps: what is named for the place, and the message.
    """
    for *around, name in texts(message):
        inner = message
        for step in (*around, name):
            inner = inner[step]
        named = "variables" if "variables" in around else str(name)  # a map's names are not shown
        yield named, changed(message, tuple(around), name, inner + bad)
    for at in maps(message):
        named = str(at[-1]) if at else ""
        yield named, changed(message, at, NEW, "x" + bad)
        yield named, changed(message, at, NEW + bad, "x")


def modes(message: Any) -> Iterator[tuple[bytes, list[tuple[str, bytes]]]]:
    """A message in structured mode, and in binary mode."""
    yield json.dumps(message).encode(), []
    headers = [
        (f"ce_{name}", one.encode("utf-8", "surrogatepass"))
        for name, one in message.items()
        if isinstance(one, str)
    ]
    yield json.dumps(message["data"]).encode(), headers


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_no_text_and_no_name_of_a_message_has_a_control_character(path: Path) -> None:
    sample = json.loads(path.read_text(encoding="utf-8"))
    for bad in BAD:
        for place, message in spoilt(sample, bad):
            for value, headers in modes(message):
                with pytest.raises((MalformedMessage, UnknownType)) as refused:
                    decode(value, headers)
                reason = str(refused.value)
                assert reason.isprintable()
                assert isinstance(refused.value, UnknownType) or place in reason


async def test_a_nul_anywhere_in_a_record_does_not_stop_the_lane(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    good = b"acme/a"
    lane = lane_of(good, bus.partitions)

    def keyed(key: bytes, value: bytes, *headers: tuple[str, bytes]) -> BusMessage:
        return BusMessage("billing", lane, key, value, headers)

    told = json.loads(paid("acme", 1, "bad-1"))
    records = [
        keyed(good, paid("acme", 1, "good-1")),
        keyed(b"acme/a\0", paid("acme", 1, "bad-0")),
        keyed(b"acme/\xed\xa0\x80", paid("acme", 1, "bad-2")),
        keyed(b"\0\xff", b"\0\xff"),
        keyed(b"ac\0me/a", json.dumps(told | {"id": "\0"}).encode()),
        keyed(good, json.dumps(told | {"id": "\ud800"}).encode()),
        keyed(good, json.dumps(told | {"type": "x\0"}).encode()),
        keyed(good, json.dumps(told | {"subject": "a\0"}).encode()),
        keyed(good, json.dumps(told | {"more\0": "x"}).encode()),
        keyed(good, paid("acme", 1, "bad-3"), ("x", b"1"), ("na\0me", b"1")),
        keyed(good, b"{}", ("ce_specversion", b"1.0"), ("ce_id", b"\0"), ("ce_type", b"\xff\0")),
        keyed(good, paid("acme", 1, "good-2")),
    ]
    await bus.publish(records)
    await service.step()
    await service.step()
    assert await paid_to(service, "acme") == 2
    letters = await parked(service)
    assert len(letters) == len(records) - 2
    for letter in letters:
        said = (letter["message_id"], letter["message_type"], letter["creditor"])
        assert all(one is None or one.isprintable() for one in (*said, letter["account"]))
        assert letter["reason"].isprintable()


@pytest.mark.parametrize("bad", ['"a\\0"', '"a\\eb"', '"\\x85"'])
def test_a_pack_has_no_control_character(bad: str) -> None:
    with pytest.raises(PackError, match="control character"):
        loads(f"id: x\ndescription: {bad}\n")
