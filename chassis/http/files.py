"""Answers that are files, or as long as files."""

import json
from typing import Any

from fastapi import Response
from pydantic_core import to_jsonable_python

from chassis.aside import aside

# A piece at a time: the encoder in C would hold the interpreter until all is written.
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=to_jsonable_python
)


def as_file(content: bytes, media_type: str, name: str) -> Response:
    """A file to be kept under a name; colons, which identifiers may have, are no part of it."""
    headers = {"content-disposition": f'attachment; filename="{name.replace(":", "_")}"'}
    return Response(content, media_type=media_type, headers=headers)


async def as_json(told: dict[str, Any]) -> Response:
    """A long answer as JSON, written beside the event loop, which serves others meanwhile."""
    return Response(await aside(_written, told), media_type="application/json")


def _written(told: dict[str, Any]) -> bytes:
    return "".join(_ENCODER.iterencode(told)).encode()
