"""How every Kafka client of ours is connected, and why a broker does not let us in."""

import ssl
from collections.abc import Mapping
from typing import Any

from aiokafka import errors
from aiokafka.conn import collect_hosts, create_conn
from aiokafka.protocol.metadata import MetadataRequest

from chassis.bus.kafka_tokens import ClientCredentials, TokensAway, hear_refusals
from chassis.errors import Misconfigured
from chassis.plaintext import require_here, require_https
from chassis.secured import secret_of
from chassis.settings import Settings
from chassis.tls import client_context, said

_ASKING_MS = 3000
_REFUSED = (
    errors.AuthenticationFailedError,
    errors.IllegalSaslStateError,
    errors.SaslAuthenticationFailed,
    errors.UnsupportedSaslMechanismError,
    TokensAway,
)
_OF_TLS = ("kafka_ca_file", "kafka_cert_file", "kafka_key_file")
_OF_SASL = (
    "kafka_username", "kafka_password", "kafka_password_file", "kafka_token_url",
    "kafka_client_id", "kafka_client_secret", "kafka_client_secret_file",
)  # fmt: skip


def security(settings: Settings) -> dict[str, Any]:
    """What aiokafka's clients want beside the brokers' names, the same for all of them.

    Raises `Misconfigured` when they contradict one another, name files that cannot be used, or
    would lead in plain text to another host.
    """
    _require_used(settings)
    if settings.kafka_security == "plaintext":
        for host, _, _ in collect_hosts(settings.kafka_bootstrap):
            require_here(
                settings.plaintext, "kafka", host, "set ARREARS_KAFKA_SECURITY to tls or sasl_tls"
            )
        return {}
    context = client_context(
        "ARREARS_KAFKA", settings.kafka_ca_file, settings.kafka_cert_file, settings.kafka_key_file
    )
    if settings.kafka_security == "tls":
        return {"security_protocol": "SSL", "ssl_context": context}
    return {"security_protocol": "SASL_SSL", "ssl_context": context} | _login(settings)


def _login(settings: Settings) -> dict[str, Any]:
    mechanism = settings.kafka_sasl_mechanism
    if mechanism == "OAUTHBEARER":
        hear_refusals()
        return {"sasl_mechanism": mechanism, "sasl_oauth_token_provider": _tokens(settings)}
    if not settings.kafka_username:
        raise Misconfigured(f"ARREARS_KAFKA_USERNAME is wanted for {mechanism}")
    password = secret_of(
        settings.kafka_password, settings.kafka_password_file, "ARREARS_KAFKA_PASSWORD"
    )
    return {
        "sasl_mechanism": mechanism,
        "sasl_plain_username": settings.kafka_username,
        "sasl_plain_password": password,
    }


def _tokens(settings: Settings) -> ClientCredentials:
    for value, name in (
        (settings.kafka_token_url, "TOKEN_URL"),
        (settings.kafka_client_id, "CLIENT_ID"),
    ):
        if not value:
            raise Misconfigured(f"ARREARS_KAFKA_{name} is wanted for OAUTHBEARER")
    url = settings.kafka_token_url
    require_https(settings.plaintext, "kafka", url, "ARREARS_KAFKA_TOKEN_URL")

    def secret() -> str:
        return secret_of(
            settings.kafka_client_secret,
            settings.kafka_client_secret_file,
            "ARREARS_KAFKA_CLIENT_SECRET",
        )

    secret()  # one that is missing is said at the start
    return ClientCredentials(
        url,
        client_id=settings.kafka_client_id,
        secret=secret,
        scope=settings.kafka_token_scope,
        context=client_context("ARREARS_KAFKA_TOKEN", settings.kafka_token_ca_file),
    )


def _require_used(settings: Settings) -> None:
    """What is set to secure a connection must not be without effect."""
    security = settings.kafka_security
    unused = {
        "plaintext": ("tls or sasl_tls", (*_OF_TLS, *_OF_SASL)),
        "tls": ("sasl_tls", _OF_SASL),
        "sasl_tls": ("", ()),
    }
    wanted, names = unused[security]
    for name, value in settings.model_dump(include=set(names)).items():
        if value:
            raise Misconfigured(
                f"ARREARS_{name.upper()} is set, which ARREARS_KAFKA_SECURITY={security} does not "
                f"use: set {wanted}"
            )


async def refusal(options: Mapping[str, Any]) -> str | None:
    """Why brokers do not let us in, by trying each once; None when it is not that.

    The client hides it: to those who use it, a wrong password is a broker that does not answer.
    """
    for host, port, _ in collect_hosts(options["bootstrap_servers"]):
        reason = await _refusal(host, port, options)
        if reason is not None:
            return f"Kafka on {host}:{port} {reason}"
    return None


async def _refusal(host: str, port: int, options: Mapping[str, Any]) -> str | None:
    same = {name: value for name, value in options.items() if name != "bootstrap_servers"}
    try:
        made = await create_conn(host, port, **same | {"request_timeout_ms": _ASKING_MS})
        try:
            await made.send(MetadataRequest([]))  # refused where a login is wanted
        finally:
            made.close()
    except ssl.SSLCertVerificationError as error:
        return f"shows a certificate that is not accepted: {said(error)}"
    except ssl.SSLError as error:
        return f"and we do not agree on TLS: {said(error)}"
    except _REFUSED as error:
        return f"does not let us in: {_words(error)}"
    except errors.KafkaConnectionError as error:
        return _cut_off(error, options)
    except ConnectionError as error:
        return None if isinstance(error, ConnectionRefusedError) else _cut_off(error, options)
    except (OSError, errors.KafkaError):
        return None
    return None


def _words(error: Exception) -> str:
    return ", ".join(str(each) for each in error.args) or type(error).__name__


def _cut_off(error: Exception, options: Mapping[str, Any]) -> str:
    """A broker that accepts a connection and ends it wants another protocol, or a certificate."""
    if isinstance(error.__cause__, ssl.SSLError):
        why = said(error.__cause__)
        return f"does not accept our certificate, or that we have none: {why}"
    protocol = options.get("security_protocol", "PLAINTEXT")
    return f"ends the connection at once: it may not speak {protocol} there"
