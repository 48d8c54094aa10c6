"""Whatever arrives, decoding answers with a message or one of its two errors."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.codec import BARE, CONTENT_TYPE, Message, decode
from contracts.errors import MalformedMessage, UnknownType
from contracts.registry import MODELS
from tests.contracts.mutations import ANY_JSON, SAMPLES, changed, places, removed, sample_of

ROUNDS = settings(max_examples=300, deadline=None)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["content-type", "ce_specversion", "ce_type", "ce_time", "ce_id", "x"])
        | st.text(max_size=8),
        st.binary(max_size=20)
        | st.sampled_from([b"1.0", b"application/json", CONTENT_TYPE.encode(), b"billing.x.v1"]),
    ),
    max_size=4,
)


def survives(value: bytes, headers: Any = ()) -> Message | None:
    try:
        message = decode(value, headers)
    except (MalformedMessage, UnknownType):
        return None
    assert len(BARE.of(message)) == 8
    return message


@ROUNDS
@given(st.binary(max_size=300), HEADERS)
def test_random_bytes(value: bytes, headers: list[tuple[str, bytes]]) -> None:
    survives(value, headers)


@ROUNDS
@given(ANY_JSON, HEADERS)
def test_random_json(value: Any, headers: list[tuple[str, bytes]]) -> None:
    survives(json.dumps(value).encode(), headers)


@ROUNDS
@given(st.data())
def test_messages_with_something_else_somewhere(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(MODELS)))
    event = sample_of(kind)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(event)))
        if data.draw(st.booleans()):
            event = removed(event, path)
        else:
            event = changed(event, path, data.draw(ANY_JSON))
        if not event:
            break
    survives(json.dumps(event).encode())


@ROUNDS
@given(st.data())
def test_messages_with_flipped_bytes(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(MODELS)))
    raw = bytearray((SAMPLES / f"{kind}.json").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    survives(bytes(raw[: data.draw(st.integers(1, len(raw)))] if data.draw(st.booleans()) else raw))


@ROUNDS
@given(st.data())
def test_binary_messages_with_other_headers(data: st.DataObject) -> None:
    event = sample_of("billing.payment.received.v1")
    headers = [(f"ce_{k}", str(v).encode()) for k, v in event.items() if k != "data"]
    value = json.dumps(event["data"]).encode()
    assert survives(value, headers) is not None
    survives(value, [*headers, *data.draw(HEADERS)])
