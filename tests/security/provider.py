"""An OpenID provider that nobody here wrote, npm's `oidc-provider`, as a process."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from tests.support.missing import give_up
from tests.support.processes import free_ports

_HOME = Path(__file__).with_name("oidc-provider")
_SECRET = "a-secret-of-the-tests-alone-0123456789"
_FETCH = ("npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts")


class SigningKey:
    """A key of the provider's, by which a test signs what the provider would not."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self.private: RSAPrivateKey = generate_private_key(65537, 2048)

    def jwk(self) -> dict[str, Any]:
        """With its private part, as the provider wants it."""
        jwk: dict[str, Any] = RSAAlgorithm.to_jwk(self.private, as_dict=True)
        return {name: value for name, value in jwk.items() if name != "key_ops"} | self._named()

    def _named(self) -> dict[str, str]:
        return {"kid": self.kid, "use": "sig", "alg": "RS256"}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """A token with these claims."""
        return jwt.encode(claims, self.private, "RS256", headers={"kid": self.kid} | header)


class Provider:
    """Up within its context, with the keys given; `stop` and `start` are its downtime."""

    def __init__(self, *keys: SigningKey) -> None:
        (self._port,) = free_ports(1)
        self._keys: Sequence[SigningKey] = keys
        self._process: subprocess.Popen[str] | None = None
        self.issuer = f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Be there again, with the keys there were last."""
        self._process = subprocess.Popen(
            ["node", "provider.mjs", str(self._port)],
            cwd=_installed(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.rotate(*self._keys)

    def stop(self) -> None:
        """Be down: nothing answers on the port."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def rotate(self, *keys: SigningKey) -> None:
        """Sign with the first of these from now on, and publish all of them and no other."""
        self._keys = keys
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"keys": [key.jwk() for key in keys]}) + "\n")
        process.stdin.flush()
        for line in process.stdout:  # what it says of itself comes between
            if line == "signs\n":
                return
        raise AssertionError("the provider ended")

    def token(self, client: str, resource: str = "urn:arrears") -> str:
        """A token by the client's own credentials (OAuth 2.0, 4.4); the client is named as its
        role.
        """
        answer = httpx.post(
            f"{self.issuer}/token",
            auth=(client, _SECRET),
            data={"grant_type": "client_credentials", "resource": resource},
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])


def _installed() -> Path:
    """A folder with the script and what it needs from npm, fetched once by the lock file."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            give_up(f"{program} is missing (install nodejs and npm)")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "arrears/npm-oidc"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        files = sorted(_HOME.iterdir())
        wanted = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
        folder = cache / wanted[:16]
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for file in files:
                shutil.copy(file, folder)
            subprocess.run(_FETCH, cwd=folder, check=True)
            (folder / "done").touch()
    return folder
