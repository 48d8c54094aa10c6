"""A provider of text messages over real HTTP, which fails in the ways providers do."""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any

from tests.support.http_provider import HttpProvider

SECRET = "shared by provider and notifier alone"


@dataclass
class Provider(HttpProvider):
    """`texts` counts what it took, `keys` and `log` are of all it was asked: under which key, and
    to write to whom.
    """

    texts: int = 0
    keys: list[str] = field(default_factory=list)

    TAKEN = 201

    def is_signed(self, reference: str, headers: dict[str, str], body: bytes) -> bool:
        signed = f"{reference}.{headers['x-timestamp']}.".encode() + body
        wanted = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        return headers["x-signature"] == wanted and headers["x-key-id"] == "acme"

    def noted(self, job: dict[str, Any], headers: dict[str, str]) -> None:
        self.keys.append(headers["idempotency-key"])
        self.log.append(job["to"])

    def taken(self, job: dict[str, Any], known: bool) -> dict[str, Any]:
        self.texts += not known
        return self.book.setdefault(job["reference"], {"id": f"msg-{job['reference']}"})
