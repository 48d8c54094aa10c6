"""What all settings of the notifier have in common."""

from pydantic_settings import BaseSettings, SettingsConfigDict

EVERYBODY = "*"
"""Stands for every creditor in settings that are given by creditor."""


class PrefixedSettings(BaseSettings):
    """Settings that are read from variables with the notifier's prefix."""

    model_config = SettingsConfigDict(env_prefix="ARREARS_NOTIFIER_", extra="ignore")
