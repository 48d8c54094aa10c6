"""Settings of the notifier beside those every service has, a class for each concern; the table is
docs/notices.md.
"""

from pathlib import Path

from pydantic import BaseModel, Field

from services.notifier.settings.bounces import BounceSettings
from services.notifier.settings.choice import ChoiceSettings
from services.notifier.settings.gateways import GatewaySettings
from services.notifier.settings.letters import LettersSettings
from services.notifier.settings.mail import MailSettings
from services.notifier.settings.public_list import PublicListSettings
from services.notifier.settings.sms import SmsSettings
from services.notifier.settings.texts import TextSettings
from services.notifier.settings.voice import VoiceSettings

__all__ = ["NotifierSettings", "Sender"]


class Sender(BaseModel):
    """How a creditor signs its notices; empty texts leave the line out."""

    name: str = ""
    address: str = ""
    contact: str = ""
    how_to_pay: str = ""


class NotifierSettings(
    LettersSettings,
    MailSettings,
    BounceSettings,
    SmsSettings,
    VoiceSettings,
    GatewaySettings,
    PublicListSettings,
    ChoiceSettings,
    TextSettings,
):
    """Channels are files in the outbox unless a gateway is set."""

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
        default={},
        description="JSON by creditor: name, address, contact, how_to_pay of its notices",
    )
    dispatch_batch_max: int = Field(
        default=200,
        ge=1,
        le=10_000,
        description="notices of a lane looked at in one round, at most",
    )

    def sender(self, creditor: str) -> Sender:
        """How a creditor signs."""
        return self.senders.get(creditor, Sender())
