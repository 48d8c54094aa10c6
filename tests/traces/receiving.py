"""A receiver of OTLP that nobody here wrote, as a process: Elastic's, from npm."""

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

_HERE = Path(__file__).parent / "receiver"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "arrears/receiver"


class Received(NamedTuple):
    """A span as it arrived; `parent` is empty for the first of a trace."""

    service: str
    name: str
    kind: str
    trace: str
    span: str
    parent: str
    attributes: dict[str, Any]


class Receiver:
    """What was received stands in a file, as it was received."""

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self._log = log

    def spans(self) -> list[Received]:
        """All spans so far."""
        requests = [json.loads(line) for line in self._log.read_text().splitlines()[1:]]
        return [
            _received(group["resource"], span)
            for request in requests
            for group in request["resourceSpans"]
            for scope in group["scopeSpans"]
            for span in scope["spans"]
        ]


def available() -> str | None:
    """Why it cannot run here; None when it can."""
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    return f"{' and '.join(missing)} not found" if missing else None


@contextmanager
def receiver(folder: Path, port: int = 0) -> Iterator[Receiver]:
    """Install it, once for each lock file, and run it; port 0 is any that is free."""
    log = folder / "received.jsonl"
    command = ["node", str(_installed() / "receiver.mjs"), str(port)]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output) as process:
        try:
            deadline = time.monotonic() + 60
            while not log.read_text().endswith("\n"):
                assert process.poll() is None, "the receiver ended"
                assert time.monotonic() < deadline, "the receiver does not start"
                time.sleep(0.05)
            yield Receiver(json.loads(log.read_text())["url"], log)
        finally:
            process.terminate()


def _installed() -> Path:
    lock = (_HERE / "package-lock.json").read_bytes()
    folder = _CACHE / hashlib.sha256(lock).hexdigest()[:16]
    if not folder.exists():
        beside = folder.with_name(f".{folder.name}.{os.getpid()}")
        shutil.copytree(_HERE, beside)
        quietly = ("--silent", "--no-audit", "--no-fund", "--ignore-scripts")
        subprocess.run(["npm", "ci", *quietly], cwd=beside, check=True)
        try:
            beside.rename(folder)
        except OSError:  # another worker was first
            shutil.rmtree(beside)
    shutil.copy(_HERE / "receiver.mjs", folder)
    return folder


def _received(resource: dict[str, Any], span: dict[str, Any]) -> Received:
    return Received(
        resource["attributes"]["service.name"],
        span["name"],
        span["kind"].removeprefix("SPAN_KIND_").lower(),
        span["traceId"],
        span["spanId"],
        span.get("parentSpanId", ""),
        span.get("attributes", {}),
    )
