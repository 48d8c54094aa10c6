"""Text messages over Alibaba Cloud SMS, which sends texts registered with it only.

The URL carries number, name and text: it is in no log, also not in one of httpx.
"""

import logging
import secrets
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import orjson

from chassis.logging import get_logger
from chassis.tls import fault_in
from services.notifier.adapters.acs3 import query_of, signed
from services.notifier.adapters.gateway import Lookup, Parcel
from services.notifier.domain.commands import AttemptResult
from services.notifier.settings.sms_gateways import AliyunTemplate, template_for

log = get_logger(__name__)

_NAME_MAX = 20
_PAGE = 50
_FAILED = (httpx.HTTPError, ssl.SSLError)
_NOT_BEGUN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_LATER = (
    "Throttling",
    "ServiceUnavailable",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidTimeStamp",
    "SignatureNonceUsed",
    "isp.RAM_PERMISSION_DENY",
    "isv.ACCOUNT_",
    "isv.AMOUNT_NOT_ENOUGH",
    "isv.BUSINESS_LIMIT_CONTROL",
    "isv.DAY_LIMIT_CONTROL",
    "isv.MONTH_LIMIT_CONTROL",
    "isv.OUT_OF_SERVICE",
)
"""How codes begin that say nothing of the message, but of limits or of our account."""
_IN_DOUBT = ("isp.SYSTEM_ERROR", "InternalError")


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

    What is in doubt is looked up by number and day. Results of messages cannot be asked for later,
    when the number is not at hand any more.
    """

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
        given = {
            "name": parcel.name[:_NAME_MAX],
            "text": parcel.body,
            "account": parcel.account,
            "notice": parcel.notice_id,
        }
        values = {
            "PhoneNumbers": _number(parcel.to),
            "SignName": found.sign_name,
            "TemplateCode": found.code,
            "TemplateParam": orjson.dumps(
                {name: given[what] for name, what in found.params.items()}
            ).decode(),
            "OutId": parcel.notice_id,
        }
        try:
            answer = await self._call("SendSms", values)
        except _NOT_BEGUN as error:
            return AttemptResult("unavailable", reason=self._reason(error))
        except _FAILED as error:
            return AttemptResult("unknown", reason=self._reason(error))
        return _result(answer, parcel.notice_id)

    async def find(self, parcel: Parcel) -> Lookup:
        """Look among what the number got in those days: days of the creditor are not China's. What
        is not listed may still come to be: the channel's written rule decides when they are over.
        """
        for shift in (0, -1, 1):
            day = parcel.day + timedelta(days=shift)
            values = {
                "PhoneNumber": _number(parcel.to),
                "SendDate": day.strftime("%Y%m%d"),
                "PageSize": str(_PAGE),
                "CurrentPage": "1",
            }
            try:
                answer = await self._call("QuerySendDetails", values)
            except _FAILED as error:
                self._reason(error)
                return Lookup("unclear")
            body = _body(answer)
            if body.get("Code") != "OK":
                return Lookup("unclear")
            if any(one.get("OutId") == parcel.notice_id for one in _details(body)):
                return Lookup("sent", parcel.notice_id)
        is_over = self._now().date() > parcel.day + timedelta(days=1)
        return Lookup("cannot_tell" if is_over else "unclear")

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


def _number(to: str) -> str:
    """Numbers of China without its code, others with theirs."""
    return to.removeprefix("+86").lstrip("+")


def _result(answer: httpx.Response, notice_id: str) -> AttemptResult:
    body = _body(answer)
    code = str(body.get("Code", ""))
    if code == "OK":
        return AttemptResult("accepted", reference=str(body.get("BizId") or notice_id)[:128])
    reason = f"aliyun_{code[:64] or answer.status_code}"
    if code.startswith(_LATER) or answer.status_code in (429, 503):
        return AttemptResult("unavailable", reason=reason)
    if not code or answer.is_server_error or code.startswith(_IN_DOUBT):
        return AttemptResult("unknown", reason=reason)
    return AttemptResult("refused", reason=reason)


def _body(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _details(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    listed = body.get("SmsSendDetailDTOs")
    found = listed.get("SmsSendDetailDTO") if isinstance(listed, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
