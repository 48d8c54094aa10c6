"""Settings that gateways of every channel share."""

from pydantic import Field, SecretStr

from services.notifier.settings.base import PrefixedSettings


class GatewaySettings(PrefixedSettings):
    """How gateways are handled, and who may report what they did."""

    callback_secrets: dict[str, SecretStr] = Field(
        default={}, description="JSON by channel: what signs the provider's delivery callbacks"
    )
    gateway_failures_max: int = Field(
        default=5, ge=1, description="failures in a row after which a gateway is left alone"
    )
    gateway_pause_seconds: float = Field(default=60, gt=0, description="for how long it is")
