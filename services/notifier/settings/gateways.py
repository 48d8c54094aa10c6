"""Settings that gateways of every channel share."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr

from services.notifier.settings.base import PrefixedSettings


def _listed(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_listed), Field(min_length=1)]
"""One secret, or several while one takes the place of another."""


class GatewaySettings(PrefixedSettings):
    """How gateways are handled, and who may report what they did."""

    callback_secrets: dict[str, Secrets] = Field(
        default={},
        description="JSON by channel: what signs the provider's delivery callbacks, a list of "
        "several while it is exchanged; `whsec_` stands before base64",
    )
    gateway_failures_max: int = Field(
        default=5, ge=1, description="failures in a row after which a gateway is left alone"
    )
    gateway_pause_seconds: float = Field(default=60, gt=0, description="for how long it is")
