"""`make image`: build/arrears.oci.tar, from Debian's packages and the lock file.

Runs as root on a Debian with debootstrap; needs neither a registry nor a container engine. The same
Debian packages, lock and sources give the same digest, whoever builds.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from deploy.image import archive, recipe
from deploy.image.lock import TOP, runtime_lock
from deploy.image.sbom import sbom

BUILD = TOP / "build/image"
ARCHIVE = TOP / "build/arrears.oci.tar"
BILL = TOP / "build/arrears.cdx.json"
# What the installation leaves behind that differs from one to the next, and what nobody reads.
_LEFTOVERS = (
    "var/cache/apt/*",
    "var/cache/debconf/*-old",
    "var/cache/ldconfig/aux-cache",
    "var/lib/apt/lists/*",
    "var/lib/dpkg/*-old",
    "var/log/*",
    "etc/*-",
    "etc/machine-id",
    "etc/resolv.conf",
    "etc/hostname",
    "usr/share/doc/*/*.gz",
    "usr/share/man/*",
    "usr/share/locale/*",
    "dev/*",
    "mnt/*",
    "tmp/*",
    "var/tmp/*",
)


def main() -> None:
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        sys.exit("make image: needs root and debootstrap (apt-get install debootstrap)")
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or _out("git", "log", "-1", "--format=%ct"))
    version = os.environ.get("VERSION") or _out("git", "describe", "--always", "--dirty")
    created = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    os.umask(0o022)
    root, wheels = BUILD / "root", _wheels(epoch)
    _debian(root)
    _install(root, wheels)
    _tidy(root)
    bill = sbom(root, wheels, version, created)
    (root / "app/sbom.cdx.json").write_text(bill, encoding="utf-8")
    BILL.write_text(bill, encoding="utf-8")
    layers = [
        archive.layer(root, "Debian with Python", epoch, lambda path: not _is_own(path)),
        archive.layer(root, "arrears and the locked packages", epoch, _is_own),
    ]
    labels = {
        "org.opencontainers.image.title": "arrears",
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.licenses": "Apache-2.0",
    }
    digest = archive.write(ARCHIVE, layers, labels, f"localhost/arrears:{version}", created)
    print(f"{ARCHIVE.relative_to(TOP)}  localhost/arrears:{version}  {digest}")


def _is_own(path: str) -> bool:
    return path.split("/", 1)[0] in {"app", "data"}


def _wheels(epoch: int) -> list[Path]:
    """The wheels that the lock names, checked against its hashes, and our own."""
    folder, lock, source = BUILD / "wheels", BUILD / "requirements.lock", BUILD / "source"
    for old in (folder, source):
        shutil.rmtree(old, ignore_errors=True)
    folder.mkdir(parents=True)
    lock.write_text(runtime_lock(), encoding="utf-8")
    for name in (*recipe.SOURCES, "pyproject.toml", "LICENSE", "README.md"):
        _copy_tracked(name, source)
    os.environ["SOURCE_DATE_EPOCH"] = str(epoch)
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    _run(
        *(*pip, "wheel", "--no-deps", "--require-hashes", "--no-build-isolation"),
        *("--only-binary", ":all:", "--no-binary", ",".join(recipe.BUILT)),
        *("--wheel-dir", str(folder), "--requirement", str(lock)),
    )
    _run(
        *(*pip, "wheel", "--no-deps", "--no-build-isolation"),
        *("--wheel-dir", str(folder), str(source)),
    )
    return sorted(folder.glob("*.whl"))


def _copy_tracked(name: str, to: Path) -> None:
    """What git knows of a folder: no byte-code and nothing a run has left there."""
    for path in _out("git", "ls-files", "--", name).splitlines():
        if (TOP / path).is_file():
            (to / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(TOP / path, to / path)


def _debian(root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    include = f"--include={','.join(recipe.PACKAGES)}"
    with (BUILD / "debootstrap.log").open("w", encoding="utf-8") as log:
        _run("debootstrap", "--variant=minbase", include, recipe.SUITE, str(root), to=log)


def _install(root: Path, wheels: Sequence[Path]) -> None:
    """The user, the data folder, and the wheels in a virtual environment."""
    inside = ("chroot", str(root))
    number = str(recipe.USER)
    nobody = ("--no-create-home", "--shell", "/usr/sbin/nologin")
    _run(*inside, "groupadd", "--gid", number, "arrears")
    _run(*inside, "useradd", *nobody, "--uid", number, "--gid", number, "arrears")
    data = root / recipe.DATA.lstrip("/")
    data.mkdir()
    os.chown(data, recipe.USER, recipe.USER)
    python = f"{recipe.HOME}/bin/python"
    _run(*inside, "python3", "-m", "venv", "--without-pip", recipe.HOME)
    shutil.copy2(Path(sys.executable).with_name("uv"), root / "mnt/uv")
    shutil.copytree(wheels[0].parent, root / "mnt/wheels")
    _run(
        *(*inside, "/mnt/uv", "pip", "install", "--quiet", "--python", python, "--no-cache"),
        *("--offline", "--no-deps", "--no-index", "--find-links", "/mnt/wheels"),
        *("==".join(wheel.name.split("-")[:2]) for wheel in wheels),
    )
    for folder in (root / recipe.HOME.lstrip("/")).glob("lib/*/site-packages/*.dist-info"):
        forget_when_installed(folder)
    # Byte-code that asks no clock: the times of files change on the way into a layer.
    compiled = ("-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash")
    _run(*inside, python, *compiled, "/usr/lib/python3", "/usr/lib/python3.11", recipe.HOME)


def forget_when_installed(folder: Path) -> None:
    """Take out of a .dist-info what uv notes of its wheel: a time that no two share."""
    note, record = folder / "uv_cache.json", folder / "RECORD"
    note.unlink(missing_ok=True)
    lines = record.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(f"{folder.name}/{note.name},")]
    record.write_text("".join(kept), encoding="utf-8")


def _tidy(root: Path) -> None:
    for pattern in _LEFTOVERS:
        for path in root.glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def _run(*command: str, to: TextIO | None = None) -> None:
    done = subprocess.run(command, check=False, cwd=TOP, stdout=to)
    if done.returncode != 0:
        sys.exit(f"make image: {' '.join(command[:6])} … failed")


def _out(*command: str) -> str:
    done = subprocess.run(command, check=True, cwd=TOP, capture_output=True, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    main()
