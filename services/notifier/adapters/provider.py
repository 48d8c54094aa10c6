"""A provider over HTTP that takes each reference once and can be asked for it.

`POST {url}/{place}` hands a job over, `GET {url}/{place}/{reference}` asks for it; both are signed.
"""

import ssl
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote

import httpx
import orjson

from chassis.logging import get_logger
from chassis.tls import fault_in
from services.notifier.adapters.gateway import Fate, Handed, Lookup, Parcel, Told
from services.notifier.domain.commands import AttemptResult

log = get_logger(__name__)

FAILED = (httpx.HTTPError, ssl.SSLError)  # a certificate refused late comes as it is
NOT_BEGUN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Failures before anything of a request left."""
_NOT_TAKEN = frozenset({429, 503})


class HttpProvider(ABC):
    """Hands jobs over; what a job says and how it is signed is for each kind of provider to say."""

    CHANNEL: ClassVar[str]
    PLACE: ClassVar[str]
    CALLED: ClassVar[str]
    STATUSES: ClassVar[Mapping[str, Fate]]

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url.rstrip("/")

    async def send(self, parcel: Parcel) -> AttemptResult:
        """Hand the job over; whatever may have reached the provider is unknown, not failed."""
        reference = self.reference(parcel)
        body = orjson.dumps(self.job(parcel, reference))
        headers = self.signed(reference, body) | {
            "Idempotency-Key": reference,
            "Content-Type": "application/json",
        }
        place = f"{self._url}/{self.PLACE}"
        try:
            answer = await self._client.post(place, content=body, headers=headers)
        except FAILED as error:
            self._say_why(error)
            reason = f"{self.CHANNEL}.{type(error).__name__}"
            if isinstance(error, NOT_BEGUN):
                return AttemptResult("unavailable", reason=reason)
            return AttemptResult("unknown", reason=reason)
        return taken_by(answer, self.CHANNEL, self.known_as(answer, reference))

    async def find(self, parcel: Parcel) -> Lookup:
        """Ask the provider for the job by its reference."""
        reference = self.reference(parcel)
        answer = await self._look_up(reference)
        if answer is not None and answer.status_code == httpx.codes.OK:
            return Lookup("sent", self.known_as(answer, reference))
        if answer is not None and answer.status_code == httpx.codes.NOT_FOUND:
            return Lookup("not_sent")
        return Lookup("unclear")

    async def result(self, handed: Handed) -> Told:
        """Ask the provider for the job's `status`."""
        return told_by(await self._look_up(self.asked_by(handed)), self.STATUSES)

    async def forget(self, creditor: str, channel: str, notice_id: str) -> None:
        """The provider deletes by its own contract; nothing is kept here."""
        return

    @abstractmethod
    def job(self, parcel: Parcel, reference: str) -> dict[str, Any]:
        """What the provider is to do."""

    @abstractmethod
    def signed(self, reference: str, body: bytes) -> dict[str, str]:
        """The headers that prove who asks."""

    def reference(self, parcel: Parcel) -> str:
        """The idempotency key of a job, and what it is asked for by."""
        return parcel.notice_id

    def asked_by(self, handed: Handed) -> str:
        """The reference of a job that was taken."""
        return handed.notice_id

    def known_as(self, answer: httpx.Response, reference: str) -> str:
        """What is kept of a job that was taken."""
        return reference

    async def _look_up(self, reference: str) -> httpx.Response | None:
        path = f"{self._url}/{self.PLACE}/{quote(reference, safe='')}"
        try:
            return await self._client.get(path, headers=self.signed(reference, b""))
        except FAILED as error:
            self._say_why(error)
            return None

    def _say_why(self, error: Exception) -> None:
        if (fault := fault_in(error)) is not None:
            log.warning("gateway_not_trusted", reason=f"{self.CALLED} on {self._url}: {fault}")


def taken_by(answer: httpx.Response, channel: str, reference: str) -> AttemptResult:
    """Whether a notice was taken; a 409 says that it was, before."""
    status = answer.status_code
    if answer.is_success or status == httpx.codes.CONFLICT:
        return AttemptResult("accepted", reference=reference)
    if status in _NOT_TAKEN:
        return AttemptResult("unavailable", reason=f"{channel}_{status}")
    if answer.is_server_error:
        return AttemptResult("unknown", reason=f"{channel}_{status}")
    return AttemptResult("refused", reason=f"{channel}_{status}")


def told_by(answer: httpx.Response | None, statuses: Mapping[str, Fate]) -> Told:
    """What `status` says, which happened at `at`; a status that is not among `statuses` says that
    nothing is known yet, as does not knowing the notice.
    """
    if answer is None or answer.is_server_error:
        return Told(answered=False)
    body = _body(answer)
    result = statuses.get(str(body.get("status", "")).lower())
    return Told(result, _instant(body.get("at"))) if answer.is_success else Told()


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _instant(text: Any) -> datetime | None:
    """An instant with its offset; None for anything else: the time of the answer is meant then."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo is not None else None
