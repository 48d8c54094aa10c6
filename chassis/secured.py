"""Settings of the way to brokers and servers; the table is docs/settings.md."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode

from chassis.errors import Misconfigured
from chassis.plaintext import Kind

SaslMechanism = Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN", "OAUTHBEARER"]


def _names(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    return frozenset(name.strip() for name in given.split(",") if name.strip())


class Secured(BaseSettings):
    """How connections are secured; `chassis.settings.Settings` has these beside its own."""

    plaintext: Annotated[frozenset[Kind], NoDecode, BeforeValidator(_names)] = Field(
        default_factory=frozenset,
        description="what may go to another host in plain text or unverified, separated by commas: "
        "apis, jwks, kafka, postgres, sms, smtp, traces, voice",
    )
    kafka_security: Literal["plaintext", "tls", "sasl_tls"] = Field(
        default="plaintext", description="how brokers are spoken to; with sasl_tls we log in"
    )
    kafka_ca_file: Path | None = Field(
        default=None, description="authorities that sign the brokers; absent: the system's"
    )
    kafka_cert_file: Path | None = Field(
        default=None, description="our certificate for the brokers (mTLS), with its chain"
    )
    kafka_key_file: Path | None = Field(
        default=None, description="its key, not encrypted; absent: in the file of the certificate"
    )
    kafka_sasl_mechanism: SaslMechanism = Field(
        default="SCRAM-SHA-512",
        description="how we log in: SCRAM-SHA-512, SCRAM-SHA-256, PLAIN or OAUTHBEARER",
    )
    kafka_username: str = Field(default="", description="who logs in by SCRAM or PLAIN")
    kafka_password: SecretStr | None = Field(default=None, description="and the password")
    kafka_password_file: Path | None = Field(
        default=None, description="or the file it is in, read at the start"
    )
    kafka_token_url: str = Field(
        default="", description="where OAUTHBEARER gets its tokens (OAuth 2 client credentials)"
    )
    kafka_token_ca_file: Path | None = Field(
        default=None, description="authorities that sign that server; absent: the system's"
    )
    kafka_token_scope: str = Field(default="", description="scope asked for; empty: none")
    kafka_client_id: str = Field(default="", description="our name at the token's server")
    kafka_client_secret: SecretStr | None = Field(default=None, description="and the secret")
    kafka_client_secret_file: Path | None = Field(
        default=None, description="or the file it is in, read for every token"
    )
    kafka_replication_factor: int | None = Field(
        default=None,
        ge=1,
        description="replicas of topics made by us, and the fewest of any that we use; absent: "
        "the broker's default, and any number",
    )
    kafka_min_insync_replicas: int | None = Field(
        default=None,
        ge=1,
        description="min.insync.replicas of topics made by us, and the fewest of any that we use; "
        "absent: the broker's default, and any number",
    )


def secret_of(value: SecretStr | None, file: Path | None, setting: str) -> str:
    """A secret from its setting, or from the file that `setting`_FILE names without its line's end.

    Raises `Misconfigured` when both are given, neither is, or the file cannot be read.
    """
    if (value is None) == (file is None):
        how = "and" if file is not None else "or"
        raise Misconfigured(f"one of {setting} {how} {setting}_FILE is wanted, not both or neither")
    if file is None:
        return value.get_secret_value() if value is not None else ""
    try:
        return file.read_text().rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{setting}_FILE: {file} cannot be read") from error
