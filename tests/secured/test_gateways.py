"""Mail servers and SMS gateways over TLS: verified, and what is said when they cannot be."""

import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from structlog.testing import capture_logs

from services.notifier.adapters.gateway import Gateway
from services.notifier.main import dispatcher
from services.notifier.settings import NotifierSettings
from tests.notifier.post import Mailbox, mail_server
from tests.notifier.test_mail import PARCEL
from tests.secured.brokers import https_server
from tests.support.certificates import Authority, Signed

NOW = datetime(2026, 3, 10, 6, 31, 5, tzinfo=UTC)
USER, PASSWORD = "collections", "correct-horse-7"


def _gateway(channel: str, **given: Any) -> Gateway:
    return dispatcher(NotifierSettings(**given), lambda: NOW).ways[channel][0].gateway


def _let_in(_server: Any, _session: Any, _envelope: Any, _how: str, login: Any) -> AuthResult:
    return AuthResult(
        handled=False, success=(login.login, login.password) == (USER.encode(), PASSWORD.encode())
    )


def _said_by_gateway(logs: list[Any]) -> list[Any]:
    """What gateways said; a server still ending in another thread may say something too."""
    return [line for line in logs if line["event"].startswith("gateway_")]


class TestMail:
    @pytest.fixture(params=["starttls", "tls"])
    def mail(
        self, request: pytest.FixtureRequest, authority: Authority
    ) -> Iterator[tuple[Mailbox, dict[str, Any]]]:
        """A mailbox behind TLS, and the settings that lead there."""
        shown = authority.sign("mail", "localhost")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(shown.cert, shown.key)
        way: dict[str, Any] = {
            "tls": {"ssl_context": context, "auth_require_tls": False},
            "starttls": {"tls_context": context, "require_starttls": True},
        }[request.param]
        with mail_server(**way, authenticator=_let_in) as (mailbox, port):
            yield (
                mailbox,
                {
                    "smtp_host": "localhost",
                    "smtp_port": port,
                    "smtp_tls": request.param,
                    "smtp_ca_file": authority.ca,
                    "smtp_username": USER,
                    "smtp_password": PASSWORD,
                    "smtp_from": "notices@hospital.example",
                    "smtp_timeout_seconds": 5,
                },
            )

    async def test_it_arrives(self, mail: tuple[Mailbox, dict[str, Any]]) -> None:
        mailbox, settings = mail
        result = await _gateway("email", **settings).send(PARCEL)
        assert (result.outcome, len(mailbox.taken)) == ("accepted", 1)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ("strange authority", "unable to get local issuer certificate"),
            ("other name", "not valid for '127.0.0.1'"),
            ("wrong password", "does not let collections in (535)"),
        ],
    )
    async def test_nothing_is_sent_where_it_should_not(
        self,
        mail: tuple[Mailbox, dict[str, Any]],
        stranger: Authority,
        change: str,
        said: str,
    ) -> None:
        mailbox, settings = mail
        changed: dict[str, dict[str, Any]] = {
            "strange authority": {"smtp_ca_file": stranger.ca},
            "other name": {"smtp_host": "127.0.0.1"},
            "wrong password": {"smtp_password": "wrong"},
        }
        settings = settings | changed[change]
        with capture_logs() as logs:
            result = await _gateway("email", **settings).send(PARCEL)
        assert (result.outcome, mailbox.taken) == ("unavailable", [])
        (line,) = _said_by_gateway(logs)
        assert said in line["reason"]
        assert f"mail server on {settings['smtp_host']}:" in line["reason"]


class TestSms:
    @pytest.fixture
    def taken(self) -> list[Any]:
        return []

    @pytest.fixture
    def sms(self, authority: Authority, taken: list[Any]) -> Iterator[dict[str, Any]]:
        """Settings of a gateway that wants our certificate."""

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(202)
                self.end_headers()
                self.wfile.write(b'{"id": "1"}')

            def log_message(self, *_: object) -> None:
                """Nothing is written."""

        with https_server(Handler, authority.sign("sms", "localhost"), authority.ca) as port:
            ours = authority.sign("notifier")
            yield {
                "sms_url": f"https://localhost:{port}",
                "sms_secret": "s" * 32,
                "sms_ca_file": authority.ca,
                "sms_cert_file": ours.cert,
                "sms_key_file": ours.key,
            }

    async def test_it_arrives(self, sms: dict[str, Any], taken: list[Any]) -> None:
        result = await _gateway("sms", **sms).send(PARCEL)
        assert (result.outcome, len(taken)) == ("accepted", 1)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ("strange authority", "self-signed certificate in certificate chain"),
            ("other name", "not valid for '127.0.0.1'"),
            ("strange certificate", "unknown ca"),
        ],
    )
    async def test_nothing_is_sent_where_it_should_not(
        self, sms: dict[str, Any], taken: list[Any], stranger: Authority, change: str, said: str
    ) -> None:
        theirs: Signed = stranger.sign("notifier")
        changes: dict[str, Any] = {
            "strange authority": {"sms_ca_file": stranger.ca},
            "other name": {"sms_url": sms["sms_url"].replace("localhost", "127.0.0.1")},
            "strange certificate": {"sms_cert_file": theirs.cert, "sms_key_file": theirs.key},
        }[change]
        with capture_logs() as logs:
            result = await _gateway("sms", **sms | changes).send(PARCEL)
        assert result.outcome in {"unavailable", "unknown"}
        assert taken == []
        (line,) = _said_by_gateway(logs)
        assert said in line["reason"]
        assert "the SMS gateway on https://" in line["reason"]
