"""Text messages over Alibaba Cloud, on a local server to which the official SDK speaks too.

`aliyun_sdk.json` is what its version 4.6.0 sent there once: what it does with others is seen live.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import parse_qsl

import orjson
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from services.notifier.adapters.acs3 import authorization, query_of
from services.notifier.adapters.aliyun import AliyunGateway
from services.notifier.adapters.gateway import Handed
from services.notifier.main import dispatcher
from services.notifier.settings import NotifierSettings
from tests.notifier.test_sms import PARCEL as SMS
from tests.support.processes import free_ports

SDK = orjson.loads(Path(__file__).with_name("aliyun_sdk.json").read_bytes())
NOW = datetime(2026, 3, 10, 1, tzinfo=UTC)
PARCEL = replace(SMS, name="张三 +*~", body="您欠费 8,300.00 元 +*~ (a/b)", purpose="reminder")
HANDED = Handed("N-1", "acme", "P-1", "sms", "9006^0", "a", PARCEL.day, to=PARCEL.to)
TEMPLATES = [
    {"sign_name": "别家", "code": "SMS_9", "creditor": "other"},
    {"sign_name": "城市供热+*~", "code": "SMS_1", "purpose": "reminder"},
]
OK = {"Code": "OK", "BizId": "9006^0"}


@dataclass
class Provider:
    """Answers what it is told to, and keeps what it got."""

    answer: object = field(default_factory=lambda: OK)
    status: int = 200
    is_silent: bool = False
    targets: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        self.targets.append(head[0].split(" ")[1])
        lines = (line.split(": ", 1) for line in head[1:] if line)
        self.headers.append({name.lower(): value for name, value in lines})
        if not self.is_silent:
            body = orjson.dumps(self.answer)
            writer.write(
                f"HTTP/1.1 {self.status} X\r\nConnection: close\r\n"
                f"Content-Length: {len(body)}\r\n\r\n".encode()
            )
            writer.write(body)
        writer.close()


@dataclass
class Running:
    provider: Provider
    gateway: AliyunGateway
    now: list[datetime]


@pytest_asyncio.fixture
async def aliyun() -> AsyncIterator[Running]:
    provider, now, (port,) = Provider(), [NOW], free_ports(1)
    server = await asyncio.start_server(provider.serve, "127.0.0.1", port)
    listed: dict[str, object] = {"name": "a", "kind": "aliyun", "url": f"http://127.0.0.1:{port}"}
    listed |= {"key_id": "LTAI-test", "secret": "secret", "templates": TEMPLATES}
    own = NotifierSettings.model_validate({"sms_gateways": [listed]})
    gateway = dispatcher(own, lambda: now[0]).ways["sms"][0].gateway
    assert isinstance(gateway, AliyunGateway)
    yield Running(provider, gateway, now)
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("request_of_sdk", SDK, ids=lambda one: one["headers"]["x-acs-action"])
def test_what_the_official_sdk_sends_is_signed_alike(request_of_sdk: dict[str, object]) -> None:
    headers = request_of_sdk["headers"]
    assert isinstance(headers, dict)
    names = _signed_names(headers)
    query = query_of(_parameters(str(request_of_sdk["path"])))
    given = {name: headers[name] for name in names}
    assert authorization(given, query, "LTAI-test", "secret") == headers["authorization"]


@pytest.mark.parametrize("action", ["SendSms", "QuerySendDetails"])
async def test_the_official_sdk_asks_for_the_same_and_each_signs_as_the_other(
    aliyun: Running, action: str
) -> None:
    from alibabacloud_tea_openapi import utils
    from darabonba.request import DaraRequest

    aliyun.provider.answer = OK | {"SmsSendDetailDTOs": {"SmsSendDetailDTO": [{"OutId": "N-1"}]}}
    await asyncio.to_thread(_sdk_asks, action, aliyun.gateway._url.netloc.decode())
    (theirs,) = aliyun.provider.headers
    aliyun.gateway._nonce = partial(theirs.__getitem__, "x-acs-signature-nonce")
    aliyun.now[0] = datetime.fromisoformat(theirs["x-acs-date"])
    await (aliyun.gateway.send(PARCEL) if action == "SendSms" else aliyun.gateway.result(HANDED))
    target, own = aliyun.provider.targets[1], aliyun.provider.headers[1]
    parameters = _parameters(target)
    assert parameters == _parameters(aliyun.provider.targets[0])
    assert target.removeprefix("/?") == utils.get_canonical_query_string(parameters)
    signed = {name: own[name] for name in _signed_names(own)}
    assert signed == {name: theirs[name] for name in signed}
    ours = DaraRequest()
    ours.method, ours.pathname, ours.query, ours.headers = "POST", "/", parameters, signed
    given = ours, "ACS3-HMAC-SHA256", own["x-acs-content-sha256"], "LTAI-test", "secret"
    assert own["authorization"] == utils.Utils.get_authorization(*given)
    signed = {name: theirs[name] for name in _signed_names(theirs)}
    query = query_of(parameters)
    assert theirs["authorization"] == authorization(signed, query, "LTAI-test", "secret")


def _sdk_asks(action: str, host: str) -> None:
    """The official SDK sends a request as it is recorded, with a nonce and a time of its own."""
    from alibabacloud_dysmsapi20170525 import client, models
    from alibabacloud_tea_openapi.utils_models import Config

    key = {"access_key_id": "LTAI-test", "access_key_secret": "secret"}
    sdk = client.Client(Config(**key, endpoint=host, protocol="http"))
    (recorded,) = [one for one in SDK if one["headers"]["x-acs-action"] == action]
    request = models.SendSmsRequest() if action == "SendSms" else models.QuerySendDetailsRequest()
    request.from_map(_parameters(recorded["path"]))
    answer = sdk.send_sms(request) if action == "SendSms" else sdk.query_send_details(request)
    assert answer.body.code == "OK"


async def test_a_text_is_sent_with_the_parameters_of_the_sdk_and_signed(aliyun: Running) -> None:
    result = await aliyun.gateway.send(PARCEL)
    assert (result.outcome, result.reference) == ("accepted", "9006^0")
    assert _parameters(aliyun.provider.targets[0]) == _parameters(SDK[0]["path"])
    got = aliyun.provider.headers[0]
    names = _signed_names(got)
    assert {"host", "x-acs-action", "x-acs-date", "x-acs-signature-nonce"} <= {*names}
    query = aliyun.provider.targets[0].removeprefix("/?")  # as on the wire, not quoted anew
    given = {name: got[name] for name in names}
    assert got["authorization"] == authorization(given, query, "LTAI-test", "secret")


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (200, "isv.BUSINESS_LIMIT_CONTROL", "unavailable"),
        (400, "Throttling.User", "unavailable"),
        (404, "InvalidAccessKeyId.NotFound", "unavailable"),
        (200, "isv.MOBILE_NUMBER_ILLEGAL", "refused"),
        (200, "isp.SYSTEM_ERROR", "unknown"),
        (500, "", "unknown"),
    ],
)
async def test_codes_say_whether_it_was_taken(
    aliyun: Running, status: int, code: str, outcome: str
) -> None:
    aliyun.provider.status, aliyun.provider.answer = status, {"Code": code}
    assert (await aliyun.gateway.send(PARCEL)).outcome == outcome


async def test_without_a_template_nothing_is_sent_and_it_is_said_what_to_set(
    aliyun: Running,
) -> None:
    with capture_logs() as logs:
        result = await aliyun.gateway.send(replace(PARCEL, purpose="demand"))
    assert (result.outcome, result.reason) == ("refused", "aliyun.no_template")
    assert result.is_unset
    (said,) = [one for one in logs if one["event"] == "no_sms_template"]
    assert "'demand'" in said["reason"]
    assert "ARREARS_NOTIFIER_SMS_GATEWAYS" in said["todo"]
    assert aliyun.provider.targets == []


async def test_what_is_in_doubt_is_looked_up_by_its_notice(aliyun: Running) -> None:
    details = [{"OutId": "N-0"}, {"OutId": "N-1"}]
    aliyun.provider.answer = {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": details}}
    assert (await aliyun.gateway.find(PARCEL)).finding == "sent"
    assert _parameters(aliyun.provider.targets[0]) == _parameters(SDK[1]["path"])
    details.pop()
    assert (await aliyun.gateway.find(PARCEL)).finding == "unclear"
    aliyun.now[0] += timedelta(days=2)
    assert PARCEL.day == date(2026, 3, 10)
    assert (await aliyun.gateway.find(PARCEL)).finding == "not_sent"
    aliyun.provider.answer = {**aliyun.provider.answer, "TotalCount": 70}
    assert (await aliyun.gateway.find(PARCEL)).finding == "cannot_tell"


async def test_no_log_has_the_number_the_name_or_the_text(
    aliyun: Running, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        await aliyun.gateway.send(PARCEL)
        await aliyun.gateway.find(PARCEL)
        await aliyun.gateway.result(HANDED)
        aliyun.provider.is_silent = True
        result = await aliyun.gateway.send(PARCEL)
    assert (result.outcome, result.reason) == ("unknown", "aliyun.RemoteProtocolError")
    assert caplog.records  # of httpcore: somebody does log
    said = caplog.text + "".join(capfd.readouterr())
    for secret in ("13800138000", "张三", "%E5%BC%A0", "8,300", "8%2C300", "SendSms&", "OutId"):
        assert secret not in said


def _signed_names(headers: dict[str, str]) -> list[str]:
    return headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")


def _parameters(target: str) -> dict[str, str]:
    return dict(parse_qsl(target.removeprefix("/?"), strict_parsing=True))
