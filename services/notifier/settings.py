"""Settings of the notifier beside those every service has; the table is docs/notices.md."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Sender(BaseModel):
    """How a creditor signs its notices; empty texts leave the line out."""

    name: str = ""
    contact: str = ""
    how_to_pay: str = ""


class NotifierSettings(BaseSettings):
    """Channels are files in the outbox unless a gateway is set."""

    model_config = SettingsConfigDict(env_prefix="ARREARS_NOTIFIER_", extra="ignore")

    outbox: Path | None = Field(
        default=None, description="folder of the file outbox; absent: `outbox` in the data folder"
    )
    templates: Path | None = Field(
        default=None, description="folder of policies' own texts: policy/language/name.group.j2"
    )
    region: str = Field(
        default="",
        pattern="^([A-Z]{2})?$",
        description="country (`CN`) of phone numbers written without its code; empty: that of the "
        "creditor's time zone",
    )
    senders: dict[str, Sender] = Field(
        default={}, description="JSON by creditor: name, contact, how_to_pay of its notices"
    )
    smtp_host: str = Field(
        default="", description="mail server; empty: e-mail goes to the file outbox"
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="its port")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="encryption; `none` is for a server on this machine, or where "
        "ARREARS_PLAINTEXT names smtp",
    )
    smtp_ca_file: Path | None = Field(
        default=None, description="authorities that sign the mail server; absent: the system's"
    )
    smtp_username: str = Field(default="", description="empty: no login")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="its password")
    smtp_from: str = Field(
        default="",
        description="sender of e-mail, `Name <address>` too; wanted with a mail server",
    )
    smtp_reply_to: str = Field(default="", description="where answers to e-mail go; empty: sender")
    smtp_timeout_seconds: float = Field(
        default=20, gt=0, le=60, description="longest wait for an answer of the mail server"
    )
    sms_url: str = Field(
        default="", description="SMS gateway; empty: text messages go to the file outbox"
    )
    sms_ca_file: Path | None = Field(
        default=None, description="authorities that sign the SMS gateway; absent: the system's"
    )
    sms_cert_file: Path | None = Field(
        default=None, description="our certificate for the SMS gateway (mTLS), with its chain"
    )
    sms_key_file: Path | None = Field(
        default=None, description="its key, not encrypted; absent: in the file of the certificate"
    )
    sms_key_id: str = Field(default="", description="names our key to the SMS gateway")
    sms_secret: SecretStr = Field(
        default=SecretStr(""), description="signs requests to the SMS gateway"
    )
    sms_timeout_seconds: float = Field(
        default=15, gt=0, le=60, description="longest wait for an answer of the SMS gateway"
    )
    callback_secrets: dict[str, SecretStr] = Field(
        default={}, description="JSON by channel: what signs the provider's delivery callbacks"
    )
    gateway_failures_max: int = Field(
        default=5, ge=1, description="failures in a row after which a gateway is left alone"
    )
    gateway_pause_seconds: float = Field(default=60, gt=0, description="for how long it is")
    dispatch_batch_max: int = Field(
        default=200,
        ge=1,
        le=10_000,
        description="notices of a lane looked at in one round, at most",
    )

    def sender(self, creditor: str) -> Sender:
        """How a creditor signs."""
        return self.senders.get(creditor, Sender())
