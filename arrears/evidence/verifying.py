"""Proves a bundle, with nothing but the file; names the first thing that is not as it was."""

import hashlib
import io
import json
import zipfile
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from arrears.errors import UsageError
from services.legal.evidence.bundle import FORMAT, MANIFEST, Entry, link_after, pack, start_of


class BrokenBundle(UsageError):
    """A bundle that is not what was exported; the sentence names the first difference."""


class Proven(NamedTuple):
    """A bundle that is as it was exported."""

    about: dict[str, Any]
    entries: int
    head: str


class _Link(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    sha256: str
    link: str


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    format: str
    about: dict[str, Any]
    entries: list[_Link]
    head: str


def verify(data: bytes, head: str | None = None) -> Proven:
    """Check every entry against the chain; raises BrokenBundle.

    `head` is the one the export printed: without it a bundle whose manifest was made anew for
    changed entries proves itself.
    """
    found = _read(data)
    manifest = _manifest(found)
    _check_chain(manifest)
    _check_entries(found, manifest)
    if pack(found) != data:
        raise BrokenBundle("the file holds more than its entries: bytes or fields were added")
    if head is not None and head != manifest.head:
        raise BrokenBundle(f"altered: the bundle ends in {manifest.head}, exported was {head}")
    return Proven(manifest.about, len(manifest.entries), manifest.head)


def _read(data: bytes) -> list[Entry]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [Entry(info.filename, _content(archive, info)) for info in archive.infolist()]
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise BrokenBundle(f"is no readable ZIP file: {error}") from error


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        return archive.read(info)
    except (zipfile.BadZipFile, RuntimeError, OSError, EOFError) as error:
        raise BrokenBundle(f"altered: {info.filename}: {error}") from error


def _manifest(found: list[Entry]) -> _Manifest:
    held = [entry for entry in found if entry.name == MANIFEST]
    if not held:
        raise BrokenBundle(f"missing: {MANIFEST}")
    if len(held) > 1:
        raise BrokenBundle(f"added: {MANIFEST} is there more than once")
    try:
        manifest = _Manifest.model_validate(json.loads(held[0].content))
    except (ValueError, ValidationError) as error:
        raise BrokenBundle(f"altered: {MANIFEST} cannot be read: {_first(error)}") from error
    if manifest.format != FORMAT:
        raise BrokenBundle(f"altered: {MANIFEST} is of the format {manifest.format!r}")
    return manifest


def _check_chain(manifest: _Manifest) -> None:
    """Every link follows from the one before; the head is the last."""
    before = start_of({"about": manifest.about})
    for number, entry in enumerate(manifest.entries, start=1):
        before = link_after(before, entry.name, entry.sha256)
        if entry.link != before:
            raise BrokenBundle(
                f"altered: {MANIFEST}: entry {number} ({entry.name}) does not follow the one before"
            )
    if manifest.head != before:
        raise BrokenBundle(f"altered: {MANIFEST}: the head is not the last link")


def _check_entries(found: list[Entry], manifest: _Manifest) -> None:
    """The entries are those of the manifest, in its order."""
    names = [entry.name for entry in found]
    wanted = [entry.name for entry in manifest.entries]
    for place, link in enumerate(manifest.entries):
        here = found[place].name if place < len(found) else None
        if here != link.name:
            raise BrokenBundle(_displaced(here, link.name, names, wanted))
        if hashlib.sha256(found[place].content).hexdigest() != link.sha256:
            raise BrokenBundle(f"altered: {link.name}")
    rest = names[len(wanted) :]
    if rest != [MANIFEST]:
        raise BrokenBundle(f"added: {next(name for name in rest if name != MANIFEST)}")


def _displaced(here: str | None, expected: str, names: list[str], wanted: list[str]) -> str:
    if expected not in names:
        return f"missing: {expected}"
    if here is not None and here not in wanted and here != MANIFEST:
        return f"added: {here}"
    if here is not None and names.count(here) > 1:
        return f"added: {here} is there more than once"
    return f"reordered: {here or expected} stands where {expected} was"


def _first(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        one = error.errors(include_url=False)[0]
        return f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
    return str(error)
