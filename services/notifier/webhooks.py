"""Signatures of web hooks, in both directions (Standard Webhooks).

HMAC-SHA256 over `id.timestamp.body`, in base64 behind `v1,`; several signatures are separated by
blanks while a secret is exchanged.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from chassis.errors import Forbidden, Misconfigured

TOLERANCE_SECONDS = 300
SECRET_BYTES_MIN = 32
"""As many as the hash has: a shorter one could be guessed at leisure from one signed call."""
_BODY_BYTES_MAX = 16_384
_ID_CHARACTERS_MAX = 128
_SECONDS = re.compile(r"[0-9]{1,12}")
_ENCODED = "whsec_"


def key_of(secret: str, setting: str) -> bytes:
    """What a secret signs with: behind `whsec_` stands base64, any other is taken as it is.

    Raises `Misconfigured`, which names the setting and not the secret.
    """
    if not secret.startswith(_ENCODED):
        key = secret.encode()
    else:
        try:
            key = base64.b64decode(secret.removeprefix(_ENCODED), validate=True)
        except (binascii.Error, ValueError):
            raise Misconfigured(f"{setting}: behind {_ENCODED} stands no base64") from None
    return long_enough(key, setting)


def long_enough(key: bytes, setting: str) -> bytes:
    """The key, which has `SECRET_BYTES_MIN`; raises `Misconfigured`, which names the setting."""
    if len(key) < SECRET_BYTES_MIN:
        raise Misconfigured(
            f"{setting}: a secret has at least {SECRET_BYTES_MIN} bytes, this one has {len(key)} "
            "(openssl rand -base64 32)"
        )
    return key


def signature(key: bytes, call_id: str, timestamp: str, body: bytes) -> str:
    """The value of the header `webhook-signature`."""
    return "v1," + base64.b64encode(_digest(key, call_id, timestamp, body)).decode()


class Signed(NamedTuple):
    """A signed request, to be believed only after `verify`."""

    call_id: str
    timestamp: str
    signature: str
    body: bytes

    def verify(self, keys: Sequence[bytes], now: datetime) -> None:
        """Raise `Forbidden` unless a signature fits one of the keys and the time stamp is at most
        five minutes off.
        """
        if not 0 < len(self.call_id) <= _ID_CHARACTERS_MAX or len(self.body) > _BODY_BYTES_MAX:
            raise Forbidden("the callback's id or body has an unusable size")
        if not _SECONDS.fullmatch(self.timestamp):
            raise Forbidden("webhook-timestamp: not a number of seconds")
        if abs(now.timestamp() - int(self.timestamp)) > TOLERANCE_SECONDS:
            raise Forbidden("webhook-timestamp: more than five minutes off")
        expected = [_digest(key, self.call_id, self.timestamp, self.body) for key in keys]
        given = _given(self.signature)
        if not any(hmac.compare_digest(one, two) for one in expected for two in given):
            raise Forbidden("webhook-signature: does not fit")


def _digest(key: bytes, call_id: str, timestamp: str, body: bytes) -> bytes:
    return hmac.new(key, f"{call_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()


def _given(header: str) -> list[bytes]:
    found = []
    for part in header.split():
        version, _, text = part.partition(",")
        if version != "v1":
            continue
        try:
            found.append(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError):
            continue
    return found
