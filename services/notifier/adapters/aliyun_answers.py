"""What Alibaba Cloud answers: whether it took a text, and what became of those of a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx

from contracts.words.vocabulary import DeliveryResult
from services.notifier.domain.commands import AttemptResult

CHINA = timezone(timedelta(hours=8))
"""Its days and its clock."""
PAGE = 50
"""The most it lists at once."""
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
_UNSET = (
    "isv.SMS_TEMPLATE_ILLEGAL",
    "isv.SMS_SIGNATURE_ILLEGAL",
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL",
    "isv.SMS_SIGN_ILLEGAL",
    "isv.TEMPLATE_",
    "isv.INVALID_JSON_PARAM",
    "isv.PARAM_LENGTH_LIMIT",
    "isv.PARAM_NOT_SUPPORT_URL",
)
"""How codes begin that say nothing of the number, but of what is set as template."""
_IN_DOUBT = ("isp.SYSTEM_ERROR", "InternalError")
_RESULTS: Mapping[str, DeliveryResult] = {"2": "failed", "3": "delivered"}
"""By its status; 1: it waits for the network to say."""


@dataclass(frozen=True)
class Detail:
    """A text that it took: by which notice, and what became of it."""

    notice_id: str
    result: DeliveryResult | None
    at: datetime | None


@dataclass(frozen=True)
class Listed:
    """What a number got on a day; `is_whole`: nothing of it stands on a further page."""

    details: Sequence[Detail]
    is_whole: bool

    def of(self, notice_id: str) -> Detail | None:
        """The text of a notice; one that has its result before one that has not."""
        found = [one for one in self.details if one.notice_id == notice_id]
        return max(found, key=lambda one: one.result is not None, default=None)


def taken(answer: httpx.Response, notice_id: str) -> AttemptResult:
    """Whether it took a text."""
    body = _body(answer)
    code = str(body.get("Code", ""))
    if code == "OK":
        return AttemptResult("accepted", reference=str(body.get("BizId") or notice_id)[:128])
    reason = f"aliyun_{code[:64] or answer.status_code}"
    if code.startswith(_LATER) or answer.status_code in (429, 503):
        return AttemptResult("unavailable", reason=reason)
    if not code or answer.is_server_error or code.startswith(_IN_DOUBT):
        return AttemptResult("unknown", reason=reason)
    return AttemptResult("refused", reason=reason, is_unset=code.startswith(_UNSET))


def listed(answer: httpx.Response) -> Listed | None:
    """What it lists; `None` where it does not say."""
    body = _body(answer)
    if body.get("Code") != "OK":
        return None
    within = body.get("SmsSendDetailDTOs")
    rows = within.get("SmsSendDetailDTO") if isinstance(within, dict) else None
    details = [_detail(one) for one in rows or () if isinstance(one, dict)]
    total = body.get("TotalCount")
    return Listed(
        details, len(details) < PAGE if total is None else str(total) == str(len(details))
    )


def _detail(row: Mapping[str, Any]) -> Detail:
    result = _RESULTS.get(str(row.get("SendStatus")))
    return Detail(str(row.get("OutId", "")), result, _instant(row.get("ReceiveDate")))


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)
    except ValueError:
        return None


def _body(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
