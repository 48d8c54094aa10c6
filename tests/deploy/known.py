"""The variables that the services read."""

from chassis.settings import Settings
from services.dunning.settings import DunningSettings
from services.legal.settings import LegalSettings
from services.notifier.settings import NotifierSettings


def settings_known() -> set[str]:
    models = (Settings, DunningSettings, NotifierSettings, LegalSettings)
    return AWAITED | {
        f"{model.model_config.get('env_prefix')}{name}".upper()
        for model in models
        for name in model.model_fields
    }


# Read soon: what the chart says already of secured connections and traces.
AWAITED = {
    "ARREARS_DRAIN_SECONDS",
    "ARREARS_KAFKA_CA_FILE",
    "ARREARS_KAFKA_CERT_FILE",
    "ARREARS_KAFKA_CLIENT_ID",
    "ARREARS_KAFKA_CLIENT_SECRET",
    "ARREARS_KAFKA_KEY_FILE",
    "ARREARS_KAFKA_MIN_INSYNC_REPLICAS",
    "ARREARS_KAFKA_PASSWORD",
    "ARREARS_KAFKA_REPLICATION_FACTOR",
    "ARREARS_KAFKA_SASL_MECHANISM",
    "ARREARS_KAFKA_SECURITY",
    "ARREARS_KAFKA_USERNAME",
    "ARREARS_PLAINTEXT",
}
