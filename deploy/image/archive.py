"""Folders as an OCI archive; the same files make the same bytes."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.image import recipe

_TYPES = "application/vnd.oci.image"


@dataclass(frozen=True)
class Blob:
    """Something an archive holds under its hash."""

    kind: str
    content: bytes

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    @property
    def descriptor(self) -> dict[str, Any]:
        return {"mediaType": self.kind, "digest": self.digest, "size": len(self.content)}


@dataclass(frozen=True)
class Layer:
    """Files by their hash, packed and unpacked."""

    packed: Blob
    unpacked: str
    says: str


def layer(root: Path, says: str, epoch: int, wanted: Callable[[str], bool]) -> Layer:
    """The files below a folder whose path (`app/.venv`) is wanted; times later than `epoch` are
    `epoch`.
    """
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path in sorted(each.relative_to(root).as_posix() for each in root.rglob("*")):
            if wanted(path):
                _add(tar, root, path, epoch)
    content = raw.getvalue()
    packed = Blob(f"{_TYPES}.layer.v1.tar+gzip", gzip.compress(content, 6, mtime=0))
    return Layer(packed, f"sha256:{hashlib.sha256(content).hexdigest()}", says)


def _add(tar: tarfile.TarFile, root: Path, path: str, epoch: int) -> None:
    entry = tar.gettarinfo(root / path, arcname=path)
    entry.mtime = min(int(entry.mtime), epoch)
    entry.uname = entry.gname = ""
    if entry.isreg():
        with (root / path).open("rb") as file:
            tar.addfile(entry, file)
    else:
        tar.addfile(entry)


def write(to: Path, layers: list[Layer], labels: Mapping[str, str], tag: str, created: str) -> str:
    """Write the archive; answer the image's digest."""
    config = _json(
        "config.v1+json",
        {
            "created": created,
            "architecture": "amd64",
            "os": "linux",
            "config": {
                "User": f"{recipe.USER}:{recipe.USER}",
                "Env": [f"{name}={value}" for name, value in recipe.ENVIRONMENT.items()],
                "Entrypoint": list(recipe.ENTRYPOINT),
                "Cmd": list(recipe.COMMAND),
                "WorkingDir": recipe.DATA,
                "Volumes": {recipe.DATA: {}},
                "Labels": dict(labels),
            },
            "rootfs": {"type": "layers", "diff_ids": [each.unpacked for each in layers]},
            "history": [{"created": created, "created_by": each.says} for each in layers],
        },
    )
    manifest = _json(
        "manifest.v1+json",
        {
            "schemaVersion": 2,
            "mediaType": f"{_TYPES}.manifest.v1+json",
            "config": config.descriptor,
            "layers": [each.packed.descriptor for each in layers],
        },
    )
    named = {**manifest.descriptor, "annotations": {"org.opencontainers.image.ref.name": tag}}
    index = {"schemaVersion": 2, "mediaType": f"{_TYPES}.index.v1+json", "manifests": [named]}
    files = {
        "oci-layout": json.dumps({"imageLayoutVersion": "1.0.0"}).encode(),
        "index.json": json.dumps(index).encode(),
    }
    for blob in (config, manifest, *(each.packed for each in layers)):
        files[f"blobs/{blob.digest.replace(':', '/')}"] = blob.content
    with tarfile.open(to, "w", format=tarfile.GNU_FORMAT) as tar:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    return manifest.digest


def _json(kind: str, content: Mapping[str, Any]) -> Blob:
    return Blob(f"{_TYPES}.{kind}", json.dumps(content, separators=(",", ":")).encode())
