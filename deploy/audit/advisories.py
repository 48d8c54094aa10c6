"""Known vulnerabilities of Python packages, kept here for machines that reach no service of them.

`python -m deploy.audit.advisories CLONE` writes `advisories.json` anew from a clone of PyPA's
advisory database (CC-BY 4.0), of the packages that the lock names.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import yaml
from packaging.utils import canonicalize_name
from packaging.version import Version

from deploy.image.lock import TOP, locked

FILE = Path(__file__).with_name("advisories.json")
_KEPT = ("id", "aliases", "details", "withdrawn")


def load() -> dict[str, Any]:
    """`as_of` (a date) and `advisories` by package, as OSV records."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def about(advisories: Mapping[str, Sequence[Any]], name: str, version: str) -> list[Any]:
    """The advisories that a version of a package is affected by."""
    wanted = Version(version)
    known = advisories.get(canonicalize_name(name), ())
    standing = [each for each in known if not each.get("withdrawn")]
    return [each for each in standing if any(_is_affected(one, wanted) for one in each["affected"])]


@contextmanager
def answering(advisories: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """Answer the questions of OSV's API on loopback; gives its URL."""

    class Osv(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            found = about(advisories, asked["package"]["name"], asked["version"])
            body = json.dumps({"vulns": found} if found else {}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Osv) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/query"
        finally:
            server.shutdown()
            thread.join()


def _is_affected(affected: Any, version: Version) -> bool:
    if str(version) in affected.get("versions", ()):
        return True
    return any(
        _is_within(one["events"], version)
        for one in affected.get("ranges", ())
        if one["type"] == "ECOSYSTEM"
    )


def _is_within(events: Iterable[Mapping[str, str]], version: Version) -> bool:
    within = False
    for event in events:  # in the order of versions
        for what, text in event.items():
            at = Version("0.dev0" if text == "0" else text)
            if what == "introduced" and version >= at:
                within = True
            if (what == "fixed" and version >= at) or (what == "last_affected" and version > at):
                within = False
    return within


def _kept(record: Any) -> dict[str, Any]:
    """A record without what nobody asks for; lists of versions only where no range says it."""
    affected = []
    for each in record["affected"]:
        ranges = [one for one in each.get("ranges", ()) if one["type"] == "ECOSYSTEM"]
        told = {"ranges": ranges} if ranges else {"versions": each.get("versions", [])}
        affected.append({"package": each["package"], **told})
    return {name: record[name] for name in _KEPT if name in record} | {"affected": affected}


def _write(clone: Path) -> None:
    def git(*words: str) -> str:
        command = ["git", "-C", str(clone), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    names = {name for name, _ in locked(TOP)}
    found: dict[str, list[Any]] = {}
    for path in git("ls-tree", "-r", "--name-only", "HEAD", "vulns").splitlines():
        name = canonicalize_name(path.split("/")[1])
        if name in names:
            record = yaml.safe_load(git("show", f"HEAD:{path}"))
            found.setdefault(name, []).append(_kept(record))
    told = {"as_of": git("log", "-1", "--format=%cs").strip(), "advisories": found}
    FILE.write_text(json.dumps(told, indent=1, default=str, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
