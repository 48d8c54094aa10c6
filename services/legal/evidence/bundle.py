"""The evidence bundle: one ZIP whose manifest chains the hashes of its entries in order.

`manifest.json` comes last. Each of its entries holds the SHA-256 of the content and a link, which
is the SHA-256 of the link before it, the name and that hash: whoever knows the last link (the
`head`) knows everything before it. Entries are stored without compression and with fixed header
fields, so the same content gives the same bytes on every machine, and verifying can build the file
again and compare.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

FORMAT = "arrears-evidence/1"
MANIFEST = "manifest.json"
_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_READABLE = 0o100644 << 16


class Entry(NamedTuple):
    """One file of a bundle."""

    name: str
    content: bytes


class Link(NamedTuple):
    """An entry in the chain of the manifest."""

    name: str
    sha256: str
    link: str


def chain(entries: Iterable[Entry], about: Mapping[str, Any]) -> list[Link]:
    """Link the entries in order; the first link starts from what the bundle is about."""
    before, links = _start(about), []
    for entry in entries:
        sha256 = hashlib.sha256(entry.content).hexdigest()
        before = link_after(before, entry.name, sha256)
        links.append(Link(entry.name, sha256, before))
    return links


def link_after(before: str, name: str, sha256: str) -> str:
    """The next link of the chain."""
    return hashlib.sha256(f"{before}\n{name}\n{sha256}\n".encode()).hexdigest()


def start_of(manifest: Mapping[str, Any]) -> str:
    """What the first link of a manifest starts from."""
    return _start(manifest["about"])


def write(entries: Iterable[Entry], about: Mapping[str, Any]) -> tuple[bytes, str]:
    """The bundle's bytes, and its head."""
    files = list(entries)
    links = chain(files, about)
    head = links[-1].link if links else _start(about)
    manifest = {
        "format": FORMAT,
        "about": dict(about),
        "entries": [link._asdict() for link in links],
        "head": head,
    }
    return pack([*files, Entry(MANIFEST, sorted_json(manifest))]), head


def pack(entries: Iterable[Entry]) -> bytes:
    """A ZIP of the entries in this order, the same bytes for the same entries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, _TIME)
            info.create_system, info.external_attr = _UNIX, _READABLE
            archive.writestr(info, entry.content)
    return buffer.getvalue()


def sorted_json(value: Any) -> bytes:
    """JSON for people and machines: sorted, indented, the same bytes for the same value."""
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
    return text.encode() + b"\n"


def _start(about: Mapping[str, Any]) -> str:
    return hashlib.sha256(FORMAT.encode() + b"\n" + sorted_json(dict(about))).hexdigest()
