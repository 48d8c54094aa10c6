"""Text messages over an HTTP gateway.

`POST {url}/messages` with `{"to", "text", "reference"}` and `GET {url}/messages/{reference}`. Both
are signed: HMAC-SHA256 over `reference.timestamp.body`, in hexadecimal.
"""

import hashlib
import hmac
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from chassis.logging import get_logger
from chassis.tls import fault_in
from services.notifier.adapters.gateway import Fate, Handed, Lookup, Parcel, Told
from services.notifier.adapters.statuses import taken_by, told_by
from services.notifier.domain.commands import AttemptResult

log = get_logger(__name__)

_FAILED = (httpx.HTTPError, ssl.SSLError)  # a certificate refused late comes as it is
_STATUSES: Mapping[str, Fate] = {
    "delivered": "delivered",
    "failed": "failed",
    "undelivered": "failed",
    "rejected": "failed",
    "expired": "failed",
}


class SmsGateway:
    """Hands text messages to a provider; the notice's id is idempotency key and reference."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        url: str,
        key_id: str,
        secret: str,
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._key_id = key_id
        self._secret = secret.encode()
        self._now = now

    async def send(self, parcel: Parcel) -> AttemptResult:
        """Hand the message over; whatever may have reached the provider is unknown, not failed."""
        reference = parcel.notice_id
        body = orjson.dumps({"to": parcel.to, "text": parcel.body, "reference": reference})
        headers = self._signed(reference, body) | {
            "Idempotency-Key": reference,
            "Content-Type": "application/json",
        }
        try:
            answer = await self._client.post(f"{self._url}/messages", content=body, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            self._say_why(error)
            return AttemptResult("unavailable", reason=_reason(error))
        except _FAILED as error:
            self._say_why(error)
            return AttemptResult("unknown", reason=_reason(error))
        return taken_by(answer, "sms", _provider_id(answer, reference))

    def _say_why(self, error: Exception) -> None:
        if (fault := fault_in(error)) is not None:
            log.warning("gateway_not_trusted", reason=f"the SMS gateway on {self._url}: {fault}")

    async def find(self, parcel: Parcel) -> Lookup:
        """Ask the provider for the message by its reference."""
        reference = parcel.notice_id
        answer = await self._look_up(reference)
        if answer is None:
            return Lookup("unclear")
        if answer.status_code == httpx.codes.OK:
            return Lookup("sent", _provider_id(answer, reference))
        if answer.status_code == httpx.codes.NOT_FOUND:
            return Lookup("not_sent")
        return Lookup("unclear")

    async def result(self, handed: Handed) -> Told:
        """Ask the provider for the message's `status`."""
        return told_by(await self._look_up(handed.notice_id), _STATUSES)

    async def _look_up(self, reference: str) -> httpx.Response | None:
        path = f"{self._url}/messages/{quote(reference, safe='')}"
        try:
            return await self._client.get(path, headers=self._signed(reference, b""))
        except _FAILED as error:
            self._say_why(error)
            return None

    async def forget(self, creditor: str, channel: str, notice_id: str) -> None:
        """The provider deletes by its own contract; nothing is kept here."""

    def _signed(self, reference: str, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._now().timestamp()))
        signed = f"{reference}.{timestamp}.".encode() + body
        return {
            "X-Key-Id": self._key_id,
            "X-Timestamp": timestamp,
            "X-Signature": hmac.new(self._secret, signed, hashlib.sha256).hexdigest(),
        }


def _provider_id(answer: httpx.Response, reference: str) -> str:
    try:
        body: Any = answer.json()
    except ValueError:
        return reference
    found = body.get("id") if isinstance(body, dict) else None
    return str(found)[:128] if found else reference


def _reason(error: Exception) -> str:
    return f"sms.{type(error).__name__}"
