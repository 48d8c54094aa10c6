"""Messages as a test writes and reads them."""

import json
from typing import Any

import pytest

from contracts.codec import CONTENT_TYPE, decode
from contracts.errors import MalformedMessage

STRUCTURED = (("content-type", CONTENT_TYPE.encode()),)


def read(event: Any) -> Any:
    return decode(json.dumps(event).encode(), STRUCTURED)


def refused(event: Any) -> MalformedMessage:
    with pytest.raises(MalformedMessage) as caught:
        read(event)
    return caught.value


def binary(event: dict[str, Any]) -> tuple[bytes, list[tuple[str, bytes]]]:
    skipped = {"data", "datacontenttype"}
    headers = [(f"ce_{k}", v.encode()) for k, v in event.items() if k not in skipped]
    return json.dumps(event["data"]).encode(), [*headers, ("content-type", b"application/json")]
