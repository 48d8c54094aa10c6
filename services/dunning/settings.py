"""Settings of dunning beside those every service has; the table is docs/settings.md."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class DunningSettings(BaseSettings):
    """The same variable as the notifier's: one number is one person to both."""

    model_config = SettingsConfigDict(env_prefix="ARREARS_NOTIFIER_", extra="ignore")

    region: str = Field(
        default="CN", description="country of phone numbers written without a country code"
    )
