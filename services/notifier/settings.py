"""Settings of the notifier beside those every service has."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Sender(BaseModel):
    """How a creditor signs its notices; empty texts leave the line out."""

    name: str = ""
    contact: str = ""
    how_to_pay: str = ""


class NotifierSettings(BaseSettings):
    """Channels are files in the outbox unless a gateway is set."""

    model_config = SettingsConfigDict(env_prefix="ARREARS_NOTIFIER_", extra="ignore")

    outbox: Path | None = None
    """Folder of the file outbox (creditor/date/channel/notice); absent: `outbox` in the data
    folder.
    """
    templates: Path | None = None
    """Folder of policies' own templates: policy/language/name.group.j2."""
    region: str = "CN"
    """ISO 3166 country of phone numbers written without a country code."""
    senders: dict[str, Sender] = {}
    """By creditor (JSON): name, contact, how_to_pay."""

    smtp_host: str = ""
    """Mail server; empty: e-mail goes to the file outbox."""
    smtp_port: int = 587
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = ""
    """Sender address of e-mail; wanted with `smtp_host`."""
    smtp_timeout_seconds: float = 20

    sms_url: str = ""
    """Base URL of the SMS gateway; empty: text messages go to the file outbox."""
    sms_key_id: str = ""
    sms_secret: SecretStr = SecretStr("")
    sms_timeout_seconds: float = 15

    callback_secrets: dict[str, SecretStr] = {}
    """By channel (JSON): the secret that signs the provider's delivery callbacks."""

    gateway_failures_max: int = 5
    """Failures in a row after which a gateway is left alone for a while."""
    gateway_pause_seconds: float = 60
    dispatch_batch_max: int = 200

    def sender(self, creditor: str) -> Sender:
        """How a creditor signs."""
        return self.senders.get(creditor, Sender())
