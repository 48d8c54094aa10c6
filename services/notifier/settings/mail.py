"""Settings of e-mail."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from services.notifier.settings.base import PrefixedSettings


class MailSettings(PrefixedSettings):
    """A mail server, if there is one."""

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
    dkim_domain: str = Field(
        default="", description="domain that signs e-mail (DKIM); empty: unsigned"
    )
    dkim_selector: str = Field(
        default="", description="names the key in its DNS: selector._domainkey.domain"
    )
    dkim_key_file: Path | None = Field(default=None, description="the RSA key, PEM, not encrypted")
    public_url: str = Field(
        default="",
        pattern="^(https://.+)?$",
        description="where the world finds this API's `/v1/unsubscribe/`, `https://host/prefix`; "
        "empty: reminders by e-mail bear no link to decline them",
    )
    unsubscribe_secret: SecretStr = Field(
        default=SecretStr(""),
        description="signs these links; wanted with a public URL. Several, separated by blanks: "
        "the first signs, all are believed",
    )
    unsubscribe_mailto: str = Field(
        default="",
        description="address that takes such wishes by e-mail too; the mailbox of bounces may be "
        "behind it",
    )
