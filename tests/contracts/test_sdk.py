"""Others read what we write, and we read what they write: the CloudEvents SDK is the witness."""

import json
from typing import Any

import pytest
from cloudevents.core.bindings import kafka
from cloudevents.core.bindings.kafka import KafkaMessage
from cloudevents.core.formats.json import JSONFormat

from contracts.codec import CONTENT_TYPE, decode, encode
from contracts.registry import MODELS


@pytest.fixture
def value(kind: str, sample: dict[str, Any]) -> bytes:
    message = decode(json.dumps(sample).encode())
    return encode(
        MODELS[kind].model_validate(sample["data"]),
        id=message.id,
        source=message.source,
        time=message.time,
        creditor=message.creditor,
        subject=message.subject,
        correlationid=message.correlationid,
    )


def test_the_sdk_reads_what_we_write(kind: str, value: bytes) -> None:
    headers = {"content-type": CONTENT_TYPE.encode()}
    event = kafka.from_kafka(KafkaMessage(headers=headers, key=None, value=value), JSONFormat())
    ours = decode(value)
    assert event.get_type() == kind
    assert event.get_id() == ours.id
    assert event.get_subject() == ours.subject
    assert event.get_time() == ours.time
    assert event.get_extension("creditor") == ours.creditor
    assert event.get_data() == json.loads(value)["data"]


@pytest.mark.parametrize("write", [kafka.to_structured, kafka.to_binary])
def test_we_read_what_the_sdk_writes(value: bytes, write: Any) -> None:
    headers = {"content-type": CONTENT_TYPE.encode()}
    event = kafka.from_kafka(KafkaMessage(headers=headers, key=None, value=value), JSONFormat())
    theirs = write(event, JSONFormat())
    assert decode(theirs.value, tuple(theirs.headers.items())) == decode(value)
