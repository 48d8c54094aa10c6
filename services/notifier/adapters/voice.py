"""Calls as jobs for a dialler over HTTP.

`POST {url}/calls` and `GET {url}/calls/{reference}`, signed as web hooks are (`webhooks.py`); the
`reference` is id of the signature, idempotency key, and what the dialler reports under. The first
call of a notice has the notice's id, further ones `<notice>.call2` and so on.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import httpx

from services.notifier.adapters.gateway import Fate, Handed, Parcel
from services.notifier.adapters.provider import HttpProvider
from services.notifier.webhooks import signature

STATUSES: Mapping[str, Fate] = {
    "answered": "delivered",
    "delivered": "delivered",
    "busy": "busy",
    "no_answer": "no_answer",
    "machine": "machine",
    "failed": "failed",
}
"""What a dialler says of a call, and what that is."""
_NEXT = ".call"


class VoiceGateway(HttpProvider):
    """Hands calls to a dialler, which makes each once and between the hours given."""

    CHANNEL = "voice"
    PLACE = "calls"
    CALLED = "the dialler"
    STATUSES = STATUSES

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        url: str,
        key: bytes,
        callback: str,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(client, url)
        self._key = key
        self._callback = callback
        self._now = now

    def job(self, parcel: Parcel, reference: str) -> dict[str, Any]:
        """Whom to call when, what to say, and where to report."""
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
        return job

    def signed(self, reference: str, body: bytes) -> dict[str, str]:
        """As a web hook is, with the reference as its id."""
        timestamp = str(int(self._now().timestamp()))
        return {
            "webhook-id": reference,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self._key, reference, timestamp, body),
        }

    def reference(self, parcel: Parcel) -> str:
        """Each call of a notice has its own."""
        return reference_of(parcel.notice_id, parcel.call)

    def asked_by(self, handed: Handed) -> str:
        """The reference of the latest call."""
        return handed.reference


def reference_of(notice_id: str, call: int) -> str:
    """By what the dialler knows a call of a notice."""
    return notice_id if call == 1 else f"{notice_id}{_NEXT}{call}"


def call_of(reference: str) -> tuple[str, int]:
    """The notice that a reference is of, and which call."""
    notice_id, _, call = reference.rpartition(_NEXT)
    return (notice_id, int(call)) if notice_id and call.isdecimal() else (reference, 1)
