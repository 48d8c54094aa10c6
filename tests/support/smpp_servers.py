"""Message centres that others wrote: npm's `smpp`, which does what a test says, and the simulator
of Maven's `jsmpp-examples`.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from chassis.servers import jars
from tests.support.missing import give_up
from tests.support.processes import free_ports

_HOME = Path(__file__).parent / "smpp"
SYSTEM_ID, PASSWORD = "arrears", "secret"


@dataclass
class Centre:
    """A running centre of npm, on a folder with its script and its book."""

    port: int
    folder: Path
    tells: IO[str]

    def plan(self, **given: Any) -> None:
        """Say what it does from now on; nothing said: it takes every message."""
        fresh = self.folder / "script.new"
        fresh.write_text(json.dumps(given))
        fresh.replace(self.folder / "script")

    def book(self) -> list[dict[str, Any]]:
        """The messages it took, each with its id, in this order."""
        path = self.folder / "book"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def tell(self, line: str | dict[str, Any]) -> None:
        """Have it send a receipt for an id, or `hang up`."""
        self.tells.write((line if isinstance(line, str) else json.dumps(line)) + "\n")
        self.tells.flush()


@contextmanager
def centre(folder: Path) -> Iterator[Centre]:
    """A centre that a test writes the script of."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            give_up(f"{program} is missing (install nodejs and npm)")
    (port,) = free_ports(1)
    command = ["node", "centre.js", str(port), str(folder / "script"), str(folder / "book")]
    with _running(command, _node_modules(), "listening") as tells:
        found = Centre(port, folder, tells)
        found.plan()
        yield found


@contextmanager
def simulator() -> Iterator[int]:
    """The simulator; answers its port."""
    why = jars.unavailable(_HOME)
    if why is not None:
        give_up(why)
    (port,) = free_ports(1)
    given = {"simulator.port": port, "client.systemId": SYSTEM_ID, "client.password": PASSWORD}
    options = [f"-Djsmpp.{name}={value}" for name, value in given.items()]
    command = ["java", "-Xmx64m", *options, "-cp", f"{jars.fetch(_HOME)}/*"]
    command.append("org.jsmpp.examples.SMPPServerSimulator")
    with _running(command, _HOME, "Listening on port"):
        yield port


@contextmanager
def _running(command: list[str], folder: Path, ready: str) -> Iterator[IO[str]]:
    with subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            seen = []
            for line in process.stdout:
                seen.append(line)
                if ready in line:
                    break
            else:
                pytest.fail(f"{command[0]} ended with {process.wait()}: {''.join(seen)}")
            yield process.stdin
        finally:
            process.kill()


def _node_modules() -> Path:
    """A folder with the script and what it needs from npm, fetched once by the lock file."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "arrears/npm-smpp"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = hashlib.sha256((_HOME / "package-lock.json").read_bytes()).hexdigest()
        folder = cache / wanted[:16]
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(_HOME / name, folder)
            npm = ["npm", "ci", "--silent", "--no-audit", "--no-fund"]
            subprocess.run(npm, cwd=folder, check=True)
            (folder / "done").touch()
        script = hashlib.sha256((_HOME / "centre.js").read_bytes()).hexdigest()[:16]
        place = folder / script
        place.mkdir(exist_ok=True)
        shutil.copy(_HOME / "centre.js", place)
    return place
