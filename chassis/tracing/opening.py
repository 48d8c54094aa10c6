"""Switching traces on, where the settings ask for them."""

from chassis.plaintext import require_https
from chassis.settings import Settings
from chassis.tracing.traces import Traces


def open_traces(settings: Settings, service: str) -> Traces | None:
    """The traces of a service instance; None where they are off, and nothing is imported for them.

    Raises `Misconfigured` when what the settings name is no URL of a collector,
    or one of another host that is not https.
    """
    if settings.traces is None:
        return None
    require_https(settings.plaintext, "traces", settings.traces, "ARREARS_TRACES")
    from chassis.tracing.otlp import Otlp

    otlp = Otlp(settings.traces, service, settings.instance)
    system = "kafka" if settings.bus == "kafka" else "postgresql"
    return Traces(settings.trace_ratio, otlp.tell, system, close=otlp.close)
