"""Services that keep a key which never leaves them, and wrap others with it.

`KeyService` is all that is asked of one; OpenBao's transit engine is the one there is.
"""

import base64
import binascii
from http import HTTPStatus
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from chassis.errors import Misconfigured, Transient
from chassis.plaintext import is_here
from chassis.secured import secret_of
from chassis.settings import Settings
from chassis.tls import client_context

_SETTING = "ARREARS_KEK_SERVICE"
_SECONDS_MAX = 10.0
_PURPOSE = base64.b64encode(b"arrears key-encryption key").decode()
"""What it is told to bind to what it wraps: nothing else it wrapped is taken for a key of ours."""


class KeyService(Protocol):
    """Wraps short secrets, and opens what it wrapped; both raise `Transient` when it is away."""

    def wrap(self, raw: bytes) -> str:
        """A text that this service alone opens."""
        ...

    def unwrap(self, wrapped: str) -> bytes:
        """What was wrapped; raises `Misconfigured` for anything else."""
        ...


class OpenBao:
    """A key of OpenBao's transit engine, by its URL (`…/v1/MOUNT/keys/NAME`)."""

    def __init__(self, url: str, token: str, ca_file: Path | None = None) -> None:
        mount, found, name = url.rpartition("/keys/")
        parts = urlsplit(url)
        if not found or not name or "/v1/" not in url or parts.scheme not in {"http", "https"}:
            raise Misconfigured(f"{_SETTING} is not the URL of a key, https://…/v1/transit/keys/…")
        if parts.scheme != "https" and not is_here(parts.hostname or ""):
            raise Misconfigured(
                f"{_SETTING}: the key of all keys does not come from {parts.hostname} in plain "
                "text: give it as https"
            )
        self._mount, self._name = mount, name
        self._token = token
        self._verify = client_context(_SETTING, ca_file)

    def wrap(self, raw: bytes) -> str:
        """`vault:v1:…`, by the newest version of the key."""
        return self._asked("encrypt", "ciphertext", plaintext=base64.b64encode(raw).decode())

    def unwrap(self, wrapped: str) -> bytes:
        """What any version of the key wrapped that the service still opens."""
        try:
            return base64.b64decode(self._asked("decrypt", "plaintext", ciphertext=wrapped))
        except (binascii.Error, ValueError) as error:
            raise Misconfigured(f"{_SETTING}: what it opened is not a key") from error

    def _asked(self, what: str, wanted: str, **given: str) -> str:
        try:
            with httpx.Client(verify=self._verify, timeout=_SECONDS_MAX) as client:
                answer = client.post(
                    f"{self._mount}/{what}/{self._name}",
                    json={**given, "associated_data": _PURPOSE},
                    headers={"X-Vault-Token": self._token},
                )
        except httpx.HTTPError as error:
            raise Transient(f"{_SETTING}: {self._mount} does not answer") from error
        # sealed, or without its storage; or more is asked of it than its quota
        if answer.is_server_error or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise Transient(f"{_SETTING}: {self._mount} cannot {what} ({answer.status_code})")
        if not answer.is_success:
            raise Misconfigured(
                f"{_SETTING}: {self._mount} does not {what} with {self._name} "
                f"({answer.status_code}): is the token valid, may it, and is the key the one that "
                "was wrapped with?"
            )
        try:
            return str(answer.json()["data"][wanted])
        except (ValueError, TypeError, LookupError) as error:
            raise Misconfigured(f"{_SETTING}: {self._mount} is no OpenBao") from error


def service_of(settings: Settings) -> KeyService | None:
    """The service of the settings; None where the keys stand there as they are."""
    if settings.kek_service is None:
        return None
    token = secret_of(
        settings.kek_service_token, settings.kek_service_token_file, f"{_SETTING}_TOKEN"
    )
    return OpenBao(settings.kek_service, token, settings.kek_service_ca_file)
