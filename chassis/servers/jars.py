"""Jars that come through Maven, once: those a `pom.xml` names, in `lib` beside it or in the user's
cache where that may not be written.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from chassis.errors import Misconfigured

_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


def unavailable(home: Path) -> str | None:
    """Why a folder's jars cannot be had or run here, in a few words; None when they can."""
    if shutil.which("java") is None:
        return "Java is missing (install openjdk-17-jre-headless)"
    if not _are_there(home, _lib(home)) and shutil.which("mvn") is None:
        return "Maven is missing (install maven)"
    return None


def fetch(home: Path) -> Path:
    """The folder with the jars of today's pom, fetched once however many ask at the same time;
    raises `Misconfigured` when Maven cannot.
    """
    lib = _lib(home)
    lib.parent.mkdir(parents=True, exist_ok=True)
    with (lib.parent / ".lib.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _are_there(home, lib):
            shutil.rmtree(lib, ignore_errors=True)
            _run_maven(home, lib)
            (lib / "pom.sha256").write_text(_digest(home))
    return lib


def _lib(home: Path) -> Path:
    if (home / "lib").is_dir() or os.access(home, os.W_OK):
        return home / "lib"
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "arrears" / home.name / "lib"


def _digest(home: Path) -> str:
    return hashlib.sha256((home / "pom.xml").read_bytes()).hexdigest()


def _are_there(home: Path, lib: Path) -> bool:
    stamp = lib / "pom.sha256"
    return stamp.is_file() and stamp.read_text() == _digest(home)


def _run_maven(home: Path, lib: Path) -> None:
    command = ["mvn", "-B", "-q", "-f", str(home / "pom.xml"), _COPY]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={lib}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Misconfigured(f"Maven could not fetch jars: {done.stdout.strip()[-500:]}")
