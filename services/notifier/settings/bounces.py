"""Settings of the mailbox that mail servers report to."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from services.notifier.settings.base import PrefixedSettings


class BounceSettings(PrefixedSettings):
    """Where reports of e-mail that could not be delivered are read, if anywhere."""

    smtp_reports_to: str = Field(
        default="",
        description="address that mail servers report to; `*` in it stands for the notice "
        "(`bounces+*@acme.example`); empty: the sender",
    )
    bounce_mailbox: Literal["", "imap", "pop3", "maildir"] = Field(
        default="", description="how its mailbox is read; empty: not at all"
    )
    bounce_host: str = Field(default="", description="server of the mailbox")
    bounce_port: int | None = Field(
        default=None, ge=1, le=65535, description="its port; absent: 993, 143, 995 or 110"
    )
    bounce_tls: Literal["tls", "starttls", "none"] = Field(
        default="tls",
        description="encryption; `none` is for a server on this machine, or where "
        "ARREARS_PLAINTEXT names smtp",
    )
    bounce_ca_file: Path | None = Field(
        default=None, description="authorities that sign that server; absent: the system's"
    )
    bounce_username: str = Field(default="", description="who we are there")
    bounce_password: SecretStr = Field(default=SecretStr(""), description="its password")
    bounce_folder: str = Field(
        default="INBOX",
        pattern=r'^[^"\\\r\n]+$',
        description="folder of an IMAP server, or of this machine for a Maildir",
    )
    bounce_seconds: float = Field(default=60, ge=1, description="how often it is read")
