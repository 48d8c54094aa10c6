"""Text messages over Alibaba Cloud SMS, which sends texts registered with it only.

The URL carries number, name and text: it is in no log, also not in one of httpx.
"""

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import httpx
import orjson

from chassis.logging import get_logger
from chassis.tls import fault_in
from services.notifier.adapters.acs3 import query_of, signed
from services.notifier.adapters.aliyun_answers import (
    CHINA,
    PAGE,
    Detail,
    Listed,
    listed,
    taken,
)
from services.notifier.adapters.aliyun_params import Unfit, filled
from services.notifier.adapters.gateway import Handed, Lookup, Parcel, Told
from services.notifier.adapters.provider import FAILED, NOT_BEGUN
from services.notifier.domain.commands import AttemptResult
from services.notifier.settings.sms_gateways import AliyunTemplate, template_for

log = get_logger(__name__)

_LISTED_DAYS = 30
"""How far back it lists."""


@dataclass(frozen=True)
class Key:
    """An access key."""

    id: str
    secret: str


class _NoUrls(logging.Filter):
    """httpx tells every URL at INFO."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is kept."""
        return record.levelno >= logging.WARNING


_NO_URLS = _NoUrls()


class AliyunGateway:
    """Hands text messages to Alibaba Cloud; the notice's id is OutId, which does not de-duplicate.

    What is in doubt, and what became of a message, is looked up by number and day.
    """

    wants_address = True

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        url: str,
        key: Key,
        templates: Sequence[AliyunTemplate],
        now: Callable[[], datetime],
        nonce: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        logging.getLogger("httpx").addFilter(_NO_URLS)
        self._client = client
        self._url = httpx.URL(url)
        self._key = key
        self._templates = templates
        self._now = now
        self._nonce = nonce

    async def send(self, parcel: Parcel) -> AttemptResult:
        """Hand the message over; whatever may have reached the provider is unknown."""
        found = template_for(self._templates, parcel.creditor, parcel.purpose, parcel.language)
        if found is None:
            log.warning(
                "no_sms_template",
                creditor=parcel.creditor,
                account=parcel.account,
                reason=f"none fits purpose '{parcel.purpose}' in language '{parcel.language}'",
                todo="add one to the gateway's templates in ARREARS_NOTIFIER_SMS_GATEWAYS",
            )
            return AttemptResult("refused", reason="aliyun.no_template", is_unset=True)
        params = filled(found, parcel)
        if isinstance(params, Unfit):
            log.warning(
                "sms_param_unfit",
                creditor=parcel.creditor,
                account=parcel.account,
                reason=params.why,
                todo="give it another variable, or raise its max where Alibaba Cloud takes more",
            )
            return AttemptResult("refused", reason=params.code, is_unset=True)
        values = {
            "PhoneNumbers": _number(parcel.to),
            "SignName": found.sign_name,
            "TemplateCode": found.code,
            "TemplateParam": orjson.dumps(params).decode(),
            "OutId": parcel.notice_id,
        }
        try:
            answer = await self._call("SendSms", values)
        except NOT_BEGUN as error:
            return AttemptResult("unavailable", reason=self._reason(error))
        except FAILED as error:
            return AttemptResult("unknown", reason=self._reason(error))
        return taken(answer, parcel.notice_id)

    async def find(self, parcel: Parcel) -> Lookup:
        """Look among what the number got in those days. What is not listed may still come to be
        while they last: only when they are over it was not taken.
        """
        if self._today() > parcel.day + timedelta(days=_LISTED_DAYS):
            return Lookup("cannot_tell")
        days = await self._listed(parcel.to, parcel.day, parcel.notice_id)
        if days is None:
            return Lookup("unclear")
        if _among(days, parcel.notice_id) is not None:
            return Lookup("sent", parcel.notice_id)
        if self._today() <= parcel.day + timedelta(days=1):
            return Lookup("unclear")
        return Lookup("not_sent" if all(one.is_whole for one in days) else "cannot_tell")

    async def result(self, handed: Handed) -> Told:
        """Look for the message among what the number got in those days; of an erased debtor there
        is no number.
        """
        if not handed.to or handed.day is None:
            return Told()
        days = await self._listed(handed.to, handed.day, handed.notice_id)
        if days is None:
            return Told(answered=False)
        found = _among(days, handed.notice_id)
        return Told() if found is None else Told(found.result, found.at)

    async def _listed(self, to: str, about: date, notice_id: str) -> list[Listed] | None:
        """What a number got on a day of the creditor, which is one or two of China, and about it,
        up to the day that has the notice; `None` where the provider does not say.
        """
        days = []
        for day in (about + timedelta(days=shift) for shift in (0, -1, 1)):
            if day > self._today():
                continue
            values = {
                "PhoneNumber": _number(to),
                "SendDate": day.strftime("%Y%m%d"),
                "PageSize": str(PAGE),
                "CurrentPage": "1",
            }
            try:
                found = listed(await self._call("QuerySendDetails", values))
            except FAILED as error:
                self._reason(error)
                return None
            if found is None:
                return None
            days.append(found)
            if found.of(notice_id) is not None:
                break
        return days

    def _today(self) -> date:
        return self._now().astimezone(CHINA).date()

    async def forget(self, creditor: str, channel: str, notice_id: str) -> None:
        """The provider deletes by its own contract; nothing is kept here."""

    async def _call(self, action: str, values: Mapping[str, str]) -> httpx.Response:
        query = query_of(values)
        headers = signed(
            action,
            query,
            host=self._url.netloc.decode(),
            key_id=self._key.id,
            secret=self._key.secret,
            nonce=self._nonce(),
            at=self._now(),
        )
        # As bytes: what was signed is sent as it stands, not quoted anew.
        url = self._url.copy_with(raw_path=b"/?" + query.encode())
        return await self._client.post(url, headers=headers)

    def _reason(self, error: Exception) -> str:
        if (fault := fault_in(error)) is not None:
            where = self._url.host
            log.warning("gateway_not_trusted", reason=f"the SMS gateway on {where}: {fault}")
        return f"aliyun.{type(error).__name__}"


def _among(days: Sequence[Listed], notice_id: str) -> Detail | None:
    return next((one for day in days if (one := day.of(notice_id)) is not None), None)


def _number(to: str) -> str:
    """Numbers of China without its code, others with theirs."""
    return to.removeprefix("+86").lstrip("+")
