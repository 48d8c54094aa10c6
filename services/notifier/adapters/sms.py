"""Text messages over an HTTP gateway.

`POST {url}/messages` with `{"to", "text", "reference"}` and `GET {url}/messages/{reference}`. Both
are signed: HMAC-SHA256 over `reference.timestamp.body`, in hexadecimal.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx

from services.notifier.adapters.gateway import Parcel
from services.notifier.adapters.provider import HttpProvider


class SmsGateway(HttpProvider):
    """Hands text messages to a provider; the notice's id is idempotency key and reference."""

    CHANNEL = "sms"
    PLACE = "messages"
    CALLED = "the SMS gateway"
    STATUSES = {
        "delivered": "delivered",
        "failed": "failed",
        "undelivered": "failed",
        "rejected": "failed",
        "expired": "failed",
    }

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        url: str,
        key_id: str,
        secret: str,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(client, url)
        self._key_id = key_id
        self._secret = secret.encode()
        self._now = now

    def job(self, parcel: Parcel, reference: str) -> dict[str, Any]:
        """To whom, and the text."""
        return {"to": parcel.to, "text": parcel.body, "reference": reference}

    def signed(self, reference: str, body: bytes) -> dict[str, str]:
        """Name and time of a signature, and the signature."""
        timestamp = str(int(self._now().timestamp()))
        signed = f"{reference}.{timestamp}.".encode() + body
        return {
            "X-Key-Id": self._key_id,
            "X-Timestamp": timestamp,
            "X-Signature": hmac.new(self._secret, signed, hashlib.sha256).hexdigest(),
        }

    def known_as(self, answer: httpx.Response, reference: str) -> str:
        """The provider's own name of the message, where it has one."""
        try:
            body: Any = answer.json()
        except ValueError:
            return reference
        found = body.get("id") if isinstance(body, dict) else None
        return str(found)[:128] if found else reference
