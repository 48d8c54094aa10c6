"""Nothing goes to another host in plain text unless that is asked for by name."""

from pathlib import Path
from typing import Any

import pytest

from arrears import apis
from arrears.databases import open_databases
from chassis.bus.kafka_security import security
from chassis.errors import Misconfigured
from chassis.http.sign_in import authenticator
from chassis.plaintext import KINDS, is_here
from chassis.postgres import require_verified
from chassis.settings import Settings
from chassis.tracing.opening import open_traces
from services.legal.evidence.sources import urls
from services.notifier import gateways
from services.notifier.settings import NotifierSettings


def _kafka(settings: Settings, host: str) -> None:
    security(settings.model_copy(update={"kafka_bootstrap": f"127.0.0.1:9092,{host}:9092"}))


def _postgres(settings: Settings, host: str) -> None:
    require_verified(f"postgresql://arrears@{host}/arrears?sslmode=require", settings.plaintext)


def _smtp(settings: Settings, host: str) -> None:
    own = NotifierSettings(smtp_host=host, smtp_tls="none", smtp_from="a@b.example")
    gateways.require_secured(settings, own)


def _sms(settings: Settings, host: str) -> None:
    gateways.require_secured(settings, NotifierSettings(sms_url=f"http://{host}/v1"))


def _voice(settings: Settings, host: str) -> None:
    gateways.require_secured(settings, NotifierSettings(voice_url=f"http://{host}/v1"))


def _apis(settings: Settings, host: str) -> None:
    urls(settings.model_copy(update={"ledger_url": f"http://{host}:8001"}))


def _jwks(settings: Settings, host: str) -> None:
    authenticator(settings.model_copy(update={"jwks_url": f"http://{host}/keys"}))


def _traces(settings: Settings, host: str) -> None:
    traces = open_traces(settings.model_copy(update={"traces": f"http://{host}:4318"}), "ledger")
    assert traces is not None


WAYS = {
    "apis": _apis,
    "jwks": _jwks,
    "kafka": _kafka,
    "postgres": _postgres,
    "smtp": _smtp,
    "sms": _sms,
    "traces": _traces,
    "voice": _voice,
}


def test_every_kind_is_tried() -> None:
    assert set(WAYS) == set(KINDS)


@pytest.mark.parametrize("kind", WAYS)
def test_another_host_wants_it_asked_for_by_name(kind: str) -> None:
    others = ",".join(set(KINDS) - {kind})
    with pytest.raises(Misconfigured, match=rf"{kind}: .* to db\.example .*ARREARS_PLAINTEXT"):
        WAYS[kind](_settings(others), "db.example")
    WAYS[kind](_settings(kind), "db.example")


@pytest.mark.parametrize("kind", WAYS)
def test_this_machine_is_free(kind: str) -> None:
    for host in ("localhost", "127.0.0.7", "[::1]"):
        WAYS[kind](_settings(""), host)


def _settings(plaintext: str) -> Settings:
    return Settings(plaintext=plaintext)


@pytest.mark.parametrize("host", ["localhost.example", "10.0.0.1", "0.0.0.0.example", "[2001::1]"])
def test_what_only_looks_like_this_machine_is_not(host: str) -> None:
    assert not is_here(host)


async def test_a_start_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url="postgresql://arrears@db.example/arrears")
    with pytest.raises(Misconfigured, match=r"postgres: .*db\.example"):
        async with open_databases(settings):
            pass


def test_the_setting_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARREARS_PLAINTEXT", "kafka, postgres")
    assert Settings().plaintext == {"kafka", "postgres"}
    monkeypatch.setenv("ARREARS_PLAINTEXT", "everything")
    with pytest.raises(ValueError, match="plaintext"):
        Settings()


async def test_a_command_sends_no_token_to_another_host_in_plain_text() -> None:
    with pytest.raises(Misconfigured, match=r"apis: .*10\.0\.0\.5"):
        async with apis.running(Settings(host="10.0.0.5")):
            pass


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kafka_username": "ledger"}, "ARREARS_KAFKA_USERNAME is set.*plaintext does not use"),
        ({"kafka_ca_file": "ca.pem"}, "ARREARS_KAFKA_CA_FILE is set.*plaintext does not use"),
        ({"kafka_security": "tls", "kafka_username": "ledger"}, "tls does not use: set sasl_tls"),
        ({"kafka_security": "tls", "kafka_ca_file": "/nowhere"}, "ARREARS_KAFKA_CA_FILE: /nowhere"),
        ({"kafka_security": "tls", "kafka_key_file": "key"}, "without ARREARS_KAFKA_CERT_FILE"),
        ({"kafka_security": "tls", "kafka_cert_file": "/nowhere"}, "ARREARS_KAFKA_CERT_FILE and"),
        ({"kafka_security": "sasl_tls"}, "ARREARS_KAFKA_USERNAME is wanted for SCRAM-SHA-512"),
        (
            {"kafka_security": "sasl_tls", "kafka_username": "ledger"},
            "one of ARREARS_KAFKA_PASSWORD or ARREARS_KAFKA_PASSWORD_FILE",
        ),
        (
            {"kafka_security": "sasl_tls", "kafka_sasl_mechanism": "OAUTHBEARER"},
            "ARREARS_KAFKA_TOKEN_URL is wanted",
        ),
        (
            {
                "kafka_security": "sasl_tls",
                "kafka_sasl_mechanism": "OAUTHBEARER",
                "kafka_token_url": "http://tokens.example/token",
                "kafka_client_id": "ledger",
            },
            "kafka: .*tokens.example.*give ARREARS_KAFKA_TOKEN_URL as https",
        ),
    ],
)
def test_settings_of_kafka_that_do_not_fit_are_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        security(Settings(**given))
