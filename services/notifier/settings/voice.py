"""Settings of calls."""

from pathlib import Path

from pydantic import Field, SecretStr

from services.notifier.settings.base import PrefixedSettings


class VoiceSettings(PrefixedSettings):
    """A dialler, if there is one."""

    voice_url: str = Field(default="", description="dialler; empty: calls go to the file outbox")
    voice_secret: SecretStr = Field(
        default=SecretStr(""),
        description="signs requests to the dialler; `whsec_` stands before base64",
    )
    voice_callback_url: str = Field(
        default="",
        description="where the dialler reports, told with each call; empty: it knows",
    )
    voice_ca_file: Path | None = Field(
        default=None, description="authorities that sign the dialler; absent: the system's"
    )
    voice_timeout_seconds: float = Field(
        default=15, gt=0, le=60, description="longest wait for an answer of the dialler"
    )
    voice_calls_max: int = Field(
        default=3, ge=1, le=10, description="calls for a notice that nobody takes, at most"
    )
