"""The variables that the services read."""

from chassis.settings import Settings
from services.dunning.settings import DunningSettings
from services.legal.settings import LegalSettings
from services.notifier.settings import NotifierSettings


def settings_known() -> set[str]:
    models = (Settings, DunningSettings, NotifierSettings, LegalSettings)
    return {
        f"{model.model_config.get('env_prefix')}{name}".upper()
        for model in models
        for name in model.model_fields
    }
