"""Programs of Debian packages that nobody has to install: unpacked once, into a folder of their
own.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.support.missing import give_up

_CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "arrears" / "debian"
_SANDBOX = ("-o", "APT::Sandbox::User=root")
"""Else apt would want the folder to be another user's."""
_TELLING = {
    "fonts-noto-cjk": "usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "poppler-utils": "usr/bin/pdftotext",
}
"""A file of each package that `make setup` installs."""


def program(package: str, path: str) -> Path:
    """A program by its path in a package, the system's own where it has one.

    Without Debian's tools the test is skipped; in CI it fails.
    """
    installed = shutil.which(Path(path).name)
    if installed is not None:
        return Path(installed)
    folder = _CACHE / package
    if not (folder / path).exists():
        try:
            _unpack(package, folder)
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", None) or error
            give_up(f"no {package} here: {said}")
    return folder / path


def require(*packages: str) -> None:
    """Packages that `make setup` installs for root (deploy/debian.txt).

    Without one the test is skipped; in CI it fails.
    """
    missing = [each for each in packages if not any(Path("/").glob(_TELLING[each]))]
    if missing:
        give_up(f"apt-get install {' '.join(missing)}")


def _unpack(package: str, folder: Path) -> None:
    """Download a package and unpack all of it; another process may be at it too."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{package}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return
        with tempfile.TemporaryDirectory(dir=folder.parent) as made:
            _download(package, Path(made))
            (archive,) = Path(made).glob("*.deb")
            _run("dpkg-deb", "--extract", str(archive), "unpacked", cwd=Path(made))
            (Path(made) / "unpacked").rename(folder)


def _download(package: str, folder: Path) -> None:
    try:
        _run("apt-get", "download", *_SANDBOX, package, cwd=folder)
    except subprocess.CalledProcessError:  # a bare machine knows no packages yet
        _run("apt-get", "update", "-qq", *_SANDBOX, cwd=folder)
        _run("apt-get", "download", *_SANDBOX, package, cwd=folder)


def _run(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True)
