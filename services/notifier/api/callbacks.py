"""Delivery callbacks of providers, believed for their signature instead of a token.

`webhook-id`, `webhook-timestamp` (seconds) and `webhook-signature` (`v1,` and base64 of HMAC-SHA256
over `id.timestamp.body`; several separated by blanks while a secret is exchanged).
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Request
from pydantic import SecretStr, ValidationError

from chassis.errors import Forbidden, Malformed, NotFound
from chassis.http.openapi import named
from chassis.runtime.service import Service
from chassis.store.work import Work
from contracts.words.streams import account_stream, key_of
from services.notifier.api.models import Callback
from services.notifier.api.notices import record_delivery
from services.notifier.domain.commands import RecordDelivery
from services.notifier.views import notices

_TOLERANCE_SECONDS = 300
_BODY_BYTES_MAX = 16_384
_ID_CHARACTERS_MAX = 128
_SECONDS = re.compile(r"[0-9]{1,12}")
_DOCUMENTED = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": named(Callback)}},
    }
}


def router(service: Service, secrets: Mapping[str, SecretStr]) -> APIRouter:
    """The route `/v1/callbacks/{channel}`; `secrets` by channel, none means no callbacks."""
    routes = APIRouter(prefix="/v1/callbacks", tags=["callbacks"])

    @routes.post(
        "/{channel}", status_code=204, operation_id="report_delivery", openapi_extra=_DOCUMENTED
    )
    async def callback(
        request: Request,
        channel: str,
        webhook_id: Annotated[str, Header()],
        webhook_timestamp: Annotated[str, Header()],
        webhook_signature: Annotated[str, Header()],
    ) -> None:
        """What became of a notice; the same call again changes nothing."""
        body = await request.body()
        secret = secrets.get(channel)
        if secret is None:
            raise NotFound(f"no callbacks are expected for channel '{channel}'")
        signed = Signed(webhook_id, webhook_timestamp, webhook_signature, body)
        signed.verify(secret.get_secret_value().encode(), service.clock.now())
        await _record(service, channel, webhook_id, body)

    return routes


class Signed:
    """A signed request, to be believed only after `verify`."""

    def __init__(self, call_id: str, timestamp: str, signature: str, body: bytes) -> None:
        self._id = call_id
        self._timestamp = timestamp
        self._signature = signature
        self._body = body

    def verify(self, secret: bytes, now: datetime) -> None:
        """Raise `Forbidden` unless the signature fits and the time stamp is at most five minutes
        off.
        """
        if not 0 < len(self._id) <= _ID_CHARACTERS_MAX or len(self._body) > _BODY_BYTES_MAX:
            raise Forbidden("the callback's id or body has an unusable size")
        if not _SECONDS.fullmatch(self._timestamp):
            raise Forbidden("webhook-timestamp: not a number of seconds")
        if abs(now.timestamp() - int(self._timestamp)) > _TOLERANCE_SECONDS:
            raise Forbidden("webhook-timestamp: more than five minutes off")
        content = f"{self._id}.{self._timestamp}.".encode() + self._body
        expected = hmac.new(secret, content, hashlib.sha256).digest()
        if not any(hmac.compare_digest(expected, given) for given in self._given()):
            raise Forbidden("webhook-signature: does not fit")

    def _given(self) -> list[bytes]:
        found = []
        for part in self._signature.split():
            version, _, text = part.partition(",")
            if version != "v1":
                continue
            try:
                found.append(base64.b64decode(text, validate=True))
            except (binascii.Error, ValueError):
                continue
        return found


async def _record(service: Service, channel: str, call_id: str, body: bytes) -> None:
    try:
        told = Callback.model_validate_json(body)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, one["loc"])) or "body" for one in error.errors())
        raise Malformed(f"callback: {fields} not usable") from None
    async with service.pool.acquire(timeout=10) as connection:
        row = await notices.sent_by(connection, told.notice_id, channel)
    if row is None:
        raise NotFound(f"no notice {told.notice_id} was sent by {channel}")
    stream = account_stream(row["creditor"], row["account"])

    def run(work: Work) -> None:
        at = told.at or work.now
        command = RecordDelivery(channel, told.result, at, told.notice_id, call_id)
        record_delivery(work, stream, command)

    await service.execute(key_of(row["creditor"], row["account"]), [stream], run)
