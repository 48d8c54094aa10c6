"""Settings of text messages."""

from pathlib import Path

from pydantic import Field, SecretStr

from services.notifier.settings.base import PrefixedSettings
from services.notifier.settings.sms_gateways import SmsGatewaySettings


class SmsSettings(PrefixedSettings):
    """An SMS gateway, if there is one."""

    sms_url: str = Field(
        default="", description="SMS gateway; empty: text messages go to the file outbox"
    )
    sms_gateways: tuple[SmsGatewaySettings, ...] = Field(
        default=(),
        description="JSON list of SMS gateways, tried in this order, instead of the one of "
        "ARREARS_NOTIFIER_SMS_URL; see above",
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
