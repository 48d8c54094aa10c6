"""The image's archive is the same for the same files, and its bill says what is in it."""

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from deploy.image import archive, recipe
from deploy.image.build import forget_when_installed
from deploy.image.lock import runtime_lock
from deploy.image.sbom import sbom

EPOCH = 1_700_000_000
CREATED = "2023-11-14T22:13:20Z"


def made(folder: Path, names: list[str], touched_at: int) -> Path:
    """A root file system whose files were made in some order at some time."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
        os.utime(path, (touched_at, touched_at))
    (folder / "bin").symlink_to("usr/bin")
    (folder / "usr/again").hardlink_to(folder / "usr/bin/python")
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (touched_at, touched_at), follow_symlinks=False)
    return folder


def everything(path: str) -> bool:
    return bool(path)


def packed(folder: Path) -> archive.Layer:
    return archive.layer(folder, "all", EPOCH, everything)


def test_the_same_files_are_the_same_layer_whenever_they_were_made(tmp_path: Path) -> None:
    names = ["usr/bin/python", "app/a.py", "app/b.py", "etc/passwd"]
    one = packed(made(tmp_path / "one", names, EPOCH + 5))
    two = packed(made(tmp_path / "two", names[::-1], EPOCH + 9))
    assert one.packed.digest == two.packed.digest
    assert one.unpacked == two.unpacked


def test_a_layer_holds_what_is_wanted_and_nothing_newer_than_the_epoch(tmp_path: Path) -> None:
    root = made(tmp_path, ["usr/bin/python", "app/a.py"], EPOCH + 5)
    layer = archive.layer(root, "own", EPOCH, lambda path: not path.startswith("app"))
    content = gzip.decompress(layer.packed.content)
    assert layer.unpacked == f"sha256:{hashlib.sha256(content).hexdigest()}"
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        entries = {each.name: each for each in tar}
    assert entries.keys() == {"bin", "usr", "usr/again", "usr/bin", "usr/bin/python"}
    assert {each.mtime for each in entries.values()} == {EPOCH}
    assert entries["bin"].issym()
    assert entries["usr/bin/python"].linkname == "usr/again"


def test_the_archive_says_how_the_image_starts(tmp_path: Path) -> None:
    layer = packed(made(tmp_path / "root", ["usr/bin/python"], EPOCH))
    to = tmp_path / "image.tar"
    digest = archive.write(to, [layer, layer], {"a": "b"}, "localhost/arrears:1", CREATED)
    with tarfile.open(to) as tar:
        files = {each.name: file.read() for each in tar if (file := tar.extractfile(each))}
    for name, content in files.items():
        if name.startswith("blobs/"):
            assert hashlib.sha256(content).hexdigest() == name.rsplit("/", 1)[-1]
    (named,) = json.loads(files["index.json"])["manifests"]
    assert named["digest"] == digest

    def blob(descriptor: Any) -> Any:
        return json.loads(files[f"blobs/{descriptor['digest'].replace(':', '/')}"])

    config = blob(blob(named)["config"])
    assert config["config"]["Entrypoint"] == list(recipe.ENTRYPOINT)
    assert config["config"]["User"] == f"{recipe.USER}:{recipe.USER}"
    assert config["rootfs"]["diff_ids"] == [layer.unpacked, layer.unpacked]


def test_the_bill_names_installed_packages_and_wheels_and_says_the_same_twice(
    tmp_path: Path,
) -> None:
    status = tmp_path / "var/lib/dpkg/status"
    status.parent.mkdir(parents=True)
    stanza = (
        "Package: {}\nStatus: {}\nArchitecture: amd64\nVersion: 1.0+deb12u1\nDescription: x\n y\n"
    )
    gone = stanza.format("gone", "deinstall ok config-files")
    status.write_text(f"{stanza.format('zlib1g', 'install ok installed')}\n{gone}")
    wheel = tmp_path / "typer-0.16.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    first = sbom(tmp_path, [wheel], "1", CREATED)
    found = {each["purl"]: each for each in json.loads(first)["components"]}
    debian = "pkg:deb/debian/zlib1g@1.0%2Bdeb12u1?arch=amd64&distro=bookworm"
    assert found.keys() == {debian, "pkg:pypi/typer@0.16.0"}
    digest = hashlib.sha256(b"wheel").hexdigest()
    assert found["pkg:pypi/typer@0.16.0"]["hashes"] == [{"alg": "SHA-256", "content": digest}]
    assert sbom(tmp_path, [wheel], "1", CREATED) == first


def test_nothing_says_when_a_package_was_installed(tmp_path: Path) -> None:
    folder = tmp_path / "typer-0.16.0.dist-info"
    folder.mkdir()
    kept = "typer/__init__.py,sha256=x,1\ntyper-0.16.0.dist-info/RECORD,,\n"
    noted = "typer-0.16.0.dist-info/uv_cache.json,sha256=y,127\n"
    (folder / "RECORD").write_text(noted + kept)
    (folder / "uv_cache.json").write_text("{}")
    forget_when_installed(folder)
    assert {each.name for each in folder.iterdir()} == {"RECORD"}
    assert (folder / "RECORD").read_text() == kept


def test_every_package_it_runs_comes_as_a_wheel_or_is_named(tmp_path: Path) -> None:
    lock = tmp_path / recipe.LOCK
    lock.write_text(runtime_lock(), encoding="utf-8")
    uv = str(Path(sys.executable).with_name("uv"))
    wheels = ("--only-binary", ":all:", "--no-binary", ",".join(recipe.BUILT))
    resolved = subprocess.run(
        [
            *(uv, "pip", "install", "--dry-run", "--reinstall", "--no-deps", "--require-hashes"),
            *(*wheels, "--python", sys.executable, "--requirement", str(lock)),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert resolved.returncode == 0, resolved.stderr
