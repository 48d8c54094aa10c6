"""Answers that are files, or as long as files."""

import json
import math
import re
from typing import Any

from fastapi import Response
from pydantic_core import to_jsonable_python

from chassis.aside import aside

# A piece at a time: the encoder in C would hold the interpreter until all is written.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]|^\.")


def as_file(content: bytes, media_type: str, name: str) -> Response:
    """A file to be kept under a name, of which letters, digits, dots and dashes stay as they are:
    identifiers may have colons, and nothing in a name is to add a header or lead to a folder.
    """
    headers = {"content-disposition": f'attachment; filename="{_NOT_IN_NAMES.sub("_", name)}"'}
    return Response(content, media_type=media_type, headers=headers)


async def as_json(told: dict[str, Any]) -> Response:
    """A long answer as JSON, written beside the event loop, which serves others meanwhile.

    It reads as a response model's would; whether it is one that is documented, tests must say.
    """
    return Response(await aside(_written, told), media_type="application/json")


def _written(told: dict[str, Any]) -> bytes:
    return "".join(_ENCODER.iterencode(_plain(told))).encode()


def _plain(value: Any) -> Any:
    """A value of what JSON has; a figure that JSON has not, such as infinity, is null."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case str() if type(value) is str:
            return value
        case dict():
            return {_key(key): _plain(one) for key, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
    return _plain(to_jsonable_python(value))


def _key(key: Any) -> str:
    if type(key) is str:
        return key
    (text,) = to_jsonable_python({key: None})
    return str(text)
