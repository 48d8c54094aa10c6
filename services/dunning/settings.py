"""Settings of dunning beside those every service has; the table is docs/notices.md."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class DunningSettings(BaseSettings):
    """The same variable as the notifier's: one number is one person to both."""

    model_config = SettingsConfigDict(env_prefix="ARREARS_NOTIFIER_", extra="ignore")

    region: str = Field(
        default="",
        pattern="^([A-Z]{2})?$",
        description="country (`CN`) of phone numbers written without its code; empty: that of the "
        "creditor's time zone",
    )
