"""What the image is made of, as CycloneDX 1.6: Debian's packages as installed, wheels as locked."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from packaging.utils import parse_wheel_filename

from deploy.image import recipe

_NAMESPACE = uuid.UUID("8b0f2c46-9a0c-4c7b-9f35-2a4d0f6f7a10")


def sbom(root: Path, wheels: list[Path], version: str, created: str) -> str:
    """The bill of a root file system and the wheels that were installed into it."""
    components = [*_debian(root / "var/lib/dpkg/status"), *map(_wheel, sorted(wheels))]
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": created,
            "component": {
                "type": "container",
                "bom-ref": "image",
                "name": "arrears",
                "version": version,
            },
        },
        "components": components,
    }
    # Named for what it says: the same image has the same bill.
    serial = uuid.uuid5(_NAMESPACE, json.dumps(content, sort_keys=True))
    return json.dumps({**content, "serialNumber": f"urn:uuid:{serial}"}, indent=1) + "\n"


def _debian(status: Path) -> Iterator[dict[str, Any]]:
    stanzas = status.read_text(encoding="utf-8").split("\n\n")
    found = [dict(_fields(stanza)) for stanza in stanzas if stanza.strip()]
    for each in sorted(found, key=lambda fields: fields["Package"]):
        if each["Status"].endswith(" installed"):
            name, version = each["Package"], each["Version"]
            where = f"arch={each['Architecture']}&distro={recipe.SUITE}"
            purl = f"pkg:deb/debian/{quote(name)}@{quote(version, safe='')}?{where}"
            yield {
                "type": "library",
                "bom-ref": purl,
                "name": name,
                "version": version,
                "purl": purl,
            }


def _fields(stanza: str) -> Iterator[tuple[str, str]]:
    for line in stanza.splitlines():
        name, colon, value = line.partition(": ")
        if colon and not line.startswith(" "):
            yield name, value


def _wheel(path: Path) -> dict[str, Any]:
    name, version, _, _ = parse_wheel_filename(path.name)
    purl = f"pkg:pypi/{name}@{version}"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": str(version),
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": digest}],
    }
