"""Answers that are files."""

from fastapi import Response


def as_file(content: bytes, media_type: str, name: str) -> Response:
    """A file to be kept under a name; colons, which identifiers may have, are no part of it."""
    headers = {"content-disposition": f'attachment; filename="{name.replace(":", "_")}"'}
    return Response(content, media_type=media_type, headers=headers)
