"""Delivery callbacks of providers, believed for their signature instead of a token."""

from collections.abc import Mapping, Sequence
from typing import Annotated, get_args

from fastapi import APIRouter, Header, Request
from pydantic import SecretStr, ValidationError

from chassis.errors import Malformed, Misconfigured, NotFound
from chassis.http.openapi import named
from chassis.runtime.service import Service
from chassis.store.pool import acquire
from contracts.words.streams import Subject
from contracts.words.vocabulary import CHANNELS, DeliveryResult
from services.notifier import heard
from services.notifier.adapters.voice import STATUSES, call_of
from services.notifier.api.models import Callback
from services.notifier.domain.rules import VOICE
from services.notifier.reporting import Report, store
from services.notifier.views import notices
from services.notifier.webhooks import Signed, key_of

RESULTS: Mapping[str, DeliveryResult] = {one: one for one in get_args(DeliveryResult)}
_SETTING = "ARREARS_NOTIFIER_CALLBACK_SECRETS"
_DOCUMENTED = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": named(Callback)}},
    }
}


Keys = Mapping[str, Sequence[bytes]]
"""By channel; none means no callbacks."""


def keys_of(secrets: Mapping[str, Sequence[SecretStr]]) -> Keys:
    """The keys of the settings' secrets; raises `Misconfigured` for one that could be guessed, and
    for a channel that there is not: its callbacks would be refused when they come.
    """
    for channel in secrets:
        if channel not in CHANNELS:
            known = ", ".join(CHANNELS)
            raise Misconfigured(f"{_SETTING}: there is no channel '{channel}', there are {known}")
    return {
        channel: [key_of(one.get_secret_value(), _SETTING) for one in several]
        for channel, several in secrets.items()
    }


def router(service: Service, keys: Keys, calls_max: int) -> APIRouter:
    """The route `/v1/callbacks/{channel}`."""
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
        """What became of a notice; the same call again changes nothing, another under its id is
        refused.
        """
        body = await request.body()
        if channel not in keys:
            raise NotFound(f"no callbacks are expected for channel '{channel}'")
        signed = Signed(webhook_id, webhook_timestamp, webhook_signature, body)
        signed.verify(keys[channel], service.clock.now())
        hashed = service.bodies.request(body)
        async with acquire(service.pool) as connection:
            if await heard.is_known(connection, channel, webhook_id, hashed):
                return
        await _record(service, _report(channel, webhook_id, _told(body)), calls_max)
        # Only now: of a call that was remembered before its effect, a crash would lose the effect.
        async with acquire(service.pool) as connection:
            await heard.keep(connection, channel, webhook_id, hashed, service.clock.now())

    return routes


async def _record(service: Service, report: Report, calls_max: int) -> None:
    async with acquire(service.pool) as connection:
        row = await notices.sent_by(connection, report.notice_id, report.channel)
    if row is None:
        raise NotFound(f"no notice {report.notice_id} was sent by {report.channel}")
    await store(service, Subject(row["creditor"], row["account"]), report, calls_max)


def _report(channel: str, call_id: str, told: Callback) -> Report:
    """A call is named by its reference, any other notice by its id."""
    reference = told.reference or told.notice_id
    result = STATUSES.get(told.result) if channel == VOICE else RESULTS.get(told.result)
    if reference is None or result is None:
        field = "result" if reference else "notice_id"
        raise Malformed(f"callback: {field} not usable")
    if channel != VOICE or told.reference is None:
        return Report(channel, reference, result, told.at, call_id)
    return Report(channel, call_of(reference)[0], result, told.at, call_id, reference)


def _told(body: bytes) -> Callback:
    try:
        return Callback.model_validate_json(body)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, one["loc"])) or "body" for one in error.errors())
        raise Malformed(f"callback: {fields} not usable") from None
