"""Calls as jobs for a dialler over HTTP.

`POST {url}/calls` and `GET {url}/calls/{reference}`, signed as web hooks are (`webhooks.py`); the
`reference` is id of the signature, idempotency key, and what the dialler reports under. The first
call of a notice has the notice's id, further ones `<notice>.call2` and so on.
"""

import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import quote

import httpx
import orjson

from chassis.logging import get_logger
from chassis.tls import fault_in
from services.notifier.adapters.gateway import Fate, Handed, Lookup, Parcel, Told
from services.notifier.adapters.statuses import taken_by, told_by
from services.notifier.domain.commands import AttemptResult
from services.notifier.webhooks import signature

log = get_logger(__name__)

STATUSES: Mapping[str, Fate] = {
    "answered": "delivered",
    "delivered": "delivered",
    "busy": "busy",
    "no_answer": "no_answer",
    "machine": "machine",
    "failed": "failed",
}
"""What a dialler says of a call, and what that is."""
_FAILED = (httpx.HTTPError, ssl.SSLError)  # a certificate refused late comes as it is
_NEXT = ".call"


class VoiceGateway:
    """Hands calls to a dialler, which makes each once and between the hours given."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        url: str,
        key: bytes,
        callback: str,
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._key = key
        self._callback = callback
        self._now = now

    async def send(self, parcel: Parcel) -> AttemptResult:
        """Hand the call over; whatever may have reached the dialler is unknown, not failed."""
        reference = reference_of(parcel.notice_id, parcel.call)
        job = {
            "reference": reference,
            "to": parcel.to,
            "text": parcel.body,
            "language": parcel.language,
            "not_before": self._now().isoformat(),
        }
        if parcel.until is not None:
            job["not_after"] = parcel.until.isoformat()
        if self._callback:
            job["callback"] = self._callback
        body = orjson.dumps(job)
        headers = self._signed(reference, body) | {
            "Idempotency-Key": reference,
            "Content-Type": "application/json",
        }
        try:
            answer = await self._client.post(f"{self._url}/calls", content=body, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            self._say_why(error)
            return AttemptResult("unavailable", reason=_reason(error))
        except _FAILED as error:
            self._say_why(error)
            return AttemptResult("unknown", reason=_reason(error))
        return taken_by(answer, "voice", reference)

    async def find(self, parcel: Parcel) -> Lookup:
        """Ask the dialler for the call by its reference."""
        reference = reference_of(parcel.notice_id, parcel.call)
        answer = await self._look_up(reference)
        if answer is not None and answer.status_code == httpx.codes.OK:
            return Lookup("sent", reference)
        if answer is not None and answer.status_code == httpx.codes.NOT_FOUND:
            return Lookup("not_sent")
        return Lookup("unclear")

    async def result(self, handed: Handed) -> Told:
        """Ask the dialler for the call's `status`."""
        return told_by(await self._look_up(handed.reference), STATUSES)

    async def forget(self, creditor: str, channel: str, notice_id: str) -> None:
        """The dialler deletes by its own contract; nothing is kept here."""

    async def _look_up(self, reference: str) -> httpx.Response | None:
        path = f"{self._url}/calls/{quote(reference, safe='')}"
        try:
            return await self._client.get(path, headers=self._signed(reference, b""))
        except _FAILED as error:
            self._say_why(error)
            return None

    def _signed(self, reference: str, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._now().timestamp()))
        return {
            "webhook-id": reference,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self._key, reference, timestamp, body),
        }

    def _say_why(self, error: Exception) -> None:
        if (fault := fault_in(error)) is not None:
            log.warning("gateway_not_trusted", reason=f"the dialler on {self._url}: {fault}")


def reference_of(notice_id: str, call: int) -> str:
    """By what the dialler knows a call of a notice."""
    return notice_id if call == 1 else f"{notice_id}{_NEXT}{call}"


def call_of(reference: str) -> tuple[str, int]:
    """The notice that a reference is of, and which call."""
    notice_id, _, call = reference.rpartition(_NEXT)
    return (notice_id, int(call)) if notice_id and call.isdecimal() else (reference, 1)


def _reason(error: Exception) -> str:
    return f"voice.{type(error).__name__}"
